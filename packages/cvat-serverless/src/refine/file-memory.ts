import { readFile, rename, writeFile } from 'node:fs/promises';
import { ClickmaskError } from '@clickmask/core';
import type { RefineMemory, RefineState } from './refine-job.js';

interface Content extends RefineState {
  readonly server: string;
  readonly job: number;
}

/**
 * Remembers in a file what of a job is done. The file belongs to one job of one server.
 *
 * @throws ClickmaskError `bad-option` from `load` where it belongs to another one or is damaged
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createFileMemory } from '@clickmask/cvat-serverless';
 *
 * const memory = createFileMemory(join(tmpdir(), `memory-${process.pid}.json`), 'http://localhost:8080', 12);
 * await memory.save({ finished: [1, 2], kept: [] });
 * console.log((await memory.load()).finished); // [ 1, 2 ]
 * ```
 */
export function createFileMemory(path: string, server: string, job: number): RefineMemory {
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { finished: [], kept: [] };
        throw error;
      }
      const content = parse(text);
      if (content === null || !Array.isArray(content.finished) || !Array.isArray(content.kept)) {
        throw new ClickmaskError(
          'bad-option',
          `${path} is damaged. Delete it to begin anew: masks that are saved are found again.`,
        );
      }
      if (content.server !== server || content.job !== job) {
        throw new ClickmaskError(
          'bad-option',
          `${path} belongs to job ${content.job} of ${content.server}. Name another file.`,
        );
      }
      return { finished: content.finished, kept: content.kept };
    },
    async save({ finished, kept }) {
      const content: Content = { server, job, finished, kept };
      // Written aside and moved, so that an interruption leaves the old one or the new one.
      await writeFile(`${path}.part`, `${JSON.stringify(content)}\n`);
      await rename(`${path}.part`, path);
    },
  };
}

function parse(text: string): Content | null {
  try {
    return JSON.parse(text) as Content;
  } catch {
    return null;
  }
}
