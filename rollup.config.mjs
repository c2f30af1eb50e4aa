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

/** The sources of what a package exports: dist/x.js comes from src/x.ts. */
function entriesOf(directory) {
  return Object.values(manifestOf(directory).exports)
    .map((target) => target.default ?? target)
    .filter((file) => /^\.\/dist\/[^*]*\.js$/.test(file) && !inOneFile.some((one) => file.endsWith(one.file)))
    .map((file) => `${directory}/src/${file.slice('./dist/'.length, -'.js'.length)}.ts`);
}

/** The sources of a package's programs: dist/bin/x.js comes from bin/x.ts. npm wants them without a leading ./. */
function programsOf(directory) {
  return Object.values(manifestOf(directory).bin ?? {}).map((file) =>
    file.replace('dist/', `${directory}/`).replace('.js', '.ts'),
  );
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
  },
  plugins: [cleanFirst(directory), ...plugins],
}));

// Each module is a file to find and read, and a program waits for hundreds at its start. So it gets few.
const programs = packages
  .filter((directory) => programsOf(directory).length > 0)
  .map((directory) => ({
    input: programsOf(directory),
    external: externals(directory),
    // What is imported and not used has no effect either, Node's own modules included.
    treeshake: { moduleSideEffects: 'no-external' },
    output: {
      dir: `${directory}/dist/bin`,
      chunkFileNames: 'chunks/[name].js',
      format: 'es',
      banner: ({ isEntry }) => (isEntry ? '#!/usr/bin/env node' : ''),
    },
    plugins,
  }));

const single = inOneFile.map(({ directory, entry, file }) => ({
  input: `${directory}/src/${entry}.ts`,
  external: externals(directory),
  output: { file: `${directory}/${file}`, format: 'es', sourcemap: true, inlineDynamicImports: true },
  plugins,
}));

export default [...modules, ...programs, ...single, ...standalone];
