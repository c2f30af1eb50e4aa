import { defineClickmaskAnnotator } from './element/clickmask-annotator.js';

// Importing this module is the wish to have the element defined.
defineClickmaskAnnotator();

export * from './index.js';
