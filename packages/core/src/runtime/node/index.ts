export { createSegmenter, defaultModelsFolder, type NodeSegmenterOptions } from './create-segmenter.js';
export { decodeImage } from './decode-image.js';
export { decodeMaskFile } from './decode-mask-file.js';
export { embeddedModel, findModelFolder, folderFiles } from './model-folder.js';
export { createOnnxNodeBackend, type OnnxNodeOptions } from './onnx-backend.js';
export { renderOverlay } from './overlay.js';
export { maskFromPng, maskToPng } from './png-codec.js';
