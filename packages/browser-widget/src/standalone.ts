import { defineClickmaskAnnotator } from './element/clickmask-annotator.js';
import { filesOfFolder, setBundled } from './runtime.js';

// For pages without a bundler: everything that the element needs is in this file's folder.
const folder = new URL('./', import.meta.url).href;
setBundled(async () => filesOfFolder(folder));
defineClickmaskAnnotator();

export * from './index.js';
