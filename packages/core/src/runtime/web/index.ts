export { createSegmenter, type WebSegmenterOptions } from './create-segmenter.js';
export { decodeImage } from './decode-image.js';
export type { DownloadProgress, ModelFile, ModelSource } from './model-source.js';
export { createOnnxWebBackend, type OnnxWebOptions } from './onnx-backend.js';
export type { Fallback } from './worker-slot.js';
