export type {
  DecodeInput,
  DecodeOutput,
  Features,
  Focus,
  LoadedModel,
  ModelFamily,
  PreviousMask,
  View,
} from './family.js';
export {
  type LoadOptions,
  loadModel,
  type ModelFiles,
  type ModelHandle,
  readGraph,
  readManifest,
} from './load-model.js';
export {
  type DeclaredTensor,
  Fields,
  type ModelGraph,
  type ModelLicence,
  type ModelManifest,
  manifestFormat,
  parseManifest,
  type RefinementDefaults,
} from './manifest.js';
export { families, findFamily } from './registry.js';
export { sha256 } from './sha256.js';
