import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cvatMask } from '@clickmask/core/formats';
import { rectRuns } from '@clickmask/core/masks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeCvatOptions, shapeDefaults, startFakeCvat } from '../../test/support/fake-cvat.js';
import { createFakeSegmenter } from '../../test/support/fake-segmenter.js';
import { type CvatShape, createCvatClient } from '../client/index.js';
import { createFileMemory, type RefineOptions, refineJob, undoRefine } from './index.js';

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
    expect(report).toMatchObject({ sources: 2, saved: 2, deleted: 0, skipped: 0, unsure: [], failed: [] });
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
    expect(await readFile(path, 'utf8')).toContain('{"source":"shape 100","as":"mask","step":"created","result":103}');
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
    expect(await refine({ kinds, memory })).toMatchObject({ sources: 2, saved: 1, skipped: 1 });
    expect(await refine({ kinds, memory })).toMatchObject({ sources: 2, saved: 0, skipped: 2 });
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
    expect(await refine({ memory, replace: true })).toMatchObject({
      saved: 0,
      deleted: 2,
      changed: ['shape 100', 'shape 102'],
    });
    expect(server.shapes.filter(({ type }) => type === 'rectangle').map(({ id }) => id)).toEqual([100, 102]);
    expect(segmenter.requests.length).toBe(asked);
  });

  it('does not delete a shape that somebody changed meanwhile', async () => {
    const { server, refine } = await setUp({
      shapes: [box(0)],
      onFrame: (_, fake) => {
        fake.shapes[0] = { ...fake.shapes[0], points: [10, 10, 31, 30] };
      },
    });
    expect(await refine({ replace: true })).toMatchObject({ saved: 1, deleted: 0, changed: ['shape 100'] });
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
    expect((await refine({ dryRun: true })).sources).toBe(2);
    expect((await refine({ dryRun: true, labels: ['dog'] })).sources).toBe(1);
    expect((await refine({ dryRun: true, frames: [1, 1] })).sources).toBe(1);
    expect((await refine({ dryRun: true, kinds: ['polygon', 'rectangle'] })).sources).toBe(3);
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
    expect(await refine({ kinds: ['mask'], replace: true })).toMatchObject({
      saved: 0,
      deleted: 0,
      unsure: ['shape 100'],
    });
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
    expect(report).toMatchObject({ saved: 1, failed: [{ source: 'shape 100' }, { source: 'shape 101' }] });
    expect(new Set((await memory.load()).map(({ source }) => source))).toEqual(new Set(['shape 102']));
  });

  it('tells its progress', async () => {
    const { refine } = await setUp({ shapes: [box(0), box(1)] });
    const seen: string[] = [];
    await refine({ onProgress: ({ frame: at, done, total }) => seen.push(`${at}:${done}/${total}`) });
    expect(seen).toEqual(['0:0/2', '0:1/2', '1:1/2', '1:2/2']);
  });
});

describe('what is made', () => {
  it.each([
    ['mask', 'mask', cvatMask.serialize(rectRuns(size, { x: 10, y: 10, width: 20, height: 20 }))],
    ['polygon', 'polygon', [10, 10, 30, 10, 30, 30, 10, 30]],
    ['rectangle', 'rectangle', [10, 10, 30, 30]],
  ] as const)('is a %s', async (as, type, points) => {
    const { server, refine } = await setUp({ shapes: [box(0, [9.6, 9.6, 29.6, 29.6])] });
    expect(await refine({ as, kinds: ['rectangle'] })).toMatchObject({ saved: 1, unsure: [] });
    const made = server.shapes[1];
    expect(made.type).toBe(type);
    const pairs = (list: readonly number[]) =>
      list.length > 4 && type === 'polygon'
        ? list.flatMap((x, i) => (i % 2 === 0 ? [`${x},${list[i + 1]}`] : [])).sort()
        : list;
    expect(pairs(made.points)).toEqual(pairs(points));
    await expect(refine({ as: 'cuboid' as 'mask' })).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('is made once for each kind of result, and no result is a source', async () => {
    const { server, refine } = await setUp({ shapes: [box(0, [9.6, 9.6, 29.6, 29.6])] });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    expect(await refine({ memory, as: 'rectangle' })).toMatchObject({ sources: 1, saved: 1 });
    expect(await refine({ memory, as: 'mask' })).toMatchObject({ sources: 1, saved: 1 });
    expect(await refine({ memory, as: 'rectangle' })).toMatchObject({ sources: 1, saved: 0, skipped: 1 });
    expect(await refine({ as: 'rectangle' })).toMatchObject({ sources: 2, saved: 0, skipped: 2 });
    expect(server.shapes.map(({ type }) => type)).toEqual(['rectangle', 'rectangle', 'mask']);
  });

  it('keeps two alike sources apart', async () => {
    const { server, refine } = await setUp({ shapes: [box(0), box(0)] });
    expect(await refine()).toMatchObject({ saved: 2 });
    expect(await refine()).toMatchObject({ saved: 0, skipped: 2 });
    expect(await refine({ replace: true })).toMatchObject({ saved: 0, deleted: 2 });
    expect(server.shapes.map(({ type }) => type)).toEqual(['mask', 'mask']);
  });

  it('comes of each keyframe of a track on which the object is seen, and the track stays', async () => {
    const at = (frame: number, more: object = {}) => ({
      id: 900 + frame,
      type: 'rectangle' as const,
      frame,
      points: [10, 10, 30 + frame, 30],
      occluded: frame === 1,
      outside: false,
      z_order: 2,
      rotation: 0,
      attributes: [{ spec_id: 2, value: String(frame) }],
      ...more,
    });
    const track = {
      id: 5,
      frame: 0,
      label_id: 2,
      group: 3,
      source: 'manual',
      attributes: [{ spec_id: 1, value: 'red' }],
      shapes: [at(0), at(1), at(2, { outside: true })],
    };
    const { server, refine } = await setUp({ tracks: [track] });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    expect(await refine({ memory, replace: true })).toMatchObject({ sources: 2, keyframes: 2, saved: 2, deleted: 0 });
    expect(server.job.tracks).toEqual([track]);
    expect(server.shapes).toMatchObject([
      { type: 'mask', frame: 0, label_id: 2, group: 3, occluded: false, z_order: 2 },
      { type: 'mask', frame: 1, label_id: 2, group: 3, occluded: true, z_order: 2 },
    ]);
    expect(server.shapes[1].attributes).toEqual([
      { spec_id: 1, value: 'red' },
      { spec_id: 2, value: '1' },
    ]);
    expect(await refine({ memory })).toMatchObject({ saved: 0, skipped: 2, changed: [] });
    server.job.tracks[0] = { ...track, label_id: 1 };
    expect(await refine({ memory })).toMatchObject({ saved: 0, changed: ['track 5 frame 0', 'track 5 frame 1'] });
  });
});

describe('undoRefine', () => {
  it('brings back what was deleted, once, and the next run may replace it again', async () => {
    const turned = { ...box(1), rotation: 5, attributes: [{ spec_id: 1, value: 'red' }], description: 'mine' };
    const { server, client, refine } = await setUp({ shapes: [box(0), turned] });
    const memory = createFileMemory(await stateFile(), server.url, 7);
    const before = server.shapes.map((shape) => ({ ...shape, id: 0 }));
    await refine({ memory, replace: true });
    expect(await undoRefine({ client, job: 7, memory })).toEqual({ job: 7, restored: 2, unclear: [] });
    expect(await undoRefine({ client, job: 7, memory })).toMatchObject({ restored: 0 });
    const back = server.shapes.filter(({ type }) => type === 'rectangle').map((shape) => ({ ...shape, id: 0 }));
    expect(back).toEqual(before);
    expect(await refine({ memory })).toMatchObject({ saved: 0, skipped: 2, changed: [] });
    expect(await refine({ memory, replace: true })).toMatchObject({ saved: 0, deleted: 2 });
  });
});

describe('createFileMemory', () => {
  it('forgets a line that was never finished, and goes on behind the one before', async () => {
    const path = await stateFile();
    const change = { source: 'shape 1', as: 'mask', step: 'unsure', was: 'x' } as const;
    await createFileMemory(path, 'http://a', 1).append([change, change]);
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, -5));
    const memory = createFileMemory(path, 'http://a', 1);
    expect(await memory.load()).toEqual([change]);
    await memory.append([{ ...change, source: 'shape 2' }]);
    expect((await memory.load()).map(({ source }) => source)).toEqual(['shape 1', 'shape 2']);
  });

  it('leaves a file alone that is none of its own', async () => {
    const path = await stateFile();
    await writeFile(path, '{"finished":[1]}\n');
    const memory = createFileMemory(path, 'http://a', 1);
    await expect(memory.append([])).rejects.toThrow(/damaged, or was written by another version/);
    expect(await readFile(path, 'utf8')).toBe('{"finished":[1]}\n');
  });

  it('refuses a file of another job, and a damaged one', async () => {
    const path = await stateFile();
    await createFileMemory(path, 'http://a', 1).append([{ source: 'shape 1', as: 'mask', step: 'unsure', was: 'x' }]);
    await expect(createFileMemory(path, 'http://a', 2).load()).rejects.toThrow(/belongs to job 1 of http:\/\/a/);
    await writeFile(path, 'x');
    await expect(createFileMemory(path, 'http://a', 1).load()).rejects.toThrow(/damaged/);
  });

  it('names the line that cannot be read', async () => {
    const path = await stateFile();
    const change = { source: 'shape 1', as: 'mask', step: 'unsure', was: 'x' } as const;
    for (const broken of ['{', 'null', '5', '{"source":5}', '']) {
      await rm(path, { force: true });
      await createFileMemory(path, 'http://a', 1).append([change]);
      await writeFile(path, `${await readFile(path, 'utf8')}${broken}\n`);
      const loading = createFileMemory(path, 'http://a', 1).load();
      await expect(loading).rejects.toMatchObject({ code: 'bad-option', message: expect.stringContaining('line 3') });
    }
  });

  it('knows the server too, and takes no folder for a missing file', async () => {
    const path = await stateFile();
    const memory = createFileMemory(path, 'http://a', 1);
    expect(await memory.load()).toEqual([]);
    await memory.append([]);
    expect(await memory.load()).toEqual([]);
    await expect(createFileMemory(path, 'http://b', 1).load()).rejects.toMatchObject({ code: 'bad-option' });
    await expect(createFileMemory(tmpdir(), 'http://a', 1).load()).rejects.toThrow(/EISDIR|EPERM|illegal/);
  });

  it('writes files that only their owner may read, and grows them', async () => {
    const path = await stateFile();
    const memory = createFileMemory(path, 'http://a', 1);
    const change = { source: 'shape 1 \u00e4', as: 'mask', step: 'unsure', was: 'x' } as const;
    await memory.append([change]);
    const first = await readFile(path, 'utf8');
    await memory.append([change, change]);
    expect(await readFile(path, 'utf8')).toBe(`${first}${`${JSON.stringify(change)}\n`.repeat(2)}`);
    expect((await memory.load()).length).toBe(3);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    // Half a line with characters of two bytes.
    await writeFile(path, `${first}{"source":"\u00e4`);
    await createFileMemory(path, 'http://a', 1).append([change]);
    expect(await readFile(path, 'utf8')).toBe(`${first}${JSON.stringify(change)}\n`);
  });
});
