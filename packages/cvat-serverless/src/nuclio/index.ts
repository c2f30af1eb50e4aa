export { createLocalProcessor, type LocalProcessor, type LocalProcessorOptions } from './local-processor.js';
