export {
  type AuthOptions,
  type BackendLimits,
  defaultLimits,
  type LabelStudioAccess,
  type LabelStudioBackendOptions,
  type LabelStudioEvent,
  type OutputOptions,
} from './options.js';
