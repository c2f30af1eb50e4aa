export { clickmaskFamily } from './clickmask-family.js';
