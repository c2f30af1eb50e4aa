import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, arbitraryPair, linesOf } from '../../test/arbitrary-masks.js';
import {
  changedPixels,
  checkRuns,
  complement,
  cropMask,
  difference,
  emptyRuns,
  intersection,
  type Mask,
  type MaskRuns,
  maskFromRuns,
  maskIou,
  pasteMask,
  rectRuns,
  resizeMask,
  runsFromMask,
  sameRuns,
  transpose,
  union,
  xor,
} from './index.js';

const pixels = (runs: MaskRuns) => {
  checkRuns(runs);
  return maskFromRuns(runs).data;
};

describe('set operations', () => {
  it('agree with pixel by pixel logic', () => {
    fc.assert(
      fc.property(arbitraryPair(), ([a, b]) => {
        const first = runsFromMask(a);
        const second = runsFromMask(b);
        const both = (logic: (p: number, q: number) => number) => a.data.map((value, i) => logic(value, b.data[i]));
        expect(pixels(union(first, second))).toEqual(both((p, q) => p | q));
        expect(pixels(intersection(first, second))).toEqual(both((p, q) => p & q));
        expect(pixels(difference(first, second))).toEqual(both((p, q) => p & ~q & 1));
        expect(pixels(xor(first, second))).toEqual(both((p, q) => p ^ q));
        expect(pixels(complement(first))).toEqual(a.data.map((p) => 1 - p));
        const count = (data: Uint8Array) => data.reduce((sum, value) => sum + value, 0);
        const shared = count(both((p, q) => p & q));
        const all = count(both((p, q) => p | q));
        expect(changedPixels(first, second)).toBe(count(both((p, q) => p ^ q)));
        expect(maskIou(first, second)).toBe(all === 0 ? 1 : shared / all);
        expect(sameRuns(first, second)).toBe(linesOf(a).join() === linesOf(b).join());
      }),
      { numRuns: 300 },
    );
  });

  it('refuse masks of different sizes', () => {
    const a = emptyRuns({ width: 3, height: 2 });
    const b = emptyRuns({ width: 2, height: 3 });
    for (const operation of [union, intersection, difference, xor, changedPixels, maskIou]) {
      expect(() => operation(a, b)).toThrow(expect.objectContaining({ code: 'bad-mask' }));
    }
    expect(sameRuns(a, b)).toBe(false);
  });
});

describe('moving and resizing', () => {
  const at = (mask: Mask, x: number, y: number) =>
    x >= 0 && y >= 0 && x < mask.width && y < mask.height ? mask.data[y * mask.width + x] : 0;
  const offset = fc.integer({ min: -12, max: 25 });
  const side = fc.integer({ min: 1, max: 30 });

  it('crops and pastes pixel by pixel, also beyond the edges', () => {
    fc.assert(
      fc.property(arbitraryMask(), offset, offset, side, side, (mask, x, y, width, height) => {
        const runs = runsFromMask(mask);
        const rect = { x, y, width, height };
        const picture = (dx: number, dy: number) =>
          Uint8Array.from({ length: width * height }, (_, i) => at(mask, (i % width) + dx, Math.floor(i / width) + dy));
        expect(pixels(cropMask(runs, rect))).toEqual(picture(x, y));
        expect(pixels(pasteMask(runs, { width, height }, x, y))).toEqual(picture(-x, -y));
      }),
    );
  });

  it('resizes to the nearest pixel', () => {
    fc.assert(
      fc.property(arbitraryMask(), side, side, (mask, width, height) => {
        const expected = Uint8Array.from({ length: width * height }, (_, i) =>
          at(
            mask,
            Math.floor((((i % width) + 0.5) * mask.width) / width),
            Math.floor(((Math.floor(i / width) + 0.5) * mask.height) / height),
          ),
        );
        expect(pixels(resizeMask(runsFromMask(mask), { width, height }))).toEqual(expected);
      }),
    );
  });

  it('transposes', () => {
    fc.assert(
      fc.property(arbitraryMask(), (mask) => {
        const runs = runsFromMask(mask);
        const turned = transpose(runs);
        const expected = Uint8Array.from({ length: mask.data.length }, (_, i) =>
          at(mask, Math.floor(i / mask.height), i % mask.height),
        );
        expect(pixels(turned)).toEqual(expected);
        expect(sameRuns(transpose(turned), runs)).toBe(true);
      }),
    );
  });

  it('makes rectangles, cut at the edges', () => {
    const size = { width: 5, height: 4 };
    expect(linesOf(maskFromRuns(rectRuns(size, { x: 3, y: -1, width: 9, height: 3 })))).toEqual([
      '...##',
      '...##',
      '.....',
      '.....',
    ]);
    expect(rectRuns(size, { x: 9, y: 9, width: 2, height: 2 }).spans.length).toBe(0);
  });

  it('refuses fractions and empty sizes', () => {
    const runs = emptyRuns({ width: 3, height: 3 });
    const bad = expect.objectContaining({ code: 'bad-mask' });
    expect(() => cropMask(runs, { x: 0.5, y: 0, width: 1, height: 1 })).toThrow(bad);
    expect(() => cropMask(runs, { x: 0, y: 0, width: 0, height: 1 })).toThrow(bad);
    expect(() => pasteMask(runs, { width: 3, height: 3 }, Number.NaN, 0)).toThrow(bad);
    expect(() => resizeMask(runs, { width: 0, height: 3 })).toThrow(bad);
  });
});
