/**
 * For authors of model families and of tools for models: the contract of a family, the manifest, and the input of a
 * network.
 */
export { clickPixel, encodeDisks, encodeDistances, encodeGaussians } from './clicks/index.js';
export type { InputPoint } from './geometry/index.js';
export {
  type MapPatch,
  type PixelScaling,
  type ProbabilityMap,
  probabilitiesOf,
  type ResampleFilter,
  resizeMap,
  resizeToTensor,
  sigmoid,
} from './image/index.js';
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
  type View,
} from './models/index.js';
export { publishedZoomIn, type ResolvedRefinement, type ZoomInOptions } from './refinement/index.js';
