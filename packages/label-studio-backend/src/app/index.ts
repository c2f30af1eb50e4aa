export { webhookSecretHeader } from './auth.js';
export { createLabelStudioBackend, type LabelStudioBackend } from './create-backend.js';
