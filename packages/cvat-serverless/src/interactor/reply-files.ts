import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that nobody fetched for this long belongs to an abandoned request. */
const STALE_MS = 120_000;

/**
 * Files for large replies. nuclio's processor streams them to the caller and deletes them. In the wrapper's line
 * protocol, a reply would be copied, escaped and parsed several times.
 */
export interface ReplyFiles {
  /** Writes a reply and returns its path. */
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
        // Clean-up only: a file that has vanished was delivered.
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
