import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ClickmaskError } from '../../errors/index.js';

export interface RegularFileOptions {
  readonly maxBytes: number;
  /** Milliseconds for reading; files may be on a network that hangs. Default 30,000. */
  readonly timeoutMs?: number;
  /** Folder that the path is relative to. The path must not leave it by `..` or by links. Default: any place. */
  readonly inside?: string;
}

/**
 * Reads a file whose path may come from a stranger. Only regular files, so no pipe, device or socket can block, and no
 * more bytes than its size when it was opened.
 *
 * @throws ClickmaskError `deadline-exceeded`; RangeError if it is larger than `maxBytes`; otherwise an Error with the
 * reason, or the system's error
 *
 * @example
 * ```ts
 * import { readRegularFile } from '@clickmask/core/adapters';
 *
 * const error = await readRegularFile('/dev/null', { maxBytes: 1e6 }).catch((reason: Error) => reason);
 * console.log(error instanceof Error && error.message); // no regular file
 * ```
 */
export async function readRegularFile(path: string, options: RegularFileOptions): Promise<Uint8Array> {
  const { maxBytes, timeoutMs = 30_000, inside } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ClickmaskError('deadline-exceeded', `The file was not read within ${timeoutMs} ms.`);
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  const reading = inside === undefined ? read(path, maxBytes) : readInside(inside, path, maxBytes);
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readInside(folder: string, path: string, maxBytes: number): Promise<Uint8Array> {
  const base = await realpath(folder);
  const real = await realpath(join(base, path));
  if (!real.startsWith(base.endsWith(sep) ? base : base + sep)) throw new Error('outside of the folder');
  return read(real, maxBytes, async (handle) => {
    // Ensures that the opened file is the one that was checked, and not a link put in its place.
    const [opened, seen] = [await handle.stat(), await lstat(real)];
    if (opened.ino !== seen.ino || opened.dev !== seen.dev || (await realpath(real)) !== real) {
      throw new Error('changed while it was opened');
    }
  });
}

async function read(
  path: string,
  maxBytes: number,
  check?: (handle: FileHandle) => Promise<void>,
): Promise<Uint8Array> {
  // Without this flag, opening a pipe would wait for a writer and block a pool thread for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('no regular file');
    if (stats.size > maxBytes) {
      throw new RangeError(`the file has ${stats.size} bytes, more than ${maxBytes}`);
    }
    await check?.(handle);
    return await readAll(handle, stats.size);
  } finally {
    await handle.close();
  }
}

async function readAll(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, Math.min(size - length, 2 ** 30), length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
