import { readFileSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';
import standalone from './packages/browser-widget/rollup.standalone.mjs';

const target = 'es2022';

/**
 * One entry a package: what it exposes, by the name of the file it becomes in dist/. Groups of a list share no chunks.
 */
const packages = {
  'packages/core': {
    index: 'src/index.ts',
    node: 'src/node.ts',
    'node-worker': 'src/runtime/node/worker.ts',
    web: 'src/web.ts',
    masks: 'src/masks.ts',
    formats: 'src/formats.ts',
    datasets: 'src/datasets.ts',
    session: 'src/session.ts',
    evaluation: 'src/evaluation.ts',
    models: 'src/models.ts',
    runtime: 'src/runtime.ts',
    serving: 'src/serving.ts',
    errors: 'src/errors.ts',
    adapters: 'src/adapters.ts',
    'web-worker': 'src/runtime/web/worker.ts',
    'bin/clickmask': 'bin/clickmask.ts',
  },
  'packages/label-studio-backend': {
    index: 'src/index.ts',
    'bin/clickmask-label-studio': 'bin/clickmask-label-studio.ts',
  },
  'packages/cvat-serverless': [
    {
      index: 'src/index.ts',
      function: 'src/function/function.ts',
      'bin/clickmask-cvat': 'bin/clickmask-cvat.ts',
    },
    // Copied on its own into a function's folder.
    { wrapper: 'src/nuclio/wrapper.ts' },
  ],
  'packages/browser-widget': {
    index: 'src/index.ts',
    define: 'src/define.ts',
  },
};

/** What a package declares stays outside its bundle; everything else is inside. */
function externals(directory) {
  const manifest = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  return (id) => id.startsWith('node:') || names.some((name) => id === name || id.startsWith(`${name}/`));
}

const groups = Object.entries(packages).flatMap(([directory, listed]) =>
  [listed].flat().map((entries) => [directory, entries]),
);

const bundles = groups.map(([directory, entries]) => ({
  input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `${directory}/${file}`])),
  external: externals(directory),
  output: {
    dir: `${directory}/dist`,
    format: 'es',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    banner: (chunk) => (chunk.name.startsWith('bin/') ? '#!/usr/bin/env node' : ''),
  },
  plugins: [nodeResolve({ extensions: ['.ts', '.js'] }), esbuild({ target, tsconfig: 'tsconfig.base.json' })],
}));

export default [...bundles, ...standalone];
