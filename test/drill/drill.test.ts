import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The short form of `npm run drill`. Label Studio's backend has drills of its own, beside its program. */
it.skipIf(process.platform !== 'linux').each(['handler', 'cvat'])(
  'goes on when the machine fails: %s',
  async (server) => {
    const run = fileURLToPath(new URL('run.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [run, server, '--short']).catch((error) => error);
    expect(String(stdout).match(/held|FAILED/g), stdout).toEqual(['held', 'held', 'held']);
  },
  180_000,
);
