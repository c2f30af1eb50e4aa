import { defineClickmaskAnnotator } from './element/clickmask-annotator.js';
import { setDefaultAssets } from './runtime.js';

// For pages without a bundler: everything the element needs lies in this file's own folder.
setDefaultAssets(new URL('./', import.meta.url).href);
defineClickmaskAnnotator();

export * from './index.js';
