import { svelte } from '@sveltejs/vite-plugin-svelte';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

/**
 * The examples that need a bundler: `npm run example -- examples/react`. A project of your own needs the line of its
 * framework, `worker` and `optimizeDeps`.
 */
export default defineConfig({
  base: './',
  build: { target: 'es2022' },
  plugins: [
    svelte(),
    vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === 'clickmask-annotator' } } }),
  ],
  // The worker has several files: it loads the runtime for the GPU or for the processor.
  worker: { format: 'es' },
  // Without optimisation, the dev server finds the worker and the model beside the packages' own files.
  optimizeDeps: { exclude: ['@clickmask/core', '@clickmask/browser-widget'] },
  // Only in this workspace, where packages are links: the model is looked up among installed packages.
  resolve: { preserveSymlinks: true },
});
