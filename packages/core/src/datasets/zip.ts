import { strToU8, unzipSync, zipSync } from 'fflate';
import { ClickmaskError, unexpected } from '../errors/index.js';
import type { DatasetFile, DatasetSource } from './dataset.js';

/**
 * Packs files as a zip. PNGs are stored, because they are compressed already.
 *
 * @example
 * ```ts
 * import { zipFiles, zipSource } from '@clickmask/core/datasets';
 *
 * const zip = await zipFiles([{ path: 'labels/a.txt', content: '0 0.5 0.5\n' }]);
 * console.log(await zipSource(zip).list()); // [ 'labels/a.txt' ]
 * ```
 */
export async function zipFiles(
  files: Iterable<DatasetFile> | AsyncIterable<DatasetFile>,
): Promise<Uint8Array<ArrayBuffer>> {
  const entries: Record<string, [Uint8Array, { level: 0 | 6 }]> = {};
  for await (const { path, content } of files) {
    const bytes = typeof content === 'string' ? strToU8(content) : content;
    entries[path] = [bytes, { level: path.endsWith('.png') ? 0 : 6 }];
  }
  return zipSync(entries) as Uint8Array<ArrayBuffer>;
}

/** Limits of {@link zipSource}. */
export interface ZipLimits {
  /** Maximum bytes of all files after unpacking. Default 2^30. */
  readonly maxBytes?: number;
  /** Maximum number of files. Default 100,000. */
  readonly maxFiles?: number;
}

/**
 * The files in a zip. Names that lead out of it are left out.
 *
 * @throws ClickmaskError `bad-format` for bytes that are not a zip, or a zip above the limits
 *
 * @example
 * ```ts
 * import { zipFiles, zipSource } from '@clickmask/core/datasets';
 *
 * const source = zipSource(await zipFiles([{ path: 'classes.txt', content: 'cat' }]));
 * console.log(new TextDecoder().decode(await source.read('classes.txt'))); // cat
 * ```
 */
export function zipSource(
  bytes: Uint8Array,
  { maxBytes = 2 ** 30, maxFiles = 100_000 }: ZipLimits = {},
): DatasetSource {
  let total = 0;
  let count = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        total += originalSize;
        count += 1;
        if (total > maxBytes || count > maxFiles) {
          throw unexpected(
            'bad-format',
            'the zip',
            `at most ${maxFiles} files of ${maxBytes} bytes`,
            `${count} of ${total}`,
          );
        }
        return !name.endsWith('/') && !name.startsWith('__MACOSX/') && !/(^|[\\/])\.\.([\\/]|$)|^[\\/]/.test(name);
      },
    });
  } catch (cause) {
    if (cause instanceof ClickmaskError) throw cause;
    throw new ClickmaskError('bad-format', 'Expected a zip file, but it could not be unpacked.', { cause });
  }
  return {
    list: async () => Object.keys(files).sort(),
    async read(path) {
      const content = files[path];
      if (content === undefined) throw unexpected('bad-format', 'the zip', `a file ${path}`, 'none');
      return content;
    },
  };
}
