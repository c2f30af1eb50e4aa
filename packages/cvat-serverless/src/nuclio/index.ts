export { createLineReader, type LineReader } from './line-reader.js';
export { createLocalProcessor, type LocalProcessor, type LocalProcessorOptions } from './local-processor.js';
