/** For authors of inference backends, and of segmenters that run elsewhere: the engine, its host, and HTTP. */
export { createHost, type EngineSlot, type HostOptions } from './host/index.js';
export {
  type BackendState,
  createSegmenterHandler,
  type GraphSource,
  type InferenceBackend,
  type InferenceSession,
  type Provider,
  type SegmenterHandler,
  type SegmenterHandlerOptions,
  type ServerAddress,
  type SessionOptions,
  type Tensor,
  type TensorInfo,
  type TensorType,
} from './runtime/index.js';
export {
  type CacheBudgets,
  createEngine,
  defaultBudgets,
  type Engine,
  type EngineLimits,
  type EngineOptions,
  type EngineRequest,
  type EngineStats,
  type PredictionData,
  toPrediction,
} from './segmenter/index.js';
