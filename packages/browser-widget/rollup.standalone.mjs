import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const require = createRequire(import.meta.url);
const out = join(here, 'dist/standalone');

/** Puts the runtime's binaries and the embedded model beside the scripts. */
function copyAssets() {
  return {
    name: 'copy-assets',
    writeBundle() {
      const runtime = dirname(require.resolve('onnxruntime-web/wasm'));
      mkdirSync(out, { recursive: true });
      for (const name of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm']) {
        cpSync(join(runtime, name), join(out, name));
      }
      cpSync(join(root, 'models/clickmask-small'), join(out, 'clickmask-small'), {
        recursive: true,
        filter: (path) => !path.endsWith('package.json'),
      });
    },
  };
}

const options = (input, plugins = [], inlineDynamicImports = false) => ({
  input,
  output: {
    dir: out,
    format: 'es',
    sourcemap: true,
    inlineDynamicImports,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
  plugins: [
    nodeResolve({ extensions: ['.ts', '.js', '.mjs'], browser: true }),
    esbuild({ target: 'es2022', tsconfig: join(root, 'tsconfig.base.json'), minify: true }),
    ...plugins,
  ],
});

/** A folder that pages without a bundler can serve as it is: the element, its worker, the runtime and the model. */
export default [
  options({ 'clickmask-annotator': join(here, 'src/standalone.ts') }, [], true),
  options({ 'web-worker': join(root, 'packages/core/src/runtime/web/worker.ts') }, [copyAssets()]),
];
