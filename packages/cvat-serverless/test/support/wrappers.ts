import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const source = new URL('../../src/nuclio/wrapper.ts', import.meta.url).pathname;

/** A folder that is gone after the tests. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'cvat-serverless-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The wrapper as one file, from its source. */
export async function buildWrapper(folder: string): Promise<string> {
  const outfile = join(folder, 'wrapper.mjs');
  await build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile });
  return outfile;
}

/** A wrapper of nuclio's own, where the environment names one. */
export function stockWrapper(): string | null {
  const path = process.env.NUCLIO_STOCK_WRAPPER;
  return path !== undefined && existsSync(path) ? path : null;
}

/** A function's folder of the given files. */
export async function writeFunction(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
