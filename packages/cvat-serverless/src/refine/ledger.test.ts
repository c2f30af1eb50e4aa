import { describe, expect, it } from 'vitest';
import { shapeDefaults } from '../../test/support/fake-job.js';
import type { CvatShape } from '../client/index.js';
import { digestOf } from './content.js';
import { createFinder, openLedger, possibleResults, type RefineChange, type RefineMemory, settle } from './ledger.js';

const written: CvatShape = {
  ...shapeDefaults,
  type: 'mask',
  frame: 3,
  label_id: 1,
  points: [1, 2, 3],
  source: 'semi-auto',
};
/** A shape of the server, which adds fields of its own. */
const stored = (id: number, more: Partial<CvatShape> = {}): CvatShape => ({
  ...written,
  id,
  elements: [],
  description: '',
  ...more,
});
const manual = (id: number): CvatShape => stored(id, { type: 'rectangle', source: 'manual' });
const record = (change: Partial<RefineChange>): RefineChange => ({
  source: 'shape 1',
  as: 'mask',
  was: 'digest',
  written,
  after: 10,
  ...change,
});
const creating = record({ step: 'creating' });

function memoryOf(changes: RefineChange[]): RefineMemory & { readonly changes: RefineChange[] } {
  return { changes, load: async () => [...changes], append: async (more) => void changes.push(...more) };
}

/** Records after a look at the server. */
async function settled(changes: readonly RefineChange[], shapes: readonly CvatShape[]) {
  const memory = memoryOf([...changes]);
  const ledger = await openLedger(memory);
  await settle(ledger, shapes);
  // What was found out is stored.
  expect([...(await openLedger(memory)).all()]).toEqual([...ledger.all()]);
  return { ledger, memory };
}

describe('a ledger', () => {
  it('joins the changes of a record, by source and kind of result', async () => {
    const ledger = await openLedger(memoryOf([creating, record({ as: 'polygon', step: 'unsure' })]));
    await ledger.write([{ source: 'shape 1', as: 'mask', step: 'created', result: 12 }]);
    expect(ledger.get('shape 1', 'mask')).toEqual({ ...creating, step: 'created', result: 12 });
    expect(ledger.get('shape 1', 'polygon')?.step).toBe('unsure');
    expect(ledger.get('shape 2', 'mask')).toBe(undefined);
    expect([...ledger.results]).toEqual([12]);
  });

  it('knows nothing that its memory could not store', async () => {
    const ledger = await openLedger({ load: async () => [], append: () => Promise.reject(new Error('disk full')) });
    await expect(ledger.write([creating])).rejects.toThrow('disk full');
    expect(ledger.get('shape 1', 'mask')).toBe(undefined);
    // There was nothing to store.
    await ledger.write([]);
  });

  it('works without a memory', async () => {
    const ledger = await openLedger();
    await ledger.write([creating]);
    expect([...ledger.all()]).toEqual([creating]);
  });
});

describe('a result that was sent', () => {
  it('is found by its content', async () => {
    const { ledger } = await settled([creating], [manual(11), stored(12)]);
    expect(ledger.get('shape 1', 'mask')).toEqual({
      ...creating,
      step: 'created',
      result: 12,
      seen: digestOf(stored(12)),
    });
  });

  it.each<[string, CvatShape[], string]>([
    ['was not saved if nothing is there', [], 'open'],
    ['is none that was there before', [stored(10)], 'open'],
    ['is none on another frame', [stored(12, { frame: 4 })], 'open'],
    ['is none of another kind', [stored(12, { type: 'polygon' })], 'open'],
    ['may be one that was edited since', [stored(12, { points: [1, 2, 4] })], 'creating'],
    ['is the one that fits, whatever else is new', [stored(12, { points: [1, 2, 4] }), stored(13)], 'created'],
    ['is none without an id', [stored(12, { id: undefined })], 'open'],
  ])('%s', async (_, shapes, step) => {
    const { ledger } = await settled([creating], shapes);
    expect(ledger.get('shape 1', 'mask')?.step).toBe(step);
  });

  it('may be any shape if its record does not say which ids are older', async () => {
    const { ledger } = await settled([record({ step: 'creating', after: undefined })], [stored(1)]);
    expect(ledger.get('shape 1', 'mask')).toMatchObject({ step: 'created', result: 1 });
  });

  it('is found once, however many are alike', async () => {
    const two = record({ source: 'shape 2', step: 'creating' });
    const three = record({ source: 'shape 3', step: 'creating' });
    const known = record({ source: 'shape 4', step: 'created', result: 14, seen: 'x' });
    const { ledger } = await settled(
      [creating, two, three, known],
      [12, 13, 14].map((id) => stored(id)),
    );
    expect(['shape 1', 'shape 2', 'shape 3'].map((source) => ledger.get(source, 'mask'))).toMatchObject([
      { step: 'created', result: 12 },
      { step: 'created', result: 13 },
      { step: 'open' },
    ]);
  });
});

describe('a result that was saved', () => {
  const created = record({ step: 'created', result: 12 });

  it('is looked at once, as the server has it', async () => {
    const { ledger, memory } = await settled([created], [stored(11), stored(12)]);
    expect(ledger.get('shape 1', 'mask')).toMatchObject({ step: 'created', seen: digestOf(stored(12)) });
    const count = memory.changes.length;
    await settle(ledger, [stored(12, { description: 'edited' })]);
    expect(memory.changes.length).toBe(count);
  });

  it.each<[string, CvatShape[]]>([
    ['is gone', [stored(13)]],
    ['was edited before anybody looked', [stored(12, { points: [9] })]],
  ])('stays unseen if it %s', async (_, shapes) => {
    const { ledger } = await settled([created], shapes);
    expect(ledger.get('shape 1', 'mask')).toEqual(created);
  });
});

describe('a deletion that was sent', () => {
  const deleting = record({ step: 'deleting', result: 12, seen: 'x', deleted: manual(1) });

  it.each<[string, CvatShape[], string]>([
    ['was done if the shape is gone', [stored(12)], 'deleted'],
    ['was not done if the shape is there', [stored(12), manual(1)], 'created'],
  ])('%s', async (_, shapes, step) => {
    const { ledger } = await settled([deleting], shapes);
    expect(ledger.get('shape 1', 'mask')).toEqual({ ...deleting, step });
  });
});

describe('a shape that was sent again', () => {
  const restoring = record({ step: 'restoring', result: 9, seen: 'x', deleted: manual(1) });
  const other = record({ as: 'polygon', step: 'created', result: 8, seen: 'y' });

  it('is a source under its new id, with all its results', async () => {
    const { ledger } = await settled(
      [restoring, other, record({ source: 'shape 2', as: 'rectangle', step: 'unsure' })],
      [manual(12)],
    );
    expect(ledger.get('shape 1', 'mask')?.step).toBe('restored');
    expect(ledger.get('shape 12', 'mask')).toEqual({ ...restoring, source: 'shape 12', step: 'created' });
    expect(ledger.get('shape 12', 'polygon')).toEqual({ ...other, source: 'shape 12' });
    expect([...ledger.all()].length).toBe(5);
  });

  it('keeps what is known of its other results', async () => {
    const unsure = record({ as: 'rectangle', step: 'unsure' });
    const { ledger } = await settled([restoring, unsure], [manual(12)]);
    expect(ledger.get('shape 12', 'rectangle')?.step).toBe('unsure');
  });

  it.each<[string, CvatShape[], string]>([
    ['was not saved if nothing is there', [manual(5)], 'deleted'],
    ['may have been edited since', [{ ...manual(12), label_id: 7 }], 'restoring'],
  ])('%s', async (_, shapes, step) => {
    const { ledger } = await settled([restoring], shapes);
    expect([...ledger.all()]).toMatchObject([{ source: 'shape 1', step }]);
  });

  it('is found once, however many are alike', async () => {
    const twin = { ...restoring, source: 'shape 2' };
    const { ledger } = await settled([restoring, twin], [manual(12)]);
    expect(['shape 1', 'shape 2'].map((source) => ledger.get(source, 'mask')?.step)).toEqual(['restored', 'deleted']);
  });
});

describe('possible results', () => {
  it('are all known ones, and new ones that may be what was sent', async () => {
    const known = record({ source: 'shape 2', step: 'created', result: 5 });
    const past = record({ source: 'shape 3', step: 'unsure', after: 0 });
    const ledger = await openLedger(memoryOf([creating, known, past]));
    const shapes = [stored(9), stored(12, { points: [7] }), stored(13, { frame: 4 }), manual(14)];
    expect([...possibleResults(ledger, shapes)].sort()).toEqual([12, 5]);
  });
});

describe('createFinder', () => {
  const red = { attributes: [{ spec_id: 1, value: 'red' }] };

  it('finds each result of a run without records once', () => {
    const find = createFinder([stored(1), stored(2, red), stored(3)], new Set());
    expect([find(written)?.id, find(written)?.id, find(written)?.id]).toEqual([1, 3, undefined]);
    expect(find({ ...written, ...red })?.id).toBe(2);
  });

  it.each<[string, CvatShape]>([
    ['what a person drew', stored(1, { source: 'manual' })],
    ['a shape on another frame', stored(1, { frame: 4 })],
    ['another kind', stored(1, { type: 'polygon' })],
    ['another outline', stored(1, { points: [1, 2, 4] })],
    ['another label', stored(1, { label_id: 2 })],
  ])('does not find %s', (_, shape) => {
    expect(createFinder([shape], new Set())(written)).toBe(undefined);
  });

  it('does not find a result that belongs to a record', () => {
    expect(createFinder([stored(1)], new Set([1]))(written)).toBe(undefined);
  });
});
