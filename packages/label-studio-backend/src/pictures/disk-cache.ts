import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Keeps fetched images on disk. A failed read or write is never an error: the image is fetched again. */
export interface DiskCache {
  read(key: string): Promise<Uint8Array | undefined>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  bytes(): number;
}

export interface DiskCacheOptions {
  /** The folder. It is created, readable by this user only, if it does not exist. */
  readonly folder: string;
  /** Maximum bytes of all files. The least recently used go first. Default 2 GB. */
  readonly maxBytes?: number;
  /** Milliseconds until an image is fetched again. Default one day. */
  readonly maxAgeMs?: number;
  readonly now?: () => number;
}

interface File {
  readonly size: number;
  readonly written: number;
}

/**
 * Files are named by the SHA-256 of the key. They are written to a temporary name and renamed, so no reader sees a
 * partial file, and two processes may share a folder.
 */
export function createDiskCache(options: DiskCacheOptions): DiskCache {
  const { folder, maxBytes = 2e9, maxAgeMs = 86_400_000, now = Date.now } = options;
  // Least recently used first.
  const files = new Map<string, File>();
  let total = 0;
  let started: Promise<void> | undefined;

  const nameOf = (key: string) => `${createHash('sha256').update(key).digest('hex')}.picture`;

  async function start(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found: { name: string; size: number; written: number; used: number }[] = [];
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      // A file that vanished, or something that is not a file, does not belong to this cache.
      const stats = await lstat(path).catch(() => undefined);
      if (stats === undefined || !stats.isFile()) continue;
      const { size, mtimeMs, atimeMs } = stats;
      if (/^[0-9a-f]{64}\.picture$/.test(name)) found.push({ name, size, written: mtimeMs, used: atimeMs });
      // Left by a process that ended while writing.
      else if (/\.part$/.test(name) && now() - mtimeMs > 3_600_000) await unlink(path).catch(() => {});
    }
    found.sort((a, b) => a.used - b.used);
    for (const { name, size, written } of found) {
      files.set(name, { size, written });
      total += size;
    }
    await shrink();
  }

  async function remove(name: string): Promise<void> {
    const file = files.get(name);
    if (file === undefined) return;
    files.delete(name);
    total -= file.size;
    await unlink(join(folder, name)).catch(() => {});
  }

  async function shrink(): Promise<void> {
    for (const [name, file] of files) {
      if (total <= maxBytes && now() - file.written <= maxAgeMs) break;
      await remove(name);
    }
  }

  /** A start that failed for lack of space or rights is retried at the next image. */
  const ready = () => {
    started ??= start().catch((error: unknown) => {
      started = undefined;
      files.clear();
      total = 0;
      throw error;
    });
    return started;
  };

  return {
    async read(key) {
      const name = nameOf(key);
      try {
        await ready();
        const path = join(folder, name);
        const stats = await lstat(path);
        // A FIFO or a device would block the reader.
        if (!stats.isFile()) return undefined;
        const { mtimeMs } = stats;
        if (now() - mtimeMs > maxAgeMs) {
          await remove(name);
          return undefined;
        }
        const bytes = await readFile(path);
        const file = files.get(name);
        if (file === undefined) total += bytes.length;
        files.delete(name);
        files.set(name, { size: bytes.length, written: mtimeMs });
        await utimes(path, now() / 1000, mtimeMs / 1000).catch(() => {});
        return bytes;
      } catch {
        return undefined;
      }
    },
    async write(key, bytes) {
      if (bytes.length > maxBytes) return;
      const name = nameOf(key);
      const part = join(folder, `${randomUUID()}.part`);
      try {
        await ready();
        const handle = await open(part, 'wx', 0o600);
        try {
          await handle.writeFile(bytes);
        } finally {
          await handle.close();
        }
        await rename(part, join(folder, name));
        total += bytes.length - (files.get(name)?.size ?? 0);
        files.delete(name);
        files.set(name, { size: bytes.length, written: now() });
        await shrink();
      } catch {
        await unlink(part).catch(() => {});
      }
    },
    bytes: () => total,
  };
}
