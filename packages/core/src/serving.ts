/** Networks on inference servers that speak the Open Inference Protocol v2 (Triton, KServe, MLServer). For Node. */
export {
  createOipBackend,
  type InferenceServer,
  inspectServer,
  type ModelStatistics,
  type ServedReport,
  type ServerReport,
  serverFromOptions,
} from './runtime/oip/index.js';
