import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedPixels, complement, difference, sameRuns, union, xor } from './boolean.js';
import { area, runsFromMask } from './mask-runs.js';
import { mergeProgressively } from './progressive-merge.js';
import { rectRuns } from './transform.js';

const size = { width: 12, height: 9 };
const rect = (x: number, y: number, width: number, height: number) => rectRuns(size, { x, y, width, height });
const at = (column: number, row: number) => ({ column, row });
const left = rect(0, 0, 4, 4);
const right = rect(7, 0, 4, 4);

describe('mergeProgressively', () => {
  it('adds the part that holds the click, and nothing else', () => {
    const predicted = union(right, rect(0, 7, 12, 2));
    const merged = mergeProgressively(predicted, left, at(8, 2));
    expect(sameRuns(merged, union(left, right))).toBe(true);
  });

  it('takes away the part that holds the click, and nothing else', () => {
    const merged = mergeProgressively(rect(0, 7, 12, 2), union(left, right), at(8, 2));
    expect(sameRuns(merged, left)).toBe(true);
  });

  it('joins parts that touch at a corner', () => {
    const predicted = union(left, union(rect(4, 4, 1, 1), rect(5, 5, 1, 1)));
    expect(area(mergeProgressively(predicted, left, at(5, 5)))).toBe(18);
  });

  it('keeps the mask where the prediction leaves the click as it was', () => {
    for (const click of [at(1, 1), at(5, 8)]) {
      expect(mergeProgressively(union(left, right), left, click)).toBe(left);
    }
  });

  it('or does as the released code: what is unchanged is inverted', () => {
    const predicted = union(rect(0, 0, 2, 4), right);
    const released = (column: number, row: number) =>
      mergeProgressively(predicted, left, at(column, row), { whenUnchanged: 'as-released' });
    expect(sameRuns(released(0, 0), rect(2, 0, 2, 4))).toBe(true);
    expect(sameRuns(released(5, 8), union(left, complement(xor(left, predicted))))).toBe(true);
  });

  it('never changes more than the prediction does, nor the click’s pixel against it', () => {
    const data = fc.uint8Array({ minLength: 108, maxLength: 108, max: 1 });
    fc.assert(
      fc.property(data, data, fc.nat(11), fc.nat(8), (a, b, column, row) => {
        const mask = runsFromMask({ ...size, data: a });
        const predicted = runsFromMask({ ...size, data: b });
        const merged = mergeProgressively(predicted, mask, at(column, row));
        expect(difference(xor(mask, merged), xor(mask, predicted)).spans.length).toBe(0);
        expect(changedPixels(merged, predicted)).toBeLessThanOrEqual(changedPixels(mask, predicted));
        const i = row * 12 + column;
        if (a[i] !== b[i]) expect(sameRuns(merged, mask)).toBe(false);
      }),
    );
  });
});
