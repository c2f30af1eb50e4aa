export type { Box } from './box.js';
export type { ImagePoint, InputPoint, Size } from './points.js';
export { type Rect, rectIou, sameRect, wholeRect } from './rect.js';
