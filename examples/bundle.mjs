import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Examples that a browser cannot run without a build. */
const bundled = ['react', 'vue', 'svelte', 'annotorious'];

/** @param {string} name */
export function needsBundler(name) {
  return bundled.includes(name) && existsSync(join(here, name));
}

/**
 * Builds an example in memory.
 *
 * @param {string} name
 * @returns {Promise<Map<string, Uint8Array>>} files by their paths
 */
export async function bundleExample(name) {
  const { build } = await import('vite');
  const made = await build({
    root: join(here, name),
    configFile: join(here, 'vite.config.mjs'),
    logLevel: 'error',
    build: { write: false, reportCompressedSize: false },
  });
  const { output } = Array.isArray(made) ? made[0] : made;
  return new Map(output.map((file) => [file.fileName, Buffer.from(file.type === 'chunk' ? file.code : file.source)]));
}
