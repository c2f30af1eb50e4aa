export { samFamily } from './sam-family.js';
