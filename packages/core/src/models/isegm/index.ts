export { isegmFamily } from './isegm-family.js';
