import { defineClickmaskAnnotator } from './element/clickmask-annotator.js';

// Importing this module defines the element.
defineClickmaskAnnotator();

export * from './index.js';
