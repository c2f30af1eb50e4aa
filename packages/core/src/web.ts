export { type PictureFormat, pictureFormat } from './image/index.js';
export * from './index.js';
export * from './runtime/web/index.js';
