export { fcanetFamily } from './fcanet-family.js';
