export { type CocoPolygonOptions, cocoPolygon } from './coco-polygon.js';
export { type CocoRle, type CocoRleUncompressed, cocoRle, cocoRleUncompressed } from './coco-rle.js';
export { type Codec, DEFAULT_MAX_PIXELS, MAX_SIDE, type ParseOptions } from './codec.js';
export { cvatMask } from './cvat-mask.js';
export { type GeoJsonGeometry, geoJson } from './geojson.js';
export {
  decodeLabelStudioRle,
  encodeLabelStudioRle,
  type LabelStudioParseOptions,
  type LabelStudioRle,
  labelStudioRle,
} from './label-studio-rle.js';
export { type PolygonOptions, polygonsFromMask } from './outlines.js';
export { labelMapToPng, maskToPng } from './png.js';
export { type PolygonJson, polygonJson } from './polygon.js';
export { CODECS, type CodecName, type CodecValue, findCodec } from './registry.js';
export { svgPath } from './svg-path.js';
