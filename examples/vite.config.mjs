import { defineConfig } from 'vite';

/** The examples that need a bundler: `npx vite build examples/react --config examples/vite.config.mjs`. */
export default defineConfig({
  base: './',
  build: { target: 'es2022' },
  // The worker loads the runtime for the GPU or for the processor, so that it is more than one file.
  worker: { format: 'es' },
  // As they are, the dev server finds the worker and the model beside the packages' own files.
  optimizeDeps: { exclude: ['@clickmask/core', '@clickmask/browser-widget'] },
  // Only in this workspace, whose packages are links: the model is looked for where packages are installed.
  resolve: { preserveSymlinks: true },
});
