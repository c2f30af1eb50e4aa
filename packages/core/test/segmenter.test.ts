import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { area, intersection, isSet, rectRuns } from '@clickmask/core/masks';
import { createSegmenter, createSession, isClickmaskError, type Segmenter } from '@clickmask/core/node';
import { addClick, answerSession, createSessionLog, maskOfObject, replaySessionLog } from '@clickmask/core/session';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModelFolder } from './support/tiny-model.js';

const photo = readFileSync(new URL('../../../examples/photos/cat.jpg', import.meta.url));
const at = (x: number, y: number, label: 'positive' | 'negative' = 'positive') => ({ x, y, label });
const clicks = [at(200, 160), at(20, 20, 'negative'), at(300, 220)];

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => (isClickmaskError(error) ? error.code : String(error)),
  );
}

describe('the embedded model', () => {
  let inProcess: Segmenter;
  let worker: Segmenter;
  let two: Segmenter;
  beforeAll(async () => {
    inProcess = await createSegmenter({ workers: 0, threads: 1 });
    worker = await createSegmenter({ workers: 1, threads: 1 });
    // Nothing is kept: every click decodes, encodes and predicts from the beginning.
    two = await createSegmenter({ workers: 2, threads: 1, budgets: { pixels: 0, features: 0, states: 0 } });
  });
  afterAll(async () => {
    await Promise.all([inProcess, worker, two].map((segmenter) => segmenter?.close()));
  });

  it('says what it is', () => {
    expect(worker.info).toMatchObject({ family: 'clickmask', licence: 'Apache-2.0', provider: 'cpu', workers: 1 });
    expect([inProcess.info.workers, two.info.workers]).toEqual([0, 2]);
    expect(worker.info.model).toMatch(/^clickmask-small \d+\.\d+\.\d+$/);
  });

  it.each([
    ['as it is', {}],
    ['refined', { refinement: { cascade: { steps: 2, settledPixels: 20 }, zoomIn: {}, flip: true } }],
  ] as const)('gives the same bytes in process and behind workers, one by one and at once, %s', async (_, options) => {
    const masks: Uint8Array[] = [];
    const once = await inProcess.segment(await inProcess.open(photo, { key: `once ${_}` }), { clicks }, options);
    for (const segmenter of [inProcess, worker, two]) {
      const image = await segmenter.open(photo, { key: `steps ${_}` });
      for (let n = 1; n < clicks.length; n++) await segmenter.segment(image, { clicks: clicks.slice(0, n) }, options);
      await segmenter.segment(image, { clicks: [clicks[0], at(5, 290)] }, options);
      const last = await segmenter.segment(image, { clicks }, options);
      expect(last.refinement).toEqual(once.refinement);
      expect(last.changedPixels).toBe(once.changedPixels);
      masks.push(last.mask.data);
      await image.close();
    }
    for (const mask of masks) expect(Buffer.compare(mask, once.mask.data)).toBe(0);
    expect(once.area).toBeGreaterThan(1000);
    expect(isSet(once.runs, 200, 160)).toBe(true);
  });

  it('finds a region of one colour from a click beside its border, and fills holes that nobody asked for', async () => {
    const size = { width: 640, height: 480 };
    const inside = (x: number, y: number) => x < 230 && !(x >= 90 && x < 120 && y >= 210 && y < 230);
    const data = new Uint8Array(size.width * size.height * 3);
    for (let i = 0; i < size.width * size.height; i++) {
      data.set(inside(i % size.width, Math.floor(i / size.width)) ? [60, 90, 160] : [200, 200, 190], 3 * i);
    }
    const image = await inProcess.open({ ...size, data });
    for (const click of [at(226, 240), at(215, 70), at(228, 400)]) {
      const { runs } = await inProcess.segment(image, { clicks: [click] });
      const found = [area(intersection(runs, rectRuns(size, { x: 0, y: 0, width: 230, height: 480 }))), area(runs)];
      expect(found[0] / 110_400).toBeGreaterThan(0.97);
      expect(found[1] / found[0]).toBeLessThan(1.02);
      expect(isSet(runs, 105, 220)).toBe(true);
    }
    const open = await inProcess.segment(image, { clicks: [at(215, 70), at(105, 220, 'negative')] });
    expect(isSet(open.runs, 105, 220)).toBe(false);
  });

  it('refines as it was made to, in process and behind a worker', async () => {
    for (const workers of [0, 1]) {
      const segmenter = await createSegmenter({
        workers,
        threads: 1,
        refinement: { cascade: { steps: 3, settledPixels: null } },
      });
      const { refinement } = await segmenter.segment(await segmenter.open(photo), { clicks: clicks.slice(0, 1) });
      expect(refinement.steps).toBe(3);
      await segmenter.close();
    }
  });

  it('undoes, logs and replays behind a worker', async () => {
    const image = await worker.open(photo);
    const log = createSessionLog();
    log.start(image);
    log.open(image.key, worker.info.model);
    const session = createSession();
    for (const click of clicks) {
      session.edit(addClick(click));
      await answerSession(session, worker, image, { log });
    }
    const last = maskOfObject(session.active!);
    const before = (await worker.stats()).predictions;
    session.undo();
    session.redo();
    await answerSession(session, worker, image);
    expect((await worker.stats()).predictions).toBe(before);
    expect(maskOfObject(session.active!)).toBe(last);
    const there = await two.open(photo);
    const report = await replaySessionLog(JSON.stringify(log.export()), two, there);
    expect(report).toEqual({ total: clicks.length, identical: clicks.length, different: [] });
  });

  it('keeps at most 2 MiB of features an image', async () => {
    const segmenter = await createSegmenter({ workers: 0 });
    const image = await segmenter.open(photo, { prepare: true });
    await segmenter.segment(image, { clicks });
    const { featureBytes, images } = await segmenter.stats();
    expect(images).toBe(1);
    expect(featureBytes).toBeGreaterThan(0);
    expect(featureBytes).toBeLessThanOrEqual(2 * 2 ** 20);
    await segmenter.close();
  });

  it.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
  ])('takes an image of %i x %i px', async (width, height) => {
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#808080' } })
      .png()
      .toBuffer();
    const image = await worker.open(bytes);
    for (const options of [{}, { refinement: { zoomIn: {}, flip: true, cascade: { steps: 2 } } }]) {
      const middle = at(width / 2, height / 2);
      const { mask } = await worker.segment(image, { clicks: [middle, middle] }, options);
      expect([mask.width, mask.height, mask.data.length]).toEqual([width, height, width * height]);
    }
    await image.close();
  });

  it('answers bad input with a code, and goes on', async () => {
    const image = await worker.open(photo);
    const ask = (prompt: Parameters<Segmenter['segment']>[1]) => codeOf(worker.segment(image, prompt));
    // Cut off in its pixels a JPEG is read with a note; without any it is damaged.
    expect(await codeOf(worker.open(photo.subarray(0, 5000)))).toBe('none');
    expect(await codeOf(worker.open(photo.subarray(0, 100)))).toBe('bad-image');
    expect(await codeOf(worker.open(Buffer.from('no image')))).toBe('unsupported-image');
    expect(await ask({})).toBe('no-clicks');
    expect(await ask({ clicks: [at(452, 10)] })).toBe('bad-click');
    expect(await ask({ clicks: [at(Number.NaN, 10)] })).toBe('bad-click');
    expect(await ask({ clicks: new Array(300).fill(at(9, 9)) })).toBe('too-many-clicks');
    const empty = await worker.segment(image, { clicks: [at(9, 9, 'negative')] });
    expect(empty).toMatchObject({ area: 0, bbox: null, notes: [expect.stringContaining('negative')] });
    expect(await ask({ clicks: [at(200, 160), at(200, 160), at(200, 160)] })).toBe('none');
    const limited = await createSegmenter({ workers: 1, limits: { maxPixels: 1000 } });
    expect(await codeOf(limited.open(photo))).toBe('image-too-large');
    await limited.close();
  });

  it('takes hundreds of clicks where it is allowed to', async () => {
    const segmenter = await createSegmenter({ workers: 0, limits: { maxClicks: 300 }, model: tiny.folder });
    const image = await segmenter.open(photo);
    const many = Array.from({ length: 300 }, (_, i) =>
      at((i * 37) % 451, (i * 53) % 300, i % 4 ? 'positive' : 'negative'),
    );
    const result = await segmenter.segment(image, { clicks: many });
    expect(result.width).toBe(451);
    await segmenter.close();
  });
});

const tiny = tinyModelFolder();
afterAll(() => tiny.remove());

describe('a process', () => {
  const script = (lines: string) => `
    import { createSegmenter } from '@clickmask/core/node';
    const segmenter = await createSegmenter({ model: ${JSON.stringify(tiny.folder)}, workers: 2, threads: 1 });
    const image = await segmenter.open({ width: 9, height: 9, data: new Uint8Array(243) });
    ${lines}
  `;
  const run = (lines: string) =>
    new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>((resolve) => {
      const args = ['--input-type=module', '--eval', script(lines)];
      execFile(process.execPath, args, { cwd: new URL('.', import.meta.url), timeout: 50_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), out, err }),
      );
    });
  const ask = "const { area } = await segmenter.segment(image, { clicks: [{ x: 4, y: 4, label: 'positive' }] });";

  it('ends by itself with idle workers, closed or not', async () => {
    for (const last of ['', 'await segmenter.close();']) {
      expect(await run(`${ask} ${last} console.log(area);`)).toEqual({ code: 0, out: '81\n', err: '' });
    }
  });

  it('stays as long as a request is under way', async () => {
    const lines =
      "void segmenter.segment(image, { clicks: [{ x: 4, y: 4, label: 'positive' }] }).then((p) => console.log(p.area));";
    expect(await run(lines)).toEqual({ code: 0, out: '81\n', err: '' });
  });

  it('closes while clicks wait', async () => {
    const lines = `
      const clicks = [{ x: 4, y: 4, label: 'positive' }];
      const all = Array.from({ length: 5 }, () => segmenter.segment(image, { clicks }).then(() => 'mask', (e) => e.code));
      await segmenter.close();
      console.log((await Promise.all(all)).join(' '));
    `;
    expect(await run(lines)).toEqual({ code: 0, out: 'mask closed closed closed closed\n', err: '' });
  });
});
