import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { ClickmaskError } from '@clickmask/core';
import type { RefineChange, RefineMemory } from './ledger.js';

/** First line of the file. */
interface Head {
  readonly clickmask: 'refine';
  readonly server: string;
  readonly job: number;
}

/**
 * Stores in a file what has been done of a job. The file belongs to one job of one server and only grows: one line of
 * JSON per change, on disk before the change is made on the server.
 *
 * @throws ClickmaskError `bad-option` from `load` if the file belongs to another job or is damaged
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createFileMemory } from '@clickmask/cvat-serverless';
 *
 * const memory = createFileMemory(join(tmpdir(), `memory-${process.pid}.jsonl`), 'http://localhost:8080', 12);
 * await memory.append([{ source: 'shape 7', as: 'mask', step: 'unsure', was: 'digest' }]);
 * console.log((await memory.load()).map(({ source }) => source)); // [ 'shape 7' ]
 * ```
 */
export function createFileMemory(path: string, server: string, job: number): RefineMemory {
  const head: Head = { clickmask: 'refine', server, job };
  const read = async (): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  };
  const load = async (): Promise<readonly RefineChange[]> => {
    const text = await read();
    if (text === '') return [];
    const lines = text.split('\n');
    // A last line without its end was cut off when the process ended: its change was not made.
    lines.pop();
    const [first, ...rest] = lines.map((line) => parse(line));
    checkHead(path, first as Partial<Head> | null | undefined, head);
    const broken = rest.findIndex((line) => typeof (line as RefineChange | null)?.source !== 'string');
    if (broken !== -1) throw damaged(path, `its line ${broken + 2} cannot be read`);
    return rest as RefineChange[];
  };
  /** Creates the file, or cuts off an incomplete last line. */
  const prepare = async (): Promise<void> => {
    await load();
    const text = await read();
    if (text === '') await writeFile(path, `${JSON.stringify(head)}\n`, { flag: 'a', mode: 0o600 });
    else await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
  };
  let prepared: Promise<void> | null = null;
  return {
    load,
    async append(changes) {
      prepared ??= prepare();
      await prepared;
      const file = await open(path, 'a');
      try {
        await file.appendFile(changes.map((change) => `${JSON.stringify(change)}\n`).join(''));
        await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
}

function checkHead(path: string, found: Partial<Head> | null | undefined, head: Head): void {
  if (found?.clickmask !== 'refine') throw damaged(path, 'its first line is not that of such a file');
  if (found.server === head.server && found.job === head.job) return;
  const message = `${path} belongs to job ${String(found.job)} of ${String(found.server)}. Name another file.`;
  throw new ClickmaskError('bad-option', message);
}

function damaged(path: string, what: string): ClickmaskError {
  const advice = 'To begin anew, name another file. Saved results are found again.';
  return new ClickmaskError('bad-option', `${path} is damaged, or was written by another version: ${what}. ${advice}`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
