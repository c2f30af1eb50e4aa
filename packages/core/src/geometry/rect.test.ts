import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rect, rectIou, sameRect, wholeRect } from './rect.js';

const rect = fc.record({
  x: fc.nat(12),
  y: fc.nat(12),
  width: fc.integer({ min: 1, max: 10 }),
  height: fc.integer({ min: 1, max: 10 }),
});

function pixels(r: Rect): Set<string> {
  const set = new Set<string>();
  for (let y = r.y; y < r.y + r.height; y++) for (let x = r.x; x < r.x + r.width; x++) set.add(`${x},${y}`);
  return set;
}

describe('rectIou', () => {
  it('agrees with counting pixels, either way round', () => {
    fc.assert(
      fc.property(rect, rect, (a, b) => {
        const inA = pixels(a);
        const inB = pixels(b);
        const both = [...inA].filter((pixel) => inB.has(pixel)).length;
        expect(rectIou(a, b)).toBeCloseTo(both / (inA.size + inB.size - both), 12);
        expect(rectIou(b, a)).toBe(rectIou(a, b));
      }),
    );
  });

  it('is 1 for the same rectangle and 0 for neighbours that only touch', () => {
    const a = { x: 2, y: 3, width: 4, height: 5 };
    expect(rectIou(a, { ...a })).toBe(1);
    expect(rectIou(a, { ...a, x: 6 })).toBe(0);
    expect(rectIou(a, { ...a, y: 8 })).toBe(0);
  });
});

describe('sameRect and wholeRect', () => {
  it('compares all four numbers', () => {
    const a = wholeRect({ width: 4, height: 3 });
    expect(a).toEqual({ x: 0, y: 0, width: 4, height: 3 });
    expect(sameRect(a, { ...a })).toBe(true);
    for (const key of ['x', 'y', 'width', 'height'] as const) expect(sameRect(a, { ...a, [key]: 9 })).toBe(false);
  });
});
