export {
  changedPixels,
  complement,
  difference,
  intersection,
  maskIou,
  sameRuns,
  union,
  xor,
} from './boolean.js';
export { bridgeHoles } from './bridge-holes.js';
export { centreLines, fillCentreLine, joinLines } from './centre-lines.js';
export { type Connectivity, checkRuns } from './checks.js';
export { fillHoles, largestPart, removeSpecks } from './clean-up.js';
export { type Component, type Components, componentAt, connectedComponents, keepComponents } from './components.js';
export { traceContours } from './contours.js';
export { coverageOnGrid } from './coverage-on-grid.js';
export { checkMask, createMask, type Mask } from './mask.js';
export {
  area,
  bounds,
  emptyRuns,
  isSet,
  type MaskRuns,
  maskFromRuns,
  RunBuilder,
  runsFromMask,
  toRuns,
} from './mask-runs.js';
export { dilate, erode, MAX_RADIUS, smooth } from './morphology.js';
export { partAt } from './part-at.js';
export { type Polygon, polygonsArea, type Ring, ringArea } from './polygon.js';
export { mergeProgressively, type ProgressiveMergeOptions } from './progressive-merge.js';
export { rasterisePolygons } from './rasterise.js';
export { type SimplifyOptions, simplifyPolygons, toleranceForDetail } from './simplify.js';
export { keepClickedParts, type StructuralIntegrityOptions } from './structural-integrity.js';
export { sampleMap, thresholdMap } from './threshold-map.js';
export { cropMask, pasteMask, rectRuns, resizeMask, transpose } from './transform.js';
