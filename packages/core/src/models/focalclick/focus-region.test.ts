import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeRect } from '../../geometry/index.js';
import { difference, emptyRuns, rectRuns, union } from '../../mask/index.js';
import { focusRegion } from './focus-region.js';

const size = { width: 200, height: 150 };
const whole = wholeRect(size);
const rect = (x: number, y: number, width: number, height: number) => rectRuns(size, { x, y, width, height });
const at = (column: number, row: number) => ({ column, row });
const object = rect(60, 40, 40, 30);

// The rectangles are those of the authors' code.
describe('focusRegion', () => {
  it('is the object at first, grown by the expansion', () => {
    expect(focusRegion(object, null, at(80, 50), whole, 1.4)).toEqual({ x: 51, y: 33, width: 56, height: 42 });
    expect(focusRegion(object, emptyRuns(size), at(80, 50), whole, 1)).toEqual({
      x: 59,
      y: 39,
      width: 40,
      height: 30,
    });
  });

  it('is the changed part that holds the click from then on', () => {
    const grown = union(object, rect(100, 40, 25, 30));
    const holed = difference(object, rect(62, 42, 4, 4));
    expect(focusRegion(grown, holed, at(110, 50), whole, 1.4)).toEqual({ x: 94, y: 33, width: 35, height: 42 });
  });

  it('is a square around the click where that part is small beside the object', () => {
    const grown = union(object, rect(100, 50, 4, 4));
    // Half a side is a fifth of the object's 43 px.
    expect(focusRegion(grown, object, at(101, 51), whole, 1)).toEqual({ x: 91, y: 41, width: 19, height: 19 });
  });

  it('is next to everything where the click changed nothing under itself', () => {
    const grown = union(object, rect(100, 40, 25, 30));
    expect(focusRegion(grown, object, at(5, 5), whole, 1.4)).toEqual(whole);
  });

  it('is everything looked at where there is next to no object', () => {
    const roi = { x: 20, y: 10, width: 100, height: 90 };
    expect(focusRegion(rect(60, 40, 3, 3), null, at(61, 41), roi, 1.4)).toEqual(roi);
  });

  it('is none where the click lies far outside of what was looked at', () => {
    const roi = { x: 40, y: 20, width: 80, height: 70 };
    const grown = union(object, rect(100, 50, 4, 4));
    const lost = union(object, rect(180, 140, 4, 4));
    expect(focusRegion(grown, lost, at(181, 141), roi, 1.4)).toBeNull();
  });

  it('never leaves what was looked at', () => {
    const side = fc.integer({ min: 1, max: 60 });
    const mask = fc.tuple(fc.nat(150), fc.nat(100), side, side).map(([x, y, w, h]) => rect(x, y, w, h));
    const roi = fc.tuple(fc.nat(100), fc.nat(80), side, side).map(([x, y, width, height]) => ({ x, y, width, height }));
    const expansion = fc.double({ min: 1, max: 4, noNaN: true });
    fc.assert(
      fc.property(mask, mask, roi, fc.nat(199), fc.nat(149), expansion, (a, b, seen, column, row, grow) => {
        const focus = focusRegion(a, b, at(column, row), seen, grow);
        if (focus === null) return;
        expect(Object.values(focus).every(Number.isInteger)).toBe(true);
        expect(focus.width).toBeGreaterThan(0);
        expect(focus.height).toBeGreaterThan(0);
        expect(focus.x).toBeGreaterThanOrEqual(seen.x);
        expect(focus.y).toBeGreaterThanOrEqual(seen.y);
        expect(focus.x + focus.width).toBeLessThanOrEqual(seen.x + seen.width);
        expect(focus.y + focus.height).toBeLessThanOrEqual(seen.y + seen.height);
      }),
    );
  });
});
