export * from './protobuf.js';
