export { maskToPng } from '../../formats/index.js';
export { createSegmenter, defaultModelsFolder, type NodeSegmenterOptions } from './create-segmenter.js';
export { decodeImage } from './decode-image.js';
export { decodeMaskFile } from './decode-mask-file.js';
export type { PictureReading } from './deep-picture.js';
export { maskFromPng } from './mask-from-png.js';
export { embeddedModel, findModelFolder, folderFiles, modelInUse } from './model-folder.js';
export { createOnnxNodeBackend, type OnnxNodeOptions } from './onnx-backend.js';
export { renderOverlay } from './overlay.js';
