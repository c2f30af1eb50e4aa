import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface RegularFileOptions {
  readonly maxBytes: number;
  /** Milliseconds until it is read: files may lie on a network that hangs. Default 30000. */
  readonly timeoutMs?: number;
}

/**
 * Reads a file whose path may come from a stranger: a regular one only, so that no pipe, device or socket is waited for,
 * and no more of it than its size when it was opened.
 *
 * @throws Error that says what is wrong, or the system's own
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
  const { maxBytes, timeoutMs = 30_000 } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not read within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([read(path, maxBytes), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function read(path: string, maxBytes: number): Promise<Uint8Array> {
  // Without it, opening a pipe would wait for a writer, and hold a thread of the pool for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('no regular file');
    if (stats.size > maxBytes) throw new Error(`the file has ${stats.size} bytes, more than ${maxBytes}`);
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
