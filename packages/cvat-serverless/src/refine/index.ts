export { createFileMemory } from './file-memory.js';
export {
  type KeptShape,
  type RefineMemory,
  type RefineOptions,
  type RefineProgress,
  type RefineReport,
  type RefineState,
  refineDefaults,
  refineJob,
} from './refine-job.js';
export { type SourceKind, sourceKinds } from './shape-prompt.js';
