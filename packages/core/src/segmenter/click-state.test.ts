import { describe, expect, it } from 'vitest';
import type { ProbabilityMap } from '../image/index.js';
import { rectRuns } from '../mask/index.js';
import { nothingYet, type StateNaming, stateBytes, stateNames } from './click-state.js';

const size = { width: 40, height: 30 };
const clicks = [
  { x: 1, y: 2, label: 'positive' },
  { x: 3, y: 4, label: 'negative' },
] as const;
const refinement = { cascade: { steps: 0, settledPixels: null, clicks: 'every' }, zoomIn: null, flip: false } as const;
const mask = rectRuns(size, { x: 1, y: 1, width: 5, height: 5 });
const prompt = { clicks, box: null, mask: null };
const plain: StateNaming = {
  key: 'k',
  clicks,
  prompt,
  refinement,
  threshold: 0.5,
  candidate: 'best',
  postprocess: null,
};

describe('stateNames', () => {
  it('are the same however the clicks came', () => {
    const names = stateNames(plain);
    expect(names).toHaveLength(3);
    expect(new Set(names).size).toBe(3);
    expect(stateNames({ ...plain, clicks: clicks.slice(0, 1) })).toEqual(names.slice(0, 2));
    expect(stateNames({ ...plain, clicks: [] })).toEqual(names.slice(0, 1));
    for (const name of names) expect(name.startsWith('k\n')).toBe(true);
  });

  it.each<[string, Partial<StateNaming>]>([
    ['key', { key: 'other' }],
    ['box', { prompt: { ...prompt, box: { x1: 1, y1: 1, x2: 9, y2: 9 } } }],
    ['starting mask', { prompt: { ...prompt, mask } }],
    ['refinement', { refinement: { ...refinement, flip: true } }],
    ['threshold', { threshold: 0.6 }],
    ['postprocess', { postprocess: {} }],
  ])('differ in every place with another %s', (_, change) => {
    const names = new Set([...stateNames(plain), ...stateNames({ ...plain, ...change })]);
    expect(names.size).toBe(6);
  });

  it('differ from a click on with its place or sign, and at the last one with the candidate', () => {
    const others = (change: Partial<StateNaming>) => {
      const names = stateNames(plain);
      return stateNames({ ...plain, ...change }).map((name, i) => name !== names[i]);
    };
    const [first, second] = clicks;
    expect(others({ clicks: [{ ...first, x: 1.5 }, second] })).toEqual([false, true, true]);
    expect(others({ clicks: [first, { ...second, y: 5 }] })).toEqual([false, false, true]);
    expect(others({ clicks: [first, { ...second, label: 'positive' }] })).toEqual([false, false, true]);
    expect(others({ candidate: 1 })).toEqual([false, false, true]);
    expect(stateNames({ ...plain, candidate: 1 })[2]).not.toBe(stateNames({ ...plain, candidate: 2 })[2]);
  });
});

describe('stateBytes', () => {
  const none = nothingYet(size, false);
  const layer = (cells: number): ProbabilityMap => ({
    width: cells,
    height: 1,
    data: new Float32Array(cells),
    roi: { x: 0, y: 0, ...size },
    filter: 'half-pixel',
  });

  it('counts the map with its patches, the memory, and more for an image of more rows', () => {
    const bytes = (state: Partial<typeof none>, of = size) => stateBytes({ ...none, ...state }, of);
    const least = bytes({});
    expect(least).toBeGreaterThan(0);
    expect(bytes({ map: layer(100) }) - least).toBe(400);
    expect(bytes({ map: { ...layer(100), patches: [layer(20), layer(5)] } }) - least).toBe(500);
    expect(bytes({ memory: new Float32Array(10) }) - least).toBe(40);
    expect(bytes({}, { width: 40, height: 60 })).toBeGreaterThan(least + 30 * 8);
  });
});
