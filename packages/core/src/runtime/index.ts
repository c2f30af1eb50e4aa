export type {
  BackendState,
  GraphSource,
  InferenceBackend,
  InferenceSession,
  Provider,
  SessionOptions,
  Tensor,
  TensorInfo,
  TensorType,
} from './backend.js';
export * from './remote/index.js';
