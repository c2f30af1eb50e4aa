export {
  type ClickLog,
  type LoggedAction,
  type LoggedOptions,
  parseClickLog,
  type SessionAction,
} from './click-log.js';
export {
  type CacheBudgets,
  createEngine,
  defaultBudgets,
  defaultLimits,
  type Engine,
  type EngineLimits,
  type EngineOptions,
  type EngineRequest,
  type EngineStats,
} from './engine.js';
export { defaultPostprocess, type PostprocessOptions } from './postprocess.js';
export {
  type Candidate,
  type Prediction,
  type PredictionData,
  type RefinementReport,
  type Timings,
  toPrediction,
} from './prediction.js';
export type { Prompt } from './prompt.js';
export { type ReplayOptions, replayClickLog } from './replay-click-log.js';
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
export {
  type CreateSessionOptions,
  createSession,
  type Session,
  type SessionChange,
  type SessionOrigin,
  type SessionPrompt,
} from './session.js';
