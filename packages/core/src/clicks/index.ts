export { type Click, type ClickInput, type ClickLabel, checkClicks, clickPixel } from './click.js';
export { encodeDisks, encodeDistances, encodeGaussians } from './encodings.js';
