export { createFileMemory } from './file-memory.js';
export {
  type RefineMemory,
  type RefineOptions,
  type RefineProgress,
  type RefineReport,
  refineDefaults,
  refineJob,
} from './refine-job.js';
export { type SourceKind, sourceKinds } from './shape-prompt.js';
