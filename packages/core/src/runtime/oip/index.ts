export type { InferenceServer } from './address.js';
export { resolveServer, serverFromOptions } from './address.js';
export { createOipBackend } from './oip-backend.js';
export { hashParameter, versionOf } from './served-model.js';
