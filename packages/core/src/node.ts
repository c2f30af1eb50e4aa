export * from './index.js';
export * from './runtime/node/index.js';
