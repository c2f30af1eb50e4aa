import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import nodeResolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import esbuild from 'rollup-plugin-esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const require = createRequire(import.meta.url);
const widget = join(here, '../browser-widget');
const out = join(here, 'dist');

const runtime = dirname(require.resolve('onnxruntime-web/wasm'));
const model = join(root, 'models/clickmask-small');
const modelFiles = readdirSync(model).filter((name) => name === 'model.json' || name.endsWith('.onnx'));

/** Empties the folder: chunks of earlier builds have other names, and would stay. */
const emptyFirst = { name: 'empty-first', buildStart: () => rmSync(out, { recursive: true, force: true }) };

/** Copies the runtime's binaries and the embedded model beside the scripts. */
function copyAssets() {
  return {
    name: 'copy-assets',
    writeBundle() {
      mkdirSync(join(out, 'clickmask-small'), { recursive: true });
      for (const build of ['', '.asyncify', '.jspi']) {
        const name = `ort-wasm-simd-threaded${build}.wasm`;
        cpSync(join(runtime, name), join(out, name));
      }
      for (const name of ['LICENSE', 'THIRD_PARTY_NOTICES.md']) cpSync(join(here, name), join(out, name));
      for (const name of modelFiles) cpSync(join(model, name), join(out, 'clickmask-small', name));
    },
  };
}

/** Provides the worker, the runtime and the model as a module. */
function embedFiles() {
  const id = 'virtual:embedded-files';
  const fold = (bytes) => gzipSync(bytes, { level: 9 }).toString('base64');
  return {
    name: 'embed-files',
    resolveId: (source) => (source === id ? id : null),
    async load(source) {
      if (source !== id) return null;
      // An embedded script has no neighbouring files, so its files are passed to it.
      const nowhere = {
        name: 'nowhere',
        resolveImportMeta: (name) => (name === 'url' ? '"https://nowhere.invalid/"' : null),
      };
      const worker = await rollup(options(workerSource, [nowhere], true));
      const { output } = await worker.generate({ format: 'iife', inlineDynamicImports: true });
      await worker.close();
      const files = {
        worker: fold(output[0].code),
        wasm: fold(readFileSync(join(runtime, 'ort-wasm-simd-threaded.wasm'))),
        model: Object.fromEntries(modelFiles.map((name) => [name, fold(readFileSync(join(model, name)))])),
      };
      return `export default ${JSON.stringify(files)};`;
    },
  };
}

const workerSource = join(root, 'packages/core/src/runtime/web/worker.ts');

const options = (input, plugins = [], inlineDynamicImports = false, sourcemap = true, format = 'es') => ({
  input,
  output: {
    dir: out,
    format,
    sourcemap,
    inlineDynamicImports,
    banner: '/*! Clickmask, Apache-2.0. Contains ONNX Runtime Web, MIT; see THIRD_PARTY_NOTICES.md. */',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
  plugins: [
    ...plugins,
    nodeResolve({ extensions: ['.ts', '.js', '.mjs'], browser: true }),
    esbuild({ target: 'es2022', tsconfig: join(root, 'tsconfig.base.json'), minify: true }),
  ],
});

export default [
  // A folder that any web server can serve: the element, its worker, the runtime and the model. Modules that load later
  // import shared code from the element's own file, which finds the others beside itself.
  {
    ...options({ 'clickmask-annotator': join(widget, 'src/standalone.ts') }, [emptyFirst]),
    preserveEntrySignatures: 'allow-extension',
  },
  options({ 'web-worker': workerSource }, [copyAssets()]),
  // A single file with everything.
  options({ 'clickmask-annotator.single': join(widget, 'src/single.ts') }, [embedFiles()], true, false, 'iife'),
];
