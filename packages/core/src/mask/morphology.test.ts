import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf } from '../../test/arbitrary-masks.js';
import {
  checkRuns,
  dilate,
  erode,
  type Mask,
  maskFromRuns,
  rectRuns,
  runsFromMask,
  sameRuns,
  smooth,
} from './index.js';

/** Decides each pixel from the numbers of set pixels and of all pixels within the radius. */
function voted(mask: Mask, radius: number, decide: (set: number, all: number) => boolean): string[] {
  const { width, height } = mask;
  const data = Uint8Array.from(mask.data, (_, i) => {
    let set = 0;
    let all = 0;
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const x = (i % width) + dx;
        const y = Math.floor(i / width) + dy;
        if (dx * dx + dy * dy > radius * radius || x < 0 || y < 0 || x >= width || y >= height) continue;
        all++;
        set += mask.data[y * width + x];
      }
    }
    return decide(set, all) ? 1 : 0;
  });
  return linesOf({ width, height, data });
}

describe('morphology', () => {
  it('agrees with counting the pixels of a disk', () => {
    fc.assert(
      fc.property(arbitraryMask(24), fc.integer({ min: 0, max: 6 }), (mask, radius) => {
        const runs = runsFromMask(mask);
        for (const [operation, decide] of [
          [dilate, (set: number) => set > 0],
          [erode, (set: number, all: number) => set === all],
          [smooth, (set: number, all: number) => 2 * set > all],
        ] as const) {
          const result = operation(runs, radius);
          checkRuns(result);
          expect(linesOf(maskFromRuns(result))).toEqual(voted(mask, radius, decide));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves straight borders alone', () => {
    const half = rectRuns({ width: 30, height: 30 }, { x: 0, y: 0, width: 13, height: 30 });
    expect(sameRuns(smooth(half, 5), half)).toBe(true);
  });

  it('refuses radii that are fractions or too large', () => {
    const runs = rectRuns({ width: 3, height: 3 }, { x: 0, y: 0, width: 1, height: 1 });
    for (const radius of [-1, 1.5, 65, Number.NaN]) {
      for (const operation of [dilate, erode, smooth]) {
        expect(() => operation(runs, radius)).toThrow(expect.objectContaining({ code: 'bad-option' }));
      }
    }
  });
});
