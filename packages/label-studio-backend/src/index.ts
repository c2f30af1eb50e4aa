export { createLabelStudioBackend, type LabelStudioBackend, webhookSecretHeader } from './app/index.js';
export {
  createLabelStudioClient,
  type LabelStudioClient,
  type LabelStudioClientOptions,
  type LabelStudioMlBackend,
  type LabelStudioProject,
  type LabelStudioTask,
  type LabelStudioWebhook,
  type MlBackendSettings,
} from './client/index.js';
export {
  createJsonLogger,
  type DiagnosticsReport,
  type JournalEntry,
  type Logger,
  silentLogger,
} from './diagnostics/index.js';
export {
  type ConfigLabel,
  type Control,
  type ControlKind,
  chooseOutput,
  type ImageTag,
  type LabelingConfig,
  type OutputKind,
  outputKinds,
  parseLabelingConfig,
  type WriteConfigOptions,
  writeLabelingConfig,
} from './labeling-config/index.js';
export {
  type AuthOptions,
  type BackendLimits,
  defaultLimits,
  type LabelStudioAccess,
  type LabelStudioBackendOptions,
  type LabelStudioEvent,
  type OutputOptions,
} from './options/index.js';
export type { DiskCacheOptions } from './pictures/index.js';
export { Problem, type Reason, type ReasonCode, reasons } from './problems/index.js';
export type { PointGrouping } from './prompts/index.js';
export { type Region, type RegionOptions, type RegionRequest, regionId, writeRegions } from './regions/index.js';
export type { TrainingRun, TrainingState } from './training/index.js';
