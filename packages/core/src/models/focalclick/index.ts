export { focalclickFamily } from './focalclick-family.js';
