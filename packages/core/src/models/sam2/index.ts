export { sam2Family } from './sam2-family.js';
