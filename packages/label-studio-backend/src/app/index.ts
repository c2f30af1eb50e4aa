export { webhookSecretHeader } from './auth.js';
export { createLabelStudioBackend, type LabelStudioBackend } from './create-backend.js';
export {
  type AuthOptions,
  type BackendLimits,
  defaultLimits,
  type LabelStudioAccess,
  type LabelStudioBackendOptions,
  type LabelStudioEvent,
  type OutputOptions,
} from './options.js';
