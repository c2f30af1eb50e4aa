export type { InferenceServer } from './address.js';
export { resolveServer, serverFromOptions } from './address.js';
export { inspectServer, type ServedReport, type ServerReport } from './inspect-server.js';
export { createOipBackend } from './oip-backend.js';
export { hashParameter, versionOf } from './served-model.js';
export type { ModelStatistics } from './transport.js';
