export * from './clicks/index.js';
export {
  ClickmaskError,
  type ClickmaskErrorCode,
  type ErrorDetails,
  isClickmaskError,
  unexpected,
} from './errors/index.js';
export * from './evaluation/index.js';
export * from './formats/index.js';
export * from './geometry/index.js';
export { createHost, type EngineSlot, type HostOptions } from './host/index.js';
export * from './image/index.js';
export * from './mask/index.js';
export {
  type DeclaredTensor,
  type DecodeInput,
  type DecodeOutput,
  type Features,
  type Focus,
  families,
  type LoadedModel,
  type LoadOptions,
  loadModel,
  type ModelFamily,
  type ModelFiles,
  type ModelGraph,
  type ModelHandle,
  type ModelLicence,
  type ModelManifest,
  type PreviousMask,
  parseManifest,
  type RefinementDefaults,
  readManifest,
  sha256,
  type View,
} from './models/index.js';
export {
  adaptiveCascade,
  type CascadeOptions,
  publishedZoomIn,
  type RefinementOptions,
  type ResolvedRefinement,
  type ZoomInOptions,
} from './refinement/index.js';
export * from './runtime/index.js';
export * from './segmenter/index.js';
