import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cvatMask } from '@clickmask/core/formats';
import { rectRuns } from '@clickmask/core/masks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeCvatOptions, shapeDefaults, startFakeCvat } from '../../test/support/fake-cvat.js';
import { createFakeSegmenter } from '../../test/support/fake-segmenter.js';
import { type CvatShape, createCvatClient } from '../client/index.js';
import { createFileMemory, type RefineOptions, refineJob } from './index.js';

const size = { width: 64, height: 48 };
const frame = Buffer.from('frame');
const box = (at: number, points = [10, 10, 30, 30], label = 1): Omit<CvatShape, 'id'> => ({
  ...shapeDefaults,
  type: 'rectangle',
  frame: at,
  label_id: label,
  points,
});

async function setUp(options: FakeCvatOptions = {}) {
  const server = await startFakeCvat({ frames: [frame, frame, frame], ...options });
  onTestFinished(() => server.close());
  const client = createCvatClient({ url: server.url, auth: { token: 'secret' }, retryDelayMs: 1 });
  const segmenter = createFakeSegmenter();
  const refine = (more: Partial<RefineOptions> = {}) => refineJob({ client, segmenter, job: 7, ...more });
  return { server, client, segmenter, refine };
}

async function stateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'refine-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'state.json');
}

describe('refineJob', () => {
  it('adds a mask to each box and leaves everything else', async () => {
    const { server, refine, segmenter } = await setUp({
      shapes: [box(0), box(2, [40.5, 5.25, 60, 20], 2), { ...box(0), type: 'points', points: [1, 1] }],
    });
    const before = [...server.shapes];
    const report = await refine();
    expect(report).toMatchObject({ shapes: 2, saved: 2, deleted: 0, skipped: 0, unsure: [], failed: [] });
    expect(server.shapes.slice(0, 3)).toEqual(before);
    const [first, second] = server.shapes.slice(3);
    expect(first).toMatchObject({ type: 'mask', frame: 0, label_id: 1, source: 'semi-auto' });
    expect(first.points).toEqual(cvatMask.serialize(rectRuns(size, { x: 10, y: 10, width: 20, height: 20 })));
    expect(second).toMatchObject({ frame: 2, label_id: 2 });
    expect(segmenter.requests[0].prompt.box).toEqual({ x1: 10, y1: 10, x2: 30, y2: 30 });
    expect(segmenter.closed.length).toBe(2);
    // Frame 1 has nothing to do and is not fetched.
    expect(server.log.filter((line) => line.includes('number=1')).length).toBe(0);
  });

  it('saves nothing twice, with and without a memory', async () => {
    const { server, refine } = await setUp({ shapes: [box(0), box(1)] });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    await refine({ memory });
    expect(await refine({ memory })).toMatchObject({ saved: 0, skipped: 2 });
    expect(await refine()).toMatchObject({ saved: 0, skipped: 2 });
    expect(server.shapes.length).toBe(4);
  });

  it('goes on where it was interrupted', async () => {
    const stop = new AbortController();
    const { server, refine } = await setUp({
      shapes: [box(0), box(1), box(2)],
      onFrame: (number) => {
        if (number === 1) stop.abort();
      },
    });
    const path = await stateFile();
    const memory = createFileMemory(path, server.url, 7);
    await expect(refine({ memory, signal: stop.signal })).rejects.toThrow();
    expect(server.shapes.filter(({ type }) => type === 'mask').length).toBe(1);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      finished: [103, 100],
      kept: [{ id: 100, mask: 103 }],
    });
    expect(await refine({ memory })).toMatchObject({ saved: 2, skipped: 1 });
    expect(server.shapes.filter(({ type }) => type === 'mask').length).toBe(3);
  });

  it('deletes what it replaces only when asked, and after saving', async () => {
    const { server, refine } = await setUp({ shapes: [box(0), box(0, [40, 5, 60, 20])] });
    expect(await refine({ replace: true })).toMatchObject({ saved: 2, deleted: 2 });
    expect(server.shapes.map(({ type }) => type)).toEqual(['mask', 'mask']);
    expect(server.written.map(({ action }) => action)).toEqual(['create', 'delete']);
  });

  it('makes no masks of the masks that an interrupted run has saved', async () => {
    const stop = new AbortController();
    const { server, refine } = await setUp({
      shapes: [box(0), box(1)],
      onFrame: (number) => {
        if (number === 1) stop.abort();
      },
    });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    const kinds = ['rectangle', 'mask'] as const;
    await expect(refine({ kinds, memory, signal: stop.signal })).rejects.toThrow();
    expect(await refine({ kinds, memory })).toMatchObject({ saved: 1, skipped: 2 });
    expect(await refine({ kinds, memory })).toMatchObject({ saved: 0, skipped: 4 });
  });

  it('deletes what an earlier run left beside its mask, unless either was changed since', async () => {
    const shapes = [box(0), box(0, [40, 5, 60, 20]), box(1), box(2)];
    const { server, refine, segmenter } = await setUp({ shapes });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    await refine({ memory });
    const asked = segmenter.requests.length;
    const at = (id: number) => server.shapes.findIndex((shape) => shape.id === id);
    server.shapes[at(100)] = { ...server.shapes[at(100)], points: [10, 10, 31, 30] };
    server.shapes.splice(
      server.shapes.findIndex(({ type, frame: number }) => type === 'mask' && number === 1),
      1,
    );
    expect(await refine({ memory, replace: true })).toMatchObject({ saved: 0, deleted: 2, changed: [100, 102] });
    expect(server.shapes.filter(({ type }) => type === 'rectangle').map(({ id }) => id)).toEqual([100, 102]);
    expect(segmenter.requests.length).toBe(asked);
    expect((await memory.load()).kept.map(({ id }) => id)).toEqual([100, 102]);
  });

  it('does not delete a shape that somebody changed meanwhile', async () => {
    const { server, refine } = await setUp({
      shapes: [box(0)],
      onFrame: (_, fake) => {
        fake.shapes[0] = { ...fake.shapes[0], points: [10, 10, 31, 30] };
      },
    });
    expect(await refine({ replace: true })).toMatchObject({ saved: 1, deleted: 0, changed: [100] });
    expect(server.shapes.map(({ type }) => type)).toEqual(['rectangle', 'mask']);
  });

  it('saves nothing in a dry run', async () => {
    const { server, refine } = await setUp({ shapes: [box(0)] });
    expect(await refine({ dryRun: true, replace: true })).toMatchObject({ saved: 1, deleted: 0 });
    expect(server.written).toEqual([]);
  });

  it('keeps to labels, frames and kinds, and leaves deleted frames out', async () => {
    const polygon = { ...box(1), type: 'polygon' as const, points: [5, 5, 25, 5, 25, 25, 5, 25] };
    const { refine } = await setUp({ shapes: [box(0), box(1, undefined, 2), polygon, box(2)], deletedFrames: [2] });
    expect((await refine({ dryRun: true })).shapes).toBe(2);
    expect((await refine({ dryRun: true, labels: ['dog'] })).shapes).toBe(1);
    expect((await refine({ dryRun: true, frames: [1, 1] })).shapes).toBe(1);
    expect((await refine({ dryRun: true, kinds: ['polygon', 'rectangle'] })).shapes).toBe(3);
    await expect(refine({ labels: ['cow'] })).rejects.toThrow(/no label cow. It has: cat, dog/);
    await expect(refine({ kinds: ['cuboid' as 'mask'] })).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('starts from masks and polygons with a click deep inside', async () => {
    const mask = {
      ...box(0),
      type: 'mask' as const,
      points: cvatMask.serialize(rectRuns(size, { x: 20, y: 10, width: 13, height: 13 })),
    };
    const polygon = { ...box(1), type: 'polygon' as const, points: [20, 10, 33, 10, 33, 23, 20, 23] };
    const { refine, segmenter } = await setUp({ shapes: [mask, polygon] });
    const report = await refine({ kinds: ['mask', 'polygon'] });
    expect(report).toMatchObject({ saved: 2, unsure: [] });
    for (const { prompt } of segmenter.requests) {
      expect(prompt.clicks).toEqual([{ x: 26.5, y: 16.5, label: 'positive' }]);
      expect(prompt.mask).toMatchObject(size);
    }
  });

  it('turns ellipses and rotated boxes into upright boxes', async () => {
    const ellipse = { ...box(0), type: 'ellipse' as const, points: [30, 20, 40, 14] };
    const turned = { ...box(0, [20, 18, 40, 22]), rotation: 90 };
    const { refine, segmenter } = await setUp({ shapes: [ellipse, turned] });
    await refine({ kinds: ['ellipse', 'rectangle'], dryRun: true });
    expect(segmenter.requests[0].prompt.box).toEqual({ x1: 20, y1: 14, x2: 40, y2: 26 });
    const { x1, y1, x2, y2 } = segmenter.requests[1].prompt.box as NonNullable<
      (typeof segmenter.requests)[1]['prompt']['box']
    >;
    expect([x1, y1, x2, y2].map(Math.round)).toEqual([28, 10, 32, 30]);
  });

  it('leaves to a person what does not fit its shape', async () => {
    const mask = {
      ...box(0),
      type: 'mask' as const,
      points: cvatMask.serialize(rectRuns(size, { x: 0, y: 0, width: 64, height: 48 })),
    };
    const { refine, server } = await setUp({ shapes: [mask] });
    expect(await refine({ kinds: ['mask'], replace: true })).toMatchObject({ saved: 0, deleted: 0, unsure: [100] });
    expect(server.written).toEqual([]);
  });

  it('goes on after a broken frame or shape, and tries it again next time', async () => {
    const broken = { ...box(0), type: 'mask' as const, points: [1, 2] };
    const { refine, server } = await setUp({
      frames: [frame, Buffer.from('!'), frame],
      shapes: [broken, box(1), box(2)],
    });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    const report = await refine({ kinds: ['mask', 'rectangle'], memory });
    expect(report).toMatchObject({ saved: 1, failed: [{ shape: 100 }, { shape: 101 }] });
    expect(await memory.load()).toMatchObject({ finished: [103, 102], kept: [{ id: 102, mask: 103 }] });
  });

  it('tells its progress', async () => {
    const { refine } = await setUp({ shapes: [box(0), box(1)] });
    const seen: string[] = [];
    await refine({ onProgress: ({ frame: at, done, total }) => seen.push(`${at}:${done}/${total}`) });
    expect(seen).toEqual(['0:0/2', '0:1/2', '1:1/2', '1:2/2']);
  });
});

describe('createFileMemory', () => {
  it('refuses a file of another job, and a damaged one', async () => {
    const path = await stateFile();
    await createFileMemory(path, 'http://a', 1).save({ finished: [1], kept: [] });
    await expect(createFileMemory(path, 'http://a', 2).load()).rejects.toThrow(/belongs to job 1 of http:\/\/a/);
    await writeFile(path, 'x');
    await expect(createFileMemory(path, 'http://a', 1).load()).rejects.toThrow(/damaged/);
  });
});
