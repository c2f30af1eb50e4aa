import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that nobody fetched for this long is left over from a request that was given up. */
const STALE_MS = 120_000;

/**
 * Files through which large replies go: nuclio's processor streams them to the caller and deletes them, where a reply in
 * the wrapper's line protocol would be copied, escaped and parsed several times.
 */
export interface ReplyFiles {
  /** Writes a reply and gives its path. */
  write(bytes: Buffer): Promise<string>;
  close(): Promise<void>;
}

export function createReplyFiles(parent: string): ReplyFiles {
  let folder: Promise<string> | null = null;
  let serial = 0;
  let cleaned = 0;

  const clean = async (path: string): Promise<void> => {
    for (const name of await readdir(path)) {
      const file = join(path, name);
      const { mtimeMs } = await stat(file);
      if (Date.now() - mtimeMs > STALE_MS) await rm(file, { force: true });
    }
  };

  return {
    async write(bytes) {
      folder ??= mkdir(parent, { recursive: true }).then(() => mkdtemp(join(parent, 'clickmask-replies-')));
      const path = await folder;
      if (Date.now() - cleaned > STALE_MS) {
        cleaned = Date.now();
        // Only tidying up: a file that vanished meanwhile was delivered.
        clean(path).catch(() => {});
      }
      const file = join(path, `${++serial}.json`);
      await writeFile(file, bytes, { mode: 0o600 });
      return file;
    },
    async close() {
      if (folder !== null) await rm(await folder, { recursive: true, force: true });
      folder = null;
    },
  };
}
