export { type AxisWeights, axisWeights, composeWeights, type ResampleFilter } from './axis-weights.js';
export { bmpSize, decodeBmp } from './bmp.js';
export { layersOf, pasteOnMap } from './map-layers.js';
export { endPicture } from './picture-end.js';
export { type PictureFormat, pictureFormat } from './picture-format.js';
export {
  levelOf,
  type MapPatch,
  type ProbabilityMap,
  probabilitiesOf,
  sigmoid,
} from './probability-map.js';
export { readOnGrid } from './read-on-grid.js';
export { applyWeights, checkInside, type PixelScaling, resizeMap, resizeToTensor } from './resize.js';
export { checkImage, type ReducedImage, type RgbImage, rgbFromRgba } from './rgb-image.js';
export { unreadFormat, unreadHeic } from './unread-formats.js';
