import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const entry = new URL('../../../dist/node.js', import.meta.url);
const photo = fileURLToPath(new URL('../../../../../examples/photos/cat.jpg', import.meta.url));

/** The runtime's telemetry keeps a device id in the home folder before it sends anything. */
it.each([0, 1])(
  'a click with %i workers leaves nothing in the home folder',
  async (workers) => {
    const home = await mkdtemp(join(tmpdir(), 'clickmask-home-'));
    const script = `
    import { readFile } from 'node:fs/promises';
    import { createSegmenter } from ${JSON.stringify(entry.href)};
    const segmenter = await createSegmenter({ workers: ${workers} });
    const image = await segmenter.open(await readFile(${JSON.stringify(photo)}));
    console.log((await segmenter.segment(image, { clicks: [{ x: 220, y: 150, label: 'positive' }] })).area > 0);
    await segmenter.close();`;
    try {
      // Without CI and other variables that turn the telemetry off by themselves.
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
        env: { PATH: process.env.PATH, HOME: home },
      });
      expect(stdout.trim()).toBe('true');
      expect(await readdir(home, { recursive: true })).toEqual([]);
    } finally {
      await rm(home, { recursive: true });
    }
  },
  60_000,
);
