import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, maskOf } from '../../test/arbitrary-masks.js';
import {
  area,
  bounds,
  checkMask,
  checkRuns,
  createMask,
  emptyRuns,
  isSet,
  type MaskRuns,
  maskFromRuns,
  RunBuilder,
  runsFromMask,
  toRuns,
} from './index.js';

describe('mask runs', () => {
  it('keeps every pixel there and back, in canonical form', () => {
    fc.assert(
      fc.property(arbitraryMask(), (mask) => {
        const runs = runsFromMask(mask);
        checkRuns(runs);
        expect(maskFromRuns(runs)).toEqual(mask);
        expect(toRuns(runs)).toBe(runs);
      }),
    );
  });

  it('agrees with a scan of the pixels on area, bounds and single pixels', () => {
    fc.assert(
      fc.property(arbitraryMask(), (mask) => {
        const runs = runsFromMask(mask);
        const set: [number, number][] = [];
        for (let y = -1; y <= mask.height; y++) {
          for (let x = -1; x <= mask.width; x++) {
            const isInside = x >= 0 && y >= 0 && x < mask.width && y < mask.height;
            const isOn = isInside && mask.data[y * mask.width + x] === 1;
            expect(isSet(runs, x, y)).toBe(isOn);
            if (isOn) set.push([x, y]);
          }
        }
        expect(area(runs)).toBe(set.length);
        if (set.length === 0) {
          expect(bounds(runs)).toBeNull();
          return;
        }
        const xs = set.map(([x]) => x);
        const ys = set.map(([, y]) => y);
        const x = Math.min(...xs);
        const y = Math.min(...ys);
        expect(bounds(runs)).toEqual({ x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 });
      }),
    );
  });

  it('reads bytes at any offset of a buffer, over long empty stretches', () => {
    for (let offset = 0; offset < 9; offset++) {
      const data = new Uint8Array(new ArrayBuffer(600 + offset), offset, 600);
      data[3] = 1;
      data.fill(1, 401, 405);
      data[599] = 1;
      expect([...runsFromMask({ width: 600, height: 1, data }).spans]).toEqual([3, 4, 401, 405, 599, 600]);
    }
  });

  it('takes any value but 0 as set', () => {
    const runs = runsFromMask({ width: 4, height: 1, data: new Uint8Array([0, 255, 2, 0]) });
    expect([...runs.spans]).toEqual([1, 3]);
  });

  it('joins touching and overlapping runs, and grows', () => {
    const builder = new RunBuilder({ width: 1000, height: 2 });
    builder.add(0, 2, 4);
    builder.add(0, 4, 6);
    builder.add(0, 5, 6);
    builder.add(0, 7, 7);
    for (let x = 0; x < 1000; x += 2) builder.add(1, x, x + 1);
    const runs = builder.finish();
    checkRuns(runs);
    expect([...runs.spans.slice(0, 2)]).toEqual([2, 6]);
    expect(area(runs)).toBe(504);
  });

  it('refuses masks whose bytes do not fit the size', () => {
    expect(() => createMask(0, 3)).toThrow(expect.objectContaining({ code: 'bad-mask' }));
    expect(() => createMask(2.5, 3)).toThrow(expect.objectContaining({ code: 'bad-mask' }));
    expect(() => checkMask({ width: 2, height: 2, data: new Uint8Array(3) })).toThrow(/Uint8Array of 4/);
    expect(() => checkMask(undefined as never)).toThrow(expect.objectContaining({ code: 'bad-mask' }));
    checkMask(maskOf('#.', '.#'));
  });

  it.each<[string, Partial<MaskRuns>]>([
    ['a missing row', { rows: new Uint32Array(3) }],
    ['rows that do not start at 0', { rows: Uint32Array.of(1, 1, 1, 1) }],
    ['falling rows', { rows: Uint32Array.of(0, 1, 0, 1) }],
    ['rows beyond the runs', { rows: Uint32Array.of(0, 9, 9, 1) }],
    ['an empty run', { spans: Uint32Array.of(2, 2) }],
    ['a run beyond the image', { spans: Uint32Array.of(2, 5) }],
    ['touching runs', { rows: Uint32Array.of(0, 2, 2, 2), spans: Uint32Array.of(0, 1, 1, 2) }],
    ['half a run', { spans: Uint32Array.of(2) }],
    ['plain arrays', { spans: [0, 1] as never }],
    ['no width', { width: 0 }],
  ])('refuses runs with %s', (_, change) => {
    const good = { width: 4, height: 3, rows: Uint32Array.of(0, 1, 1, 1), spans: Uint32Array.of(0, 1) };
    checkRuns(good);
    expect(() => checkRuns({ ...good, ...change })).toThrow(expect.objectContaining({ code: 'bad-mask' }));
  });

  it('makes an empty mask of any size', () => {
    expect(area(emptyRuns({ width: 1, height: 1 }))).toBe(0);
    checkRuns(emptyRuns({ width: 7, height: 9 }));
  });
});
