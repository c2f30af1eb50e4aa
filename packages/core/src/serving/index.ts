export { type KserveOptions, kserveRepository } from './kserve.js';
export { mlserverRepository } from './mlserver.js';
export {
  prepareModel,
  type RepositoryFile,
  type RepositoryOptions,
  type ServableGraph,
  type ServableModel,
} from './repository.js';
export { type TritonBackend, tritonRepository } from './triton.js';
