export * from './bundle/index.js';
export * from './client/index.js';
export * from './function/index.js';
export * from './interactor/index.js';
export * from './nuclio/index.js';
export * from './refine/index.js';
export * from './replies/index.js';
