export { chooseCandidate, rankCandidates } from './candidates.js';
export { type CascadeResult, goesOn, runCascade } from './cascade.js';
export { averageLogits, mirrorRows } from './flip.js';
export {
  adaptiveCascade,
  type CascadeOptions,
  publishedZoomIn,
  type RefinementOptions,
  type ResolvedRefinement,
  type ZoomInOptions,
} from './options.js';
export { resolveRefinement } from './resolve.js';
export { roundHalfEven, type ZoomedView, zoomRegion } from './zoom-in.js';
