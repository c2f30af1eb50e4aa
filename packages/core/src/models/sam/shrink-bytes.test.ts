import { describe, expect, it } from 'vitest';
import { shrinkBytes } from './shrink-bytes.js';

const row = (...values: number[]) => ({
  width: values.length,
  height: 1,
  data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
});

describe('shrinkBytes', () => {
  it('weighs by a triangle as wide as the factor', () => {
    // Weights 3, 3, 1 of 7 at the left end, mirrored at the right one.
    const region = { x: 0, y: 0, width: 4, height: 1 };
    const out = shrinkBytes(row(0, 10, 20, 30), region, { width: 2, height: 1 });
    expect([...out]).toEqual([7, 7, 7, 23, 23, 23]);
  });

  it('keeps an even region even, and sees nothing outside of it', () => {
    const region = { x: 1, y: 0, width: 3, height: 1 };
    for (const width of [1, 2, 3, 5, 8]) {
      expect(new Set(shrinkBytes(row(0, 200, 200, 200, 0), region, { width, height: 2 }))).toEqual(new Set([200]));
    }
  });
});
