import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The short form of `npm run hostile`: the same inputs every time. */
it.each(['handler', 'cvat', 'models', 'label-studio', 'widget'])(
  'holds against hostile inputs: %s',
  async (surface) => {
    const run = fileURLToPath(new URL('run.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [run, surface, '--short']).catch((error) => error);
    expect(stdout).toMatch(/300 inputs in \d+ s, seed 1: held|skipped, for want/);
  },
  180_000,
);
