import { describe, expect, it } from 'vitest';
import { createPromptMemory } from './prompt-memory.js';
import type { Item } from './read-prompts.js';

const point = (id: string): Item => ({
  kind: 'point',
  id,
  label: 'Cat',
  toName: 'image',
  imageRotation: 0,
  x: 5,
  y: 5,
  positive: true,
});
const box: Item = {
  kind: 'box',
  id: 'b',
  label: 'Cat',
  toName: 'image',
  imageRotation: 0,
  x1: 0,
  y1: 0,
  x2: 10,
  y2: 10,
};
const key = (task: string) => ({ project: '1', task, toName: 'image', label: 'Cat' });
const ids = (items: readonly Item[]) => items.map(({ id }) => id).sort();

describe('createPromptMemory', () => {
  it('keeps within its bytes, and forgets the task that was asked for longest ago', () => {
    const memory = createPromptMemory({ maxBytes: 50_000 });
    for (let i = 0; i < 200; i++) memory.combine(key(String(i)), [box]);
    expect(ids(memory.combine(key('199'), [point('p')]).items)).toEqual(['b', 'p']);
    expect(ids(memory.combine(key('0'), [point('p')]).items)).toEqual(['p']);
  });

  it('keeps nothing of one that is larger than all', () => {
    const memory = createPromptMemory({ maxBytes: 50_000 });
    memory.combine(key('ours'), [box]);
    memory.combine(
      key('huge'),
      Array.from({ length: 2000 }, (_, i) => point(`p${i}`)),
    );
    expect(ids(memory.combine(key('ours'), [point('p')]).items)).toEqual(['b', 'p']);
  });

  it('puts back what was known before a request that fails, unless more was said since', () => {
    const memory = createPromptMemory();
    memory.combine(key('1'), [box]);
    memory.combine(key('1'), [point('p')]).undo();
    expect(ids(memory.combine(key('1'), [point('q')]).items)).toEqual(['b', 'q']);
    const failed = memory.combine(key('1'), [point('r')]);
    memory.combine(key('1'), [point('s')]);
    failed.undo();
    expect(ids(memory.combine(key('1'), [box]).items)).toEqual(['b', 's']);
    const first = memory.combine(key('2'), [box]);
    first.undo();
    expect(ids(memory.combine(key('2'), [point('p')]).items)).toEqual(['p']);
  });

  it('counts the clicks of an accepted object as spent only while its region is there', () => {
    const memory = createPromptMemory();
    memory.combine(key('1'), [point('p')]);
    memory.answered(key('1'), ['region']);
    expect([...memory.spent('1', '1', new Set(['region']))]).toEqual([]);
    memory.drawn('1', '1', { regions: new Set(['region', 'other']) });
    expect([...memory.spent('1', '1', new Set(['region', 'other']))]).toEqual(['p']);
    // Another annotator's request does not show the region; the first one's next request does.
    expect([...memory.spent('1', '1', new Set(['other']))]).toEqual([]);
    expect([...memory.spent('1', '1', new Set(['region']))]).toEqual(['p']);
  });
});
