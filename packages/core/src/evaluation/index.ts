export { comparisonReport, type NamedReport } from './comparison-report.js';
export {
  type DatasetLayout,
  type DatasetLayoutName,
  type DecodedMask,
  datasetLayouts,
  decodeGroundTruth,
  type EvaluationSample,
  type FileSource,
  listSamples,
  type MaskDecoder,
  readDataset,
  readSample,
  readSamples,
  type SampleFiles,
  type StartingMasks,
} from './datasets.js';
export { type SquaredDistances, squaredDistances } from './distance-transform.js';
export { type EvaluateDatasetOptions, evaluateDataset, type OpenSample } from './evaluate-dataset.js';
export { type ClickPredictor, type EvaluateOptions, evaluateSample, type SampleResult } from './evaluate-sample.js';
export { checkGroundTruth, type GroundTruth, ignoreLabel } from './ground-truth.js';
export { intersectionOverUnion } from './iou.js';
export { type EvaluationReport, summarizeResults } from './metrics.js';
export { nextClick } from './next-click.js';
export { iouThresholds, numberOfClicks, type ThresholdName, thresholdName } from './noc.js';
export { type PublishedResult, publishedResults } from './published.js';
export { type InstanceMap, readSbdInstances } from './sbd-instances.js';
