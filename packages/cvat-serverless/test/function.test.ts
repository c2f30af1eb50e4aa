import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Segmenter } from '@clickmask/core';
import { pictureSize } from '@clickmask/core/adapters';
import { createSegmenter } from '@clickmask/core/node';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkFunctionYaml, initBundle, runBundle } from '../src/bundle/index.js';
import { unpackArchive } from '../src/bundle/tar.js';
import { decodeStored, readAsClassicUi, readAsModernUi } from './support/cvat-ui.js';
import { nuclioProcessor, startNuclio } from './support/nuclio-processor.js';
import { pictureKinds, pictureOfBytes } from './support/pictures.js';
import { temporaryFolder } from './support/wrappers.js';

// Real work on a machine that may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** The generated folder at work behind a processor. */
interface Running {
  readonly url: string;
  readonly pids: () => readonly number[];
}

type Start = (env?: Readonly<Record<string, string>>) => Promise<Running>;

const built = existsSync(new URL('../dist/function/function.js', import.meta.url));
let root: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
let complete: string;
let segmenter: Segmenter;

beforeAll(async () => {
  if (!built) return;
  root = await temporaryFolder();
  folder = join(root.path, 'function');
  complete = join(root.path, 'complete');
  await initBundle({ out: folder, dependencies: 'vendor' });
  // As the image's build does it.
  await cp(folder, complete, { recursive: true });
  await unpackArchive(await readFile(join(complete, 'vendor.tgz')), complete);
  await rm(join(complete, 'vendor.tgz'));
  segmenter = await createSegmenter({ workers: 1 });
});

afterAll(async () => {
  await segmenter?.close();
  await root?.remove();
});

const startSimulated: Start = async (env) => {
  const running = await runBundle(folder, { env });
  onTestFinished(() => running.close());
  return { url: running.url, pids: () => running.processor.pids };
};

const startReal: Start = async (env = {}) => {
  const { config } = checkFunctionYaml(await readFile(join(complete, 'function.yaml'), 'utf8'));
  const wrapper = join(complete, 'clickmask-wrapper.mjs');
  const running = await startNuclio(complete, { ...config?.env, ...env, NUCLIO_NODEJS_WRAPPER_PATH: wrapper });
  onTestFinished(() => running.close());
  return { url: running.url, pids: () => [] };
};

const bodyOf = (image: Buffer, positive: number[][], negative: number[][] = [], box: number[][] | null = []) =>
  JSON.stringify({ image: image.toString('base64'), pos_points: positive, neg_points: negative, obj_bbox: box });

const post = (url: string, body: string | Buffer) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: body as string });

function suite(name: string, start: Start): void {
  describe(`the generated function behind ${name}`, () => {
    it.each(['mask', 'mask-bounds', 'shapes'])('gives back the segmenter’s mask exactly, as %s', async (reply) => {
      const { url } = await start({ CLICKMASK_REPLY: reply });
      const picture = (await pictureKinds()).png;
      const image = await segmenter.open(picture);
      for (const [positive, negative] of [
        [[[120.5, 80.25]], []],
        [[[120.5, 80.25]], [[20, 20]]],
        [
          [
            [120.5, 80.25],
            [100, 70],
          ],
          [[20, 20]],
        ],
      ]) {
        const response = await post(url, bodyOf(picture, positive, negative));
        const text = await response.text();
        expect(response.status).toBe(200);
        const clicks = [
          { x: positive[0][0], y: positive[0][1], label: 'positive' as const },
          ...negative.map(([x, y]) => ({ x, y, label: 'negative' as const })),
          ...positive.slice(1).map(([x, y]) => ({ x, y, label: 'positive' as const })),
        ];
        const expected = await segmenter.segment(image, { clicks });
        expect(expected.area).toBeGreaterThan(100);
        const stored = reply === 'shapes' ? readAsModernUi(text)[0] : readAsClassicUi(text);
        expect(Buffer.compare(decodeStored(stored.rle, 240, 160), expected.mask.data)).toBe(0);
        if (reply === 'mask') {
          const [modern] = readAsModernUi(text);
          expect(modern.rle).toEqual(stored.rle);
        }
      }
    });

    it('takes every kind of image that CVAT sends', async () => {
      const { url } = await start({ CLICKMASK_REPLY: 'mask' });
      for (const [kind, picture] of Object.entries(await pictureKinds())) {
        const response = await post(url, bodyOf(picture, [[120, 80]]));
        expect([kind, response.status]).toEqual([kind, 200]);
        const { mask } = (await response.json()) as { mask: number[][] };
        expect([kind, mask.length, mask[0].length]).toEqual([kind, 160, 240]);
        expect([kind, mask[80][120]]).toEqual([kind, 1]);
        expect(await pictureSize(picture)).toEqual({ width: 240, height: 160 });
      }
    });

    it('takes images from 1 kB to 30 MB', async () => {
      const { url } = await start();
      for (const bytes of [1000, 48_000, 70_000, 1_000_000, 30_000_000]) {
        const picture = await pictureOfBytes(bytes);
        const { width, height } = await pictureSize(picture);
        const response = await post(url, bodyOf(picture, [[width / 2, height / 2]]));
        expect([bytes, response.status]).toEqual([bytes, 200]);
        const { rle } = readAsClassicUi(await response.text());
        expect(rle.slice(-4)).toEqual([0, 0, width - 1, height - 1]);
      }
    });

    it('answers hundreds of events', async () => {
      const { url } = await start({ CLICKMASK_REPLY: 'shapes' });
      const pictures = await Promise.all([30_000, 31_000, 32_000, 33_000].map(pictureOfBytes));
      let clicks: number[][] = [];
      for (let i = 0; i < 240; i++) {
        if (i % 5 === 0) clicks = [];
        clicks.push([10 + ((i * 7) % 80), 10 + ((i * 13) % 80)]);
        const response = await post(url, bodyOf(pictures[Math.floor(i / 5) % 4], clicks, i % 3 === 0 ? [[2, 2]] : []));
        expect(response.status).toBe(200);
        await response.text();
      }
    });

    it('refuses bad requests one by one, and lives', async () => {
      const { url, pids } = await start({ CLICKMASK_REPLY: 'shapes', CLICKMASK_MAX_PIXELS: '1000000' });
      const before = pids();
      const png = (await pictureKinds()).png;
      const large = await pictureOfBytes(6_000_000);
      const cases: [string | Buffer, number][] = [
        ['', 400],
        ['{', 400],
        ['[]', 400],
        [Buffer.from([255, 254, 0, 1]), 400],
        [bodyOf(Buffer.from('no image'), [[1, 1]]), 422],
        [bodyOf(png.subarray(0, png.length >> 1), [[1, 1]]), 422],
        [bodyOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), [[1, 1]]), 422],
        [bodyOf(large, [[1, 1]]), 413],
        [bodyOf(png, []), 400],
        [bodyOf(png, [[9000, 9000]]), 400],
        [bodyOf(png, [[1, 1]], [], [[1, 1]]), 400],
        [
          bodyOf(
            png,
            Array.from({ length: 300 }, () => [5, 5]),
          ),
          400,
        ],
        [bodyOf(png, [[120, 80]]), 200],
      ];
      for (const [body, status] of cases) {
        const response = await post(url, body);
        expect([body.toString().slice(-60), response.status]).toEqual([body.toString().slice(-60), status]);
        JSON.parse(await response.text());
      }
      expect(pids()).toEqual(before);
    });

    it('answers fuzzed events once each', async () => {
      const { url, pids } = await start({ CLICKMASK_REPLY: 'shapes' });
      const before = pids();
      const png = (await pictureKinds()).png.toString('base64');
      const number = fc.oneof(fc.double(), fc.integer({ min: -20, max: 300 }));
      const list = fc.oneof(fc.array(fc.array(number, { maxLength: 3 }), { maxLength: 4 }), fc.json());
      const event = fc.oneof(
        fc
          .record(
            {
              image: fc.oneof(fc.constant(png), fc.base64String()),
              pos_points: list,
              neg_points: list,
              obj_bbox: list,
            },
            { requiredKeys: [] },
          )
          .map((value) => JSON.stringify(value)),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      );
      await fc.assert(
        fc.asyncProperty(event, async (body) => {
          const response = await post(url, body);
          expect([200, 400, 422]).toContain(response.status);
          JSON.parse(await response.text());
        }),
        { numRuns: 120 },
      );
      expect(pids()).toEqual(before);
    });

    it('answers 504 where it takes too long, and the next one in time', async () => {
      const { url } = await start({ CLICKMASK_DEADLINE_MS: '1' });
      const picture = await pictureOfBytes(3_000_000);
      expect((await post(url, bodyOf(picture, [[10, 10]]))).status).toBe(504);
      expect((await fetch(url)).status).toBe(200);
    });

    it('tells what runs on GET', async () => {
      const { url } = await start({ CLICKMASK_REPLY: 'shapes', CLICKMASK_SMOOTH: '1' });
      expect(await (await fetch(url)).json()).toMatchObject({ kind: 'clickmask-interactor', reply: 'shapes' });
    });
  });
}

if (!built) {
  it.skip('the generated function: build the packages first (npm run build)', () => {});
} else {
  suite('a simulated processor', startSimulated);
  describe('the generated function behind a simulated processor', () => {
    it('comes back after its process was killed', async () => {
      const { url, pids } = await startSimulated({ CLICKMASK_REPLY: 'shapes' });
      const picture = (await pictureKinds()).png;
      expect((await post(url, bodyOf(picture, [[120, 80]]))).status).toBe(200);
      const pending = post(url, bodyOf(picture, [[121, 81]])).then(
        (response) => response.status,
        () => 'cut off',
      );
      process.kill(pids()[0], 'SIGKILL');
      expect(['cut off', 200]).toContain(await pending);
      const later = await post(url, bodyOf(picture, [[120, 80]]));
      expect(later.status).toBe(200);
    });

    it('does not start with wrong settings, or without its model', async () => {
      await expect(runBundle(folder, { env: { CLICKMASK_REPLY: 'polygon' } })).rejects.toThrow(/ended with code 1/);
      const logs: string[] = [];
      const missing = { env: { CLICKMASK_MODEL: '/nowhere' }, log: (_: string, text: string) => void logs.push(text) };
      await expect(runBundle(folder, missing)).rejects.toThrow(/ended with code 1/);
      expect(logs.join('\n')).toMatch(/model\.json/);
    });

    it('runs with several workers', async () => {
      const several = join(root.path, 'several');
      await initBundle({ out: several, dependencies: 'vendor', workers: 2, reply: 'shapes', name: 'two' });
      const running = await runBundle(several);
      onTestFinished(() => running.close());
      expect(running.processor.pids.length).toBe(2);
      const picture = (await pictureKinds()).png;
      const replies = await Promise.all([0, 1, 2, 3].map((i) => post(running.url, bodyOf(picture, [[118 + i, 80]]))));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });
  });
  if (nuclioProcessor() === null) {
    it.skip('the generated function behind a nuclio processor: set NUCLIO_PROCESSOR to the path of one', () => {});
  } else {
    suite('a nuclio processor', startReal);
    describe('the generated function behind a nuclio processor', () => {
      it('is waited for while it starts slowly', async () => {
        const slow = join(root.path, 'slow');
        await cp(complete, slow, { recursive: true });
        const main = await readFile(join(slow, 'main.js'), 'utf8');
        await writeFile(
          join(slow, 'main.js'),
          `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12000);\n${main}`,
        );
        const { config } = checkFunctionYaml(await readFile(join(slow, 'function.yaml'), 'utf8'));
        const wrapper = join(slow, 'clickmask-wrapper.mjs');
        const running = await startNuclio(slow, { ...config?.env, NUCLIO_NODEJS_WRAPPER_PATH: wrapper });
        onTestFinished(() => running.close());
        expect(running.readyMs).toBeGreaterThan(12_000);
        expect((await post(running.url, bodyOf((await pictureKinds()).png, [[120, 80]]))).status).toBe(200);
      });
    });
  }
}
