export * from './index.js';
export * from './runtime/web/index.js';
