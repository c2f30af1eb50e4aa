/**
 * Networks on inference servers that speak the Open Inference Protocol v2 (Triton, KServe, MLServer): the backend, and
 * the model repositories that such servers load. For Node.
 */
export { createOipBackend, type InferenceServer, serverFromOptions } from './runtime/oip/index.js';
export {
  type KserveOptions,
  kserveRepository,
  mlserverRepository,
  prepareModel,
  type RepositoryFile,
  type RepositoryOptions,
  type ServableGraph,
  type ServableModel,
  type TritonBackend,
  tritonRepository,
} from './serving/index.js';
