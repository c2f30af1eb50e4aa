import type { Box } from '@clickmask/core';
import { describe, expect, it } from 'vitest';
import { fitPrompt } from './fit-prompt.js';

const size = { width: 64, height: 48 };
type Pair = readonly [number, number];
const fit = (positive: readonly Pair[], negative: readonly Pair[] = [], boxes: readonly Box[] = []) => {
  const points = (pairs: readonly Pair[]) => pairs.map(([x, y]) => ({ x, y }));
  const request = { image: 'A', positive: points(positive), negative: points(negative), boxes, threshold: null };
  return fitPrompt(request, size);
};
const box = (x1: number, y1: number, x2: number, y2: number): Box => ({ x1, y1, x2, y2 });
const outside = box(70, 50, 90, 60);

describe('clicks', () => {
  it.each<[string, Pair, Pair[]]>([
    ['inside', [10.25, 20.5], [[10.25, 20.5]]],
    ['on the far corner', [64, 48], [[63.5, 47.5]]],
    ['a pixel beyond the far corner', [65, 49], [[63.5, 47.5]]],
    ['a pixel before the near corner', [-1, -1], [[0, 0]]],
    ['too far right', [65.1, 20], []],
    ['too far left', [-1.1, 20], []],
    ['too far down', [10, 49.1], []],
    ['too far up', [10, -1.1], []],
  ])('%s', (_, click, kept) => {
    const { positive, negative, notes } = fit([[1, 1], click], [click]);
    const pairs = kept.map(([x, y]) => ({ x, y }));
    expect(positive).toEqual([{ x: 1, y: 1 }, ...pairs]);
    expect(negative).toEqual(pairs);
    expect(notes.length).toBe(kept.length === 0 ? 2 : 0);
  });

  it('tells how many were left out', () => {
    expect(
      fit([
        [1, 1],
        [99, 1],
        [1, 99],
      ]).notes.join(),
    ).toMatch(/^2 clicks/);
  });

  it.each<[string, Pair[], Pair[], string]>([
    ['there is none', [], [], 'no-clicks'],
    ['all lie outside', [[99, 1]], [], 'bad-click'],
    ['as many of either kind lie outside', [[99, 1]], [[1, 99]], 'bad-click'],
  ])('are refused if %s', (_, positive, negative, code) => {
    expect(() => fit(positive, negative)).toThrow(expect.objectContaining({ code }));
  });

  it('may all lie outside beside a box', () => {
    const { positive, boxes } = fit([[99, 1]], [], [box(1, 2, 3, 4)]);
    expect([positive, boxes]).toEqual([[], [box(1, 2, 3, 4)]]);
  });
});

describe('boxes', () => {
  it.each<[string, Box, Box]>([
    ['inside', box(1, 2, 30, 40), box(1, 2, 30, 40)],
    ['from any corner', box(30, 40, 1, 2), box(1, 2, 30, 40)],
    ['around the frame', box(-9, -9, 99, 99), box(0, 0, 64, 48)],
    ['beyond one corner', box(60, 40, 70, 50), box(60, 40, 64, 48)],
  ])('%s', (_, given, cut) => {
    expect(fit([], [], [given])).toEqual({ positive: [], negative: [], boxes: [cut], notes: [] });
  });

  it.each<[string, Box]>([
    ['outside', outside],
    ['beside the frame', box(64, 2, 70, 40)],
    ['below the frame', box(2, 48, 40, 60)],
    ['without width', box(5, 2, 5, 40)],
    ['without height', box(5, 2, 50, 2)],
  ])('%s are refused alone, and left out beside other prompts', (_, given) => {
    expect(() => fit([], [], [given])).toThrow(expect.objectContaining({ code: 'bad-box' }));
    expect(() => fit([[99, 1]], [], [given])).toThrow(expect.objectContaining({ code: 'bad-box' }));
    const beside = fit([[1, 1]], [], [given]);
    expect([beside.boxes, beside.notes.length]).toEqual([[], 1]);
    const others = fit([], [], [given, box(1, 2, 3, 4)]);
    expect([others.boxes, others.notes.length]).toEqual([[box(1, 2, 3, 4)], 1]);
  });
});
