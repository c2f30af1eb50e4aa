export { createFileMemory } from './file-memory.js';
export type { RefineChange, RefineMemory, RefineRecord, RefineStep } from './ledger.js';
export { refineJob } from './refine-job.js';
export { type RefineOptions, type RefineProgress, type RefineReport, refineDefaults } from './refine-options.js';
export { type ResultKind, resultKinds } from './result-shape.js';
export { type SourceKind, sourceKinds } from './shape-prompt.js';
export { type UndoRefineOptions, type UndoRefineReport, undoRefine } from './undo-refine.js';
