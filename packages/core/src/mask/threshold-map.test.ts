import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../test/arbitrary-masks.js';
import { type ProbabilityMap, resizeMap } from '../image/index.js';
import { checkRuns, createMask, type Mask, maskFromRuns, sampleMap, thresholdMap } from './index.js';

/** The formula of the documentation, pixel by pixel. */
function naive(map: ProbabilityMap, size: { width: number; height: number }, threshold: number): Mask {
  const { roi, data, width, height, filter } = map;
  const source = (i: number, input: number, output: number) => {
    const raw =
      filter === 'half-pixel'
        ? ((i + 0.5) * input) / output - 0.5
        : output === 1
          ? 0
          : (i * (input - 1)) / (output - 1);
    return Math.min(input - 1, Math.max(0, raw));
  };
  const lerp = (a: number, b: number, t: number) => a + (b - a) * t;
  const mask = createMask(size.width, size.height);
  for (let y = 0; y < roi.height; y++) {
    const sy = source(y, height, roi.height);
    const r = Math.floor(sy);
    const below = Math.min(height - 1, r + 1);
    const row = (c: number) => lerp(data[r * width + c], data[below * width + c], sy - r);
    for (let x = 0; x < roi.width; x++) {
      const sx = source(x, width, roi.width);
      const c = Math.floor(sx);
      const value = lerp(row(c), row(Math.min(width - 1, c + 1)), sx - c);
      if (value > threshold) mask.data[(roi.y + y) * size.width + roi.x + x] = 1;
    }
  }
  return mask;
}

const grid = { min: 1, max: 9 };
const output = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 }));

const arbitraryMap: fc.Arbitrary<{ map: ProbabilityMap; size: { width: number; height: number }; threshold: number }> =
  fc
    .record({
      width: fc.integer(grid),
      height: fc.integer(grid),
      roiWidth: output,
      roiHeight: output,
      x: fc.integer({ min: 0, max: 3 }),
      y: fc.integer({ min: 0, max: 3 }),
      right: fc.integer({ min: 0, max: 2 }),
      bottom: fc.integer({ min: 0, max: 2 }),
      filter: fc.constantFrom('half-pixel' as const, 'align-corners' as const),
      threshold: fc.constantFrom(0, 0.25, 0.49, 0.5, 1 / 3),
    })
    .chain((v) => {
      const length = v.width * v.height;
      const bounded = { minLength: length, maxLength: length };
      const values = fc.oneof(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), bounded),
        // Values at and next to the threshold, where rounding decides.
        fc.array(fc.constantFrom(0, 0.25, 0.5, 1, v.threshold, Math.fround(v.threshold + 1e-7)), bounded),
        fc.array(fc.float({ min: -20, max: 20, noNaN: true }), bounded),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), bounded),
      );
      return values.map((data) => ({
        map: {
          data: Float32Array.from(data),
          width: v.width,
          height: v.height,
          roi: { x: v.x, y: v.y, width: v.roiWidth, height: v.roiHeight },
          filter: v.filter,
        },
        size: { width: v.x + v.roiWidth + v.right, height: v.y + v.roiHeight + v.bottom },
        threshold: v.threshold,
      }));
    });

describe('thresholdMap', () => {
  it('equals the formula evaluated at every pixel, bit for bit, enlarging and shrinking', () => {
    fc.assert(
      fc.property(arbitraryMap, ({ map, size, threshold }) => {
        const runs = thresholdMap(map, size, threshold);
        checkRuns(runs);
        expect(linesOf(maskFromRuns(runs))).toEqual(linesOf(naive(map, size, threshold)));
      }),
      { numRuns: 1500 },
    );
  });

  it.each(['half-pixel', 'align-corners'] as const)('does so on a large region too (%s)', (filter) => {
    const width = 24;
    const data = Float32Array.from({ length: width * width }, (_, i) => {
      const x = i % width;
      const y = Math.floor(i / width);
      return 0.5 + 0.5 * Math.sin(x * 0.7 + y * 0.3) * Math.cos(y * 0.9);
    });
    const map = { data, width, height: width, roi: { x: 5, y: 3, width: 1201, height: 157 }, filter };
    const size = { width: 1300, height: 200 };
    expect(maskFromRuns(thresholdMap(map, size, 0.49)).data).toEqual(naive(map, size, 0.49).data);
  });

  it('is decided pixel by pixel by sampleMap at the pixel centres', () => {
    fc.assert(
      fc.property(arbitraryMap, ({ map, size, threshold }) => {
        const mask = maskFromRuns(thresholdMap(map, size, threshold));
        const { roi } = map;
        for (let y = roi.y; y < roi.y + roi.height; y++) {
          for (let x = roi.x; x < roi.x + roi.width; x++) {
            const value = sampleMap(map, { x: x + 0.5, y: y + 0.5 });
            expect(mask.data[y * size.width + x]).toBe(value > threshold ? 1 : 0);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('samples what the resampling of maps gives, to float precision', () => {
    const data = Float32Array.from({ length: 35 }, (_, i) => Math.sin(i * 1.7));
    for (const filter of ['half-pixel', 'align-corners'] as const) {
      const roi = { x: 2, y: 1, width: 23, height: 4 };
      const resized = resizeMap(data, { width: 7, height: 5 }, roi, filter);
      resized.forEach((value, i) => {
        const point = { x: roi.x + (i % 23) + 0.5, y: roi.y + Math.floor(i / 23) + 0.5 };
        expect(sampleMap({ data, width: 7, height: 5, roi, filter }, point)).toBeCloseTo(value, 6);
      });
    }
  });

  it('stays finite in time on infinite values', () => {
    const inf = Number.POSITIVE_INFINITY;
    for (const data of [
      [-inf, inf],
      [inf, -inf],
      [inf, 5],
      [5, inf],
      [-inf, 5],
      [5, -inf],
      [inf, inf],
    ]) {
      const map = {
        data: Float32Array.from(data),
        width: 2,
        height: 1,
        roi: { x: 0, y: 0, width: 50, height: 2 },
        filter: 'half-pixel' as const,
      };
      checkRuns(thresholdMap(map, { width: 50, height: 2 }, 0));
    }
  });

  it('refuses what does not fit', () => {
    const map = {
      data: new Float32Array(4),
      width: 2,
      height: 2,
      roi: { x: 0, y: 0, width: 8, height: 8 },
      filter: 'half-pixel' as const,
    };
    const size = { width: 8, height: 8 };
    const bad = (change: object, code: string) =>
      expect(() => thresholdMap({ ...map, ...change } as never, size, 0.5)).toThrow(expect.objectContaining({ code }));
    bad({ data: new Float32Array(3) }, 'bad-mask');
    bad({ data: [0, 0, 0, 0] }, 'bad-mask');
    bad({ width: 0 }, 'bad-mask');
    bad({ filter: 'area' }, 'bad-option');
    bad({ roi: { x: 1, y: 0, width: 8, height: 8 } }, 'bad-mask');
    bad({ roi: { x: 0, y: -1, width: 8, height: 8 } }, 'bad-mask');
    bad({ roi: { x: 0, y: 0, width: 8, height: 0 } }, 'bad-mask');
    bad({ roi: { x: 0.5, y: 0, width: 4, height: 4 } }, 'bad-mask');
    expect(() => thresholdMap(map, { width: 8, height: 0 }, 0.5)).toThrow(/height/);
    expect(() => thresholdMap(map, size, Number.NaN)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    expect(sampleMap(map, { x: 9, y: 1 })).toBe(0);
    expect(sampleMap(map, { x: Number.NaN, y: 1 })).toBe(0);
  });
});
