export { type NuclioEvent, readEvents } from './event.js';
export { createLineReader, type LineReader } from './line-reader.js';
export { createLocalProcessor, type LocalProcessor, type LocalProcessorOptions } from './local-processor.js';
export { NuclioResponse, toResponse, writeResponse } from './response.js';
