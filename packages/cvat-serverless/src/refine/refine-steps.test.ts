import type { Box, MaskRuns } from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import { emptyRuns, rectRuns } from '@clickmask/core/masks';
import { describe, expect, it } from 'vitest';
import { clientOf, createFakeJob, type Request, shapeDefaults } from '../../test/support/fake-job.js';
import { createFakeSegmenter, predictionOf } from '../../test/support/fake-segmenter.js';
import type { CvatClient, CvatShape, CvatTrack } from '../client/index.js';
import { type RefineChange, type RefineMemory, type RefineOptions, refineJob, undoRefine } from './index.js';

const size = { width: 64, height: 48 };
const labels = [{ id: 1, name: 'cat', type: 'any' }];
const rectangle = (points: readonly number[], more: Partial<CvatShape> = {}): Omit<CvatShape, 'id'> => ({
  ...shapeDefaults,
  type: 'rectangle',
  frame: 0,
  label_id: 1,
  points,
  ...more,
});

interface Setting {
  readonly frames?: number;
  readonly tracks?: readonly CvatTrack[];
  /** Called before each request and after it. */
  readonly on?: (request: Request, when: 'before' | 'after') => void;
  /** The mask that the segmenter finds. Default: the box itself. */
  readonly found?: MaskRuns;
}

/** A job in this process. */
function setUp(shapes: readonly Omit<CvatShape, 'id'>[], { frames = 3, tracks, on, found }: Setting = {}) {
  const job = createFakeJob(shapes, tracks);
  const requests: Request[] = [];
  const client = clientOf(job, frames, labels, (request, when) => {
    if (when === 'before') requests.push(request);
    on?.(request, when);
  });
  const fake = createFakeSegmenter(size);
  const segmenter: typeof fake =
    found === undefined
      ? fake
      : {
          ...fake,
          async segment(...args) {
            await fake.segment(...args);
            return predictionOf(found);
          },
        };
  const changes: RefineChange[] = [];
  const memory: RefineMemory = {
    load: async () => structuredClone(changes),
    append: async (more) => void changes.push(...structuredClone(more)),
  };
  const refine = (more: Partial<RefineOptions> = {}) => refineJob({ client, segmenter, job: 7, memory, ...more });
  const count = (request: Request) => requests.filter((one) => one === request).length;
  const stepOf = (source: string) => changes.filter((change) => change.source === source && change.step).at(-1)?.step;
  return { job, client, fake, changes, memory, refine, count, stepOf };
}

describe('what fits a shape', () => {
  const box = [10, 10, 30, 30];
  // Their intersections over unions with the box of 20 x 20 px.
  it.each<[string, Box, number]>([
    ['the same box', { x1: 10, y1: 10, x2: 30, y2: 30 }, 1],
    ['a half of it', { x1: 10, y1: 10, x2: 20, y2: 30 }, 0.5],
    ['a quarter of it', { x1: 20, y1: 20, x2: 30, y2: 30 }, 0.25],
    ['a larger box', { x1: 0, y1: 10, x2: 40, y2: 30 }, 0.5],
    ['a box moved to the right', { x1: 20, y1: 10, x2: 40, y2: 30 }, 1 / 3],
    ['a box moved down', { x1: 10, y1: 20, x2: 30, y2: 40 }, 1 / 3],
    ['a box beside it', { x1: 32, y1: 10, x2: 52, y2: 30 }, 0],
    ['a box diagonally beside it', { x1: 40, y1: 36, x2: 52, y2: 46 }, 0],
  ])('%s', async (_, { x1, y1, x2, y2 }, overlap) => {
    const found = rectRuns(size, { x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
    for (const [minOverlap, saved] of [
      [overlap - 1e-9, 1],
      [overlap + 1e-9, 0],
    ]) {
      const { refine } = setUp([rectangle(box)], { found });
      expect(await refine({ minOverlap })).toMatchObject({ saved, unsure: saved === 1 ? [] : ['shape 100'] });
    }
  });

  it('is what has just the least overlap', async () => {
    const found = rectRuns(size, { x: 10, y: 10, width: 10, height: 20 });
    expect(await setUp([rectangle(box)], { found }).refine({ minOverlap: 0.5 })).toMatchObject({ saved: 1 });
  });

  it('is no empty mask, and nothing for a shape outside the frame', async () => {
    const { refine, fake } = setUp([rectangle(box), rectangle([70, 60, 80, 70])], { found: emptyRuns(size) });
    expect(await refine({ minOverlap: 0 })).toMatchObject({ saved: 0, unsure: ['shape 100', 'shape 101'] });
    expect(fake.requests.length).toBe(1);
  });

  it('is asked for with the options for clean-up', async () => {
    const { refine, fake } = setUp([rectangle(box)]);
    const postprocess = { fillHoles: 9 };
    const { signal } = new AbortController();
    await refine({ postprocess, signal });
    expect(fake.requests[0].options).toEqual({ postprocess, signal });
  });
});

describe('a source that nothing fitted', () => {
  const setting = { found: emptyRuns(size) };

  it('is not tried again as long as it stays', async () => {
    const { refine, fake, stepOf, count } = setUp([rectangle([10, 10, 30, 30])], setting);
    expect(await refine({ replace: true })).toMatchObject({ unsure: ['shape 100'], skipped: 0 });
    // There is nothing to read back.
    expect(count('annotations')).toBe(1);
    expect(stepOf('shape 100')).toBe('unsure');
    expect(await refine()).toMatchObject({ unsure: [], skipped: 1, changed: [] });
    expect(fake.requests.length).toBe(1);
  });

  it('is tried again once somebody changed it', async () => {
    const { refine, job, fake } = setUp([rectangle([10, 10, 30, 30])], setting);
    await refine();
    job.edit(100, { points: [10, 10, 32, 30] });
    expect(await refine()).toMatchObject({ unsure: ['shape 100'], skipped: 0, changed: [] });
    expect(fake.requests.length).toBe(2);
  });
});

describe('a source that is already what it would become', () => {
  const points = cvatMask.serialize(rectRuns(size, { x: 10, y: 10, width: 13, height: 13 }));
  const mask = rectangle(points, { type: 'mask' });
  const found = rectRuns(size, { x: 10, y: 10, width: 13, height: 13 });

  it('is not saved again, nor tried again as long as it stays', async () => {
    const { refine, fake, job, stepOf } = setUp([mask], { found });
    expect(await refine({ kinds: ['mask'] })).toMatchObject({ saved: 0, skipped: 1 });
    expect(stepOf('shape 100')).toBe('same');
    expect(await refine({ kinds: ['mask'], replace: true })).toMatchObject({ saved: 0, skipped: 1, deleted: 0 });
    expect([fake.requests.length, job.shapes.length]).toEqual([1, 1]);
    job.edit(100, { label_id: 2 });
    expect(await refine({ kinds: ['mask'] })).toMatchObject({ saved: 0, skipped: 1, changed: [] });
    expect(fake.requests.length).toBe(2);
  });

  it('is saved as another kind', async () => {
    const { refine } = setUp([mask], { found });
    expect(await refine({ kinds: ['mask'], as: 'rectangle' })).toMatchObject({ saved: 1, skipped: 0 });
  });

  it('is saved beside a keyframe, which cannot be the result', async () => {
    const box = { ...shapeDefaults, type: 'rectangle' as const, frame: 1, points: [10, 10, 23, 23], outside: false };
    const track = { id: 5, frame: 0, label_id: 1, group: 0, source: 'manual', attributes: [], shapes: [box] };
    const { refine } = setUp([], { found, tracks: [track] });
    expect(await refine({ as: 'rectangle' })).toMatchObject({ keyframes: 1, saved: 1, skipped: 0 });
    const alone = setUp([{ ...rectangle(box.points), outside: false }], { found });
    expect(await alone.refine({ as: 'rectangle' })).toMatchObject({ keyframes: 0, saved: 0, skipped: 1 });
  });
});

describe('results of a run without a memory', () => {
  it('are recognised on their frame, and are no sources', async () => {
    const { refine, job, fake } = setUp([rectangle([10, 10, 30, 30])]);
    const kinds = ['rectangle', 'mask'] as const;
    await refine({ memory: undefined });
    const asked = fake.requests.length;
    expect(await refine({ memory: undefined, kinds })).toMatchObject({ sources: 2, saved: 0, skipped: 2, failed: [] });
    expect([job.shapes.length, fake.requests.length]).toEqual([2, asked + 1]);
  });

  it('may be replaced by a run with one', async () => {
    const { refine, job } = setUp([rectangle([10, 10, 30, 30])]);
    await refine({ memory: undefined });
    expect(await refine({ replace: true })).toMatchObject({ saved: 0, skipped: 1, deleted: 1 });
    expect(job.shapes.map(({ type }) => type)).toEqual(['mask']);
  });
});

describe('keyframes of several tracks on one frame', () => {
  it('are looked at each', async () => {
    const box = { ...shapeDefaults, type: 'rectangle' as const, frame: 0, points: [10, 10, 30, 30] };
    const track = (id: number) => ({ ...shapeDefaults, id, frame: 0, label_id: 1, shapes: [box] });
    const { refine } = setUp([], { tracks: [track(5), track(6)], found: emptyRuns(size) });
    expect(await refine()).toMatchObject({ skipped: 0, unsure: ['track 5 frame 0', 'track 6 frame 0'] });
  });
});

describe('a frame', () => {
  const shapes = [0, 1].map((frame) => rectangle([10, 10, 30, 30], { frame }));

  it('that cannot be fetched fails alone, with the reason', async () => {
    let frames = 0;
    const on = (request: Request, when: string) => {
      if (request === 'frame' && when === 'before' && ++frames === 1) throw new Error('gone');
    };
    const { refine, stepOf } = setUp(shapes, { on });
    const seen: string[] = [];
    const report = await refine({ onProgress: ({ frame, done, total }) => seen.push(`${frame}:${done}/${total}`) });
    expect(report).toMatchObject({ job: 7, sources: 2, saved: 1, unsure: [], changed: [] });
    expect(report.failed).toEqual([{ source: 'shape 100', reason: 'frame 0: gone' }]);
    expect(stepOf('shape 100')).toBe(undefined);
    expect(seen).toEqual(['0:0/2', '1:1/2', '1:2/2']);
  });

  it('is closed even if a shape cannot be read, and the next shape is done', async () => {
    const broken = rectangle([1, 2], { type: 'mask' });
    const { refine, fake } = setUp([broken, shapes[0]]);
    const report = await refine({ kinds: ['rectangle', 'mask'] });
    expect(report).toMatchObject({ saved: 1, failed: [{ source: 'shape 100' }] });
    expect(report.failed[0].reason.length).toBeGreaterThan(0);
    expect(fake.closed.length).toBe(1);
  });

  it('ends the run once it is stopped, and is closed', async () => {
    const stop = new AbortController();
    const { refine, fake, client } = setUp(shapes);
    const segmenter = {
      ...fake,
      segment: () => {
        stop.abort();
        return Promise.reject(new Error('stopped'));
      },
    };
    await expect(refine({ segmenter, signal: stop.signal })).rejects.toThrow('stopped');
    expect(fake.closed.length).toBe(1);
    const before = new AbortController();
    const failing: CvatClient = {
      ...client,
      jobs: {
        ...client.jobs,
        frame: () => {
          before.abort();
          return Promise.reject(new Error('not sent'));
        },
      },
    };
    await expect(refine({ client: failing, signal: before.signal })).rejects.toThrow('not sent');
  });

  it('is not begun if the run was stopped before', async () => {
    const { refine, count } = setUp(shapes);
    await expect(refine({ signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
    expect(count('frame')).toBe(0);
  });
});

describe('what the server says', () => {
  const shapes = [rectangle([10, 10, 30, 30]), rectangle([32, 10, 60, 40])];

  it('is matched by content if the replies come in another order', async () => {
    const { client, refine, changes, memory, job } = setUp(shapes);
    const reversed: CvatClient = {
      ...client,
      jobs: {
        ...client.jobs,
        createShapes: async (...args) => [...(await client.jobs.createShapes(...args))].reverse(),
      },
    };
    await refine({ client: reversed });
    const results = changes.filter(({ result }) => result !== undefined);
    for (const { source, result } of results) {
      const made = job.shapes.find(({ id }) => id === result);
      const [, left] = cvatMask.parse(made?.points ?? [], { size }).spans;
      expect(left).toBe(source === 'shape 100' ? 30 : 60);
    }
    expect(new Set(results.map(({ source }) => source)).size).toBe(2);
    expect(await refine({ memory })).toMatchObject({ saved: 0, skipped: 2 });
  });

  it.each<[string, (created: readonly CvatShape[]) => CvatShape[]]>([
    ['in another order only behind the first', ([first, ...others]) => [first, ...others.reverse()]],
    ['without the first', (created) => created.slice(1)],
    ['without the last', (created) => created.slice(0, -1)],
    ['with nothing', () => []],
  ])('is matched by content if the reply comes %s', async (_, change) => {
    const { client, refine, job } = setUp([...shapes, rectangle([2, 20, 12, 40])]);
    const createShapes: typeof client.jobs.createShapes = async (...args) =>
      change(await client.jobs.createShapes(...args));
    const odd: CvatClient = { ...client, jobs: { ...client.jobs, createShapes } };
    expect(await refine({ client: odd, replace: true })).toMatchObject({ saved: 3, deleted: 3, changed: [] });
    expect(job.shapes.map(({ type }) => type)).toEqual(['mask', 'mask', 'mask']);
  });

  it('is asked for after twenty frames, and at the end', async () => {
    const many = Array.from({ length: 45 }, (_, frame) => rectangle([10, 10, 30, 30], { frame }));
    const { refine, count, job } = setUp(many, { frames: 45 });
    expect(await refine({ replace: true })).toMatchObject({ saved: 45, deleted: 45 });
    // At the beginning, twice on the way, and at the end.
    expect([count('annotations'), count('delete')]).toEqual([4, 3]);
    expect(job.shapes.every(({ type }) => type === 'mask')).toBe(true);
    // All is known and done: one look is enough.
    await refine();
    expect([count('annotations'), count('frame')]).toEqual([5, 45]);
  });

  it('is read back only for results that nobody has seen yet', async () => {
    const { refine, count, job } = setUp([shapes[0]]);
    const readings: number[] = [];
    for (let i = 0; i < 4; i++) {
      if (i === 2) job.create([shapes[1] as CvatShape]);
      const before = count('annotations');
      await refine();
      readings.push(count('annotations') - before);
    }
    expect(readings).toEqual([2, 1, 2, 1]);
  });
});

describe('a source that somebody deletes meanwhile', () => {
  it('needs no deletion, and its result stays', async () => {
    const on = (request: Request, when: string) => {
      if (request === 'create' && when === 'after') job.remove(job.shapes.slice(0, 1));
    };
    const { refine, job, count } = setUp([rectangle([10, 10, 30, 30])], { on });
    expect(await refine({ replace: true })).toMatchObject({ saved: 1, deleted: 0, changed: [] });
    expect([job.shapes.map(({ type }) => type), count('delete')]).toEqual([['mask'], 0]);
  });
});

describe('an interruption', () => {
  function breaking(when: 'before' | 'after') {
    let broken = false;
    const on = (request: Request, at: string) => {
      if (!broken && request === 'create' && at === when) {
        broken = true;
        throw new Error('cut off');
      }
    };
    return setUp([rectangle([10, 10, 30, 30])], { on });
  }

  it('before the result was saved has it saved next time', async () => {
    const { refine } = breaking('before');
    await expect(refine()).rejects.toThrow('cut off');
    expect(await refine()).toMatchObject({ saved: 1, skipped: 0, changed: [] });
  });

  it('after it was saved has it found', async () => {
    const { refine } = breaking('after');
    await expect(refine()).rejects.toThrow('cut off');
    expect(await refine()).toMatchObject({ saved: 0, skipped: 1, changed: [] });
  });

  it('names a source whose result may be saved and edited since, and touches neither', async () => {
    const { refine, job } = breaking('after');
    await expect(refine()).rejects.toThrow('cut off');
    job.edit(101, { label_id: 2 });
    const before = structuredClone(job.shapes);
    expect(await refine({ replace: true })).toMatchObject({ saved: 0, skipped: 0, deleted: 0, changed: ['shape 100'] });
    expect(job.shapes).toEqual(before);
  });

  it.each<['before' | 'after', number, number]>([
    ['before', 0, 1],
    ['after', 1, 0],
  ])('%s a deletion was made is known to the next run', async (at, restored, deleted) => {
    let cut = true;
    const on = (request: Request, when: string) => {
      if (cut && request === 'delete' && when === at) {
        cut = false;
        throw new Error('cut off');
      }
    };
    const { refine, client, memory, job } = setUp([rectangle([10, 10, 30, 30])], { on });
    await expect(refine({ replace: true })).rejects.toThrow('cut off');
    expect(await undoRefine({ client, job: 7, memory })).toMatchObject({ restored });
    expect(job.shapes.map(({ type }) => type).sort()).toEqual(['mask', 'rectangle']);
    if (deleted > 0) expect(await refine({ replace: true })).toMatchObject({ saved: 0, deleted, changed: [] });
  });

  it('takes nothing older for what was sent, nor for what was restored', async () => {
    let cut: 'create' | null = 'create';
    const on = (request: Request, when: string) => {
      if (request === cut && when === 'before') {
        cut = null;
        throw new Error('cut off');
      }
    };
    const older = [
      rectangle(cvatMask.serialize(rectRuns(size, { x: 1, y: 1, width: 5, height: 5 })), { type: 'mask' }),
      rectangle([32, 10, 60, 40], { label_id: 2 }),
    ];
    const { refine, client, memory } = setUp([...older, rectangle([10, 10, 30, 30])], { on });
    const labels = ['cat'];
    await expect(refine({ labels })).rejects.toThrow('cut off');
    expect(await refine({ labels, replace: true })).toMatchObject({ saved: 1, deleted: 1, changed: [] });
    cut = 'create';
    await expect(undoRefine({ client, job: 7, memory })).rejects.toThrow('cut off');
    expect(await undoRefine({ client, job: 7, memory })).toMatchObject({ restored: 1, unclear: [] });
  });
});

describe('a result that somebody edited', () => {
  it('keeps its source', async () => {
    const { refine, job } = setUp([rectangle([10, 10, 30, 30])]);
    await refine();
    job.edit(101, { label_id: 2 });
    expect(await refine({ replace: true })).toMatchObject({ deleted: 0, changed: ['shape 100'] });
    expect(job.shapes.length).toBe(2);
  });
});

describe('a signal', () => {
  it('goes with every request', async () => {
    const { client, fake, refine, memory } = setUp([rectangle([10, 10, 30, 30])]);
    const seen: unknown[] = [];
    const watched = Object.fromEntries(
      Object.entries(client.jobs).map(([name, ask]) => [
        name,
        (...args: unknown[]) => {
          seen.push(args.at(-1));
          return (ask as (...args: unknown[]) => unknown)(...args);
        },
      ]),
    );
    const segmenter: typeof fake = {
      ...fake,
      open(source, options) {
        seen.push(options);
        return fake.open(source, options);
      },
    };
    const { signal } = new AbortController();
    const options = { client: { jobs: watched } as unknown as CvatClient, signal };
    await refine({ ...options, segmenter, replace: true });
    const count = seen.length;
    await undoRefine({ ...options, job: 7, memory });
    // Four readings at the start, frame, image, creation, reading and deletion; then reading, creation and reading.
    expect([count, seen.length - count]).toEqual([9, 3]);
    expect(seen).toEqual(seen.map(() => ({ signal })));
  });
});

describe('a dry run', () => {
  it('changes neither the job nor the memory, and finds what a run would', async () => {
    const { refine, count, changes, job } = setUp([rectangle([10, 10, 30, 30])]);
    await refine({ frames: [0, 0] });
    const before = structuredClone([changes, job.shapes]);
    job.create([rectangle([32, 10, 60, 40], { frame: 2 }) as CvatShape]);
    expect(await refine({ dryRun: true, replace: true })).toMatchObject({
      sources: 2,
      saved: 1,
      skipped: 1,
      deleted: 0,
    });
    expect([changes, job.shapes.slice(0, 2)]).toEqual(before);
    expect([count('create'), count('delete')]).toEqual([1, 0]);
  });

  it('reads the records, and writes none even after an interruption', async () => {
    let cut = true;
    const on = (request: Request, when: string) => {
      if (cut && request === 'create' && when === 'after') throw new Error('cut off');
    };
    const { refine, changes, fake } = setUp([rectangle([10, 10, 30, 30]), rectangle([70, 60, 80, 70])], { on });
    await expect(refine()).rejects.toThrow('cut off');
    cut = false;
    const [records, asked] = [changes.length, fake.requests.length];
    expect(await refine({ dryRun: true })).toMatchObject({ saved: 0, skipped: 2, unsure: [] });
    expect([changes.length, fake.requests.length]).toEqual([records, asked]);
  });
});

describe('a selection', () => {
  it('of no labels is all', async () => {
    const { refine } = setUp([rectangle([10, 10, 30, 30])]);
    expect(await refine({ labels: [], dryRun: true })).toMatchObject({ sources: 1 });
    expect(await refine({ labels: ['cat'], dryRun: true })).toMatchObject({ sources: 1 });
  });

  it.each<[Partial<RefineOptions>]>([
    [{ labels: ['cat', 'cow'] }],
    [{ kinds: ['rectangle', 'points' as 'mask'] }],
    [{ as: 'ellipse' as 'mask' }],
  ])('of %j is refused', async (more) => {
    await expect(setUp([]).refine(more)).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('ends with the job', async () => {
    const { refine } = setUp(
      [0, 1, 2].map((frame) => rectangle([10, 10, 30, 30], { frame })),
      { frames: 2 },
    );
    expect(await refine({ dryRun: true })).toMatchObject({ sources: 2 });
    expect(await refine({ dryRun: true, frames: [1, 2] })).toMatchObject({ sources: 2 });
  });
});

describe('undoRefine', () => {
  it('sends many shapes in several requests', async () => {
    const many = Array.from({ length: 201 }, (_, i) =>
      rectangle([10, 10, 30, 30], { attributes: [{ spec_id: 1, value: `${i}` }] }),
    );
    const { refine, client, memory, count, job } = setUp(many);
    await refine({ replace: true });
    const created = count('create');
    expect(await undoRefine({ client, job: 7, memory })).toEqual({ job: 7, restored: 201, unclear: [] });
    expect(count('create') - created).toBe(2);
    const back = job.shapes.filter(({ type }) => type === 'rectangle').map(({ attributes }) => attributes[0].value);
    expect(new Set(back).size).toBe(201);
    expect(back.length).toBe(201);
  });

  it('names what may be back and edited since', async () => {
    let cut = false;
    const on = (request: Request, when: string) => {
      if (cut && request === 'create' && when === 'after') throw new Error('cut off');
    };
    const { refine, client, memory, job } = setUp([rectangle([10, 10, 30, 30])], { on });
    await refine({ replace: true });
    cut = true;
    await expect(undoRefine({ client, job: 7, memory })).rejects.toThrow('cut off');
    cut = false;
    const back = job.shapes.find(({ type }) => type === 'rectangle');
    job.edit(back?.id as number, { label_id: 2 });
    expect(await undoRefine({ client, job: 7, memory })).toEqual({ job: 7, restored: 0, unclear: ['shape 100'] });
    expect(job.shapes.filter(({ type }) => type === 'rectangle').length).toBe(1);
  });

  it('counts only what is back as it was', async () => {
    let undoing = false;
    const on = (request: Request, when: string) => {
      if (undoing && request === 'create' && when === 'after')
        job.edit(job.shapes.at(-1)?.id as number, { label_id: 2 });
    };
    const { refine, client, memory, job } = setUp([rectangle([10, 10, 30, 30])], { on });
    await refine({ replace: true });
    undoing = true;
    expect(await undoRefine({ client, job: 7, memory })).toEqual({ job: 7, restored: 0, unclear: ['shape 100'] });
  });
});
