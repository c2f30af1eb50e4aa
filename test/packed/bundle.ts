import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build, transform } from 'esbuild';
import { rollup } from 'rollup';
import { webpack } from 'webpack';

/** A module to bundle, and the packages that stay outside. */
export interface BundleInput {
  /** In a folder where the packages are installed. */
  readonly file: string;
  readonly external: readonly string[];
}

/** Each gives the minified code that a page loads at once; what workers load later is not in it. */
export const bundlers: Readonly<Record<string, (input: BundleInput) => Promise<Uint8Array>>> = Object.freeze({
  async esbuild({ file, external }) {
    const { outputFiles } = await build({
      entryPoints: [file],
      external: external.flatMap((name) => [name, `${name}/*`]),
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return outputFiles[0].contents;
  },

  async rollup({ file, external }) {
    const made = await rollup({
      input: file,
      external: (id) => isOf(id, external),
      plugins: [nodeResolve({ browser: true })],
    });
    const { output } = await made.generate({ format: 'es' });
    await made.close();
    return Buffer.from((await transform(output[0].code, { minify: true, format: 'esm' })).code);
  },

  async webpack({ file, external }) {
    const folder = `${file}.webpack`;
    const compiler = webpack({
      mode: 'production',
      entry: file,
      output: { path: folder, filename: 'main.js', module: true, library: { type: 'module' } },
      experiments: { outputModule: true },
      externals: ({ request = '' }, done) => (isOf(request, external) ? done(undefined, `module ${request}`) : done()),
      // Each module as it stands: a size of three kilobytes is not worth a cache on the disk.
      cache: false,
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    if (stats === undefined || stats.hasErrors()) throw new Error(stats?.toString('errors-only'));
    return readFile(join(folder, 'main.js'));
  },
});

function isOf(id: string, packages: readonly string[]): boolean {
  return packages.some((name) => id === name || id.startsWith(`${name}/`));
}

export async function writeModule(folder: string, name: string, code: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, code);
  return file;
}
