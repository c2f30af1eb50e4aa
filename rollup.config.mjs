import { readdirSync, readFileSync, rmSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';
import standalone from './packages/browser-widget-standalone/rollup.mjs';

const target = 'es2022';

const packages = [
  'packages/core',
  'packages/label-studio-backend',
  'packages/cvat-serverless',
  'packages/browser-widget',
];

/** Bundled into one file each: one is copied alone into a function's folder, and each start waits for the other. */
const inOneFile = [
  { directory: 'packages/cvat-serverless', entry: 'nuclio/wrapper', file: 'dist/wrapper.js' },
  { directory: 'packages/core', entry: 'runtime/node/worker', file: 'dist/runtime/node/worker.js' },
];

const manifestOf = (directory) => JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));

/** The sources of what a package exports and of its commands: dist/x.js comes from src/x.ts, dist/bin/x.js from bin/x.ts. */
function entriesOf(directory) {
  const { exports, bin = {} } = manifestOf(directory);
  const exported = Object.values(exports).map((target) => target.default ?? target);
  // npm wants programs without a leading ./, and exports with one.
  const files = [...exported, ...Object.values(bin).map((file) => `./${file}`)];
  return files
    .filter((file) => /^\.\/dist\/[^*]*\.js$/.test(file) && !inOneFile.some((one) => file.endsWith(one.file)))
    .map((file) => file.slice('./dist/'.length, -'.js'.length))
    .map((name) => `${directory}/${name.startsWith('bin/') ? '' : 'src/'}${name}.ts`);
}

/** A package's dependencies stay outside its bundle. Everything else is inside. */
function externals(directory) {
  const { dependencies, peerDependencies } = manifestOf(directory);
  const names = Object.keys({ ...dependencies, ...peerDependencies });
  return (id) => id.startsWith('node:') || names.some((name) => id === name || id.startsWith(`${name}/`));
}

const plugins = [
  nodeResolve({ extensions: ['.ts', '.js'] }),
  esbuild({ target, tsconfig: 'tsconfig.base.json', pure: ['Object.freeze'] }),
];

/** Removes the results of earlier builds, which would be packed too. */
function cleanFirst(directory) {
  return {
    name: 'clean-first',
    buildStart() {
      for (const name of readdirSync(`${directory}/dist`, { recursive: true })) {
        if (/\.js(\.map)?$/.test(name)) rmSync(`${directory}/dist/${name}`);
      }
    },
  };
}

// Each module becomes a file in dist/, in the folders of src/, so that bundlers take only what is used.
const modules = packages.map((directory) => ({
  input: entriesOf(directory),
  external: externals(directory),
  output: {
    dir: `${directory}/dist`,
    format: 'es',
    sourcemap: true,
    preserveModules: true,
    preserveModulesRoot: `${directory}/src`,
    banner: ({ facadeModuleId, isEntry }) =>
      isEntry && /[/\\]bin[/\\]/.test(facadeModuleId) ? '#!/usr/bin/env node' : '',
  },
  plugins: [cleanFirst(directory), ...plugins],
}));

const single = inOneFile.map(({ directory, entry, file }) => ({
  input: `${directory}/src/${entry}.ts`,
  external: externals(directory),
  output: { file: `${directory}/${file}`, format: 'es', sourcemap: true, inlineDynamicImports: true },
  plugins,
}));

export default [...modules, ...single, ...standalone];
