export { segnextFamily } from './segnext-family.js';
