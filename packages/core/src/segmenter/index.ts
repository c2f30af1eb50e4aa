export {
  type CacheBudgets,
  createEngine,
  defaultBudgets,
  defaultLimits,
  type Engine,
  type EngineOptions,
  type EngineStats,
} from './engine.js';
export type { DecodeImage, Shrink } from './picture-store.js';
export { defaultPostprocess, type HoleSize, type PostprocessOptions } from './postprocess.js';
export {
  type Candidate,
  type Prediction,
  type PredictionData,
  type RefinementReport,
  type Timings,
  toPrediction,
} from './prediction.js';
export type { Prompt } from './prompt.js';
export type { EngineLimits, EngineRequest } from './question.js';
export type {
  DraftMask,
  ImageSource,
  OpenOptions,
  Segmenter,
  SegmenterImage,
  SegmenterInfo,
  SegmenterStats,
  SegmentOptions,
} from './segmenter.js';
