export {
  createLabelStudioClient,
  createLabelStudioTokens,
  type LabelStudioAnnotatedTask,
  type LabelStudioAnnotation,
  type LabelStudioClient,
  type LabelStudioClientOptions,
  type LabelStudioMlBackend,
  type LabelStudioProject,
  type LabelStudioTask,
  type LabelStudioWebhook,
  type MlBackendSettings,
  parseLabelStudioUrl,
  withoutCredentials,
} from './label-studio-client.js';
export { createOfferedTokens, type OfferedTokens } from './offered-tokens.js';
export { createTokenSource, isPersonalToken, type RefreshCall, type TokenSource } from './tokens.js';
