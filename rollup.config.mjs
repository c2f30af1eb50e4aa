import { readFileSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';

const target = 'es2022';

/** One entry a package: what it exposes, by the name of the file it becomes in dist/. */
const packages = {
  'packages/core': {
    index: 'src/index.ts',
    node: 'src/node.ts',
    'node-worker': 'src/runtime/node/worker.ts',
    'bin/clickmask': 'bin/clickmask.ts',
  },
};

/** What a package declares stays outside its bundle; everything else is inside. */
function externals(directory) {
  const manifest = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  return (id) => id.startsWith('node:') || names.some((name) => id === name || id.startsWith(`${name}/`));
}

export default Object.entries(packages).map(([directory, entries]) => ({
  input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `${directory}/${file}`])),
  external: externals(directory),
  output: {
    dir: `${directory}/dist`,
    format: 'es',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    banner: (chunk) => (chunk.name.startsWith('bin/') ? '#!/usr/bin/env node' : ''),
  },
  plugins: [nodeResolve({ extensions: ['.ts', '.js'] }), esbuild({ target, tsconfig: 'tsconfig.base.json' })],
}));
