import { describe, expect, it } from 'vitest';
import { area } from '../../mask/index.js';
import { flatRegions, isMerePart } from './flat-region.js';

/** The areas of the regions of an image of 40 x 20 cells, by the grey of its cells. */
function areas(grey: (x: number, y: number) => number): readonly number[] {
  const cells = Array.from({ length: 800 }, (_, i) => grey(i % 40, Math.floor(i / 40)) / 255);
  const regions = flatRegions(Float32Array.from([...cells, ...cells, ...cells]), { width: 40, height: 20 });
  return regions.map(area);
}

describe('flatRegions', () => {
  it('are connected and of one colour, give or take a little', () => {
    const shade = (x: number, y: number) => 100 + ((x + y) % 3) * 4;
    expect(areas((x, y) => (x < 10 || x >= 30 ? shade(x, y) : 200))).toEqual([200, 400, 200]);
  });

  it('end where the cell behind a mixed one differs enough', () => {
    expect(areas((x) => (x < 10 ? 100 : x === 10 ? 115 : 130))).toEqual([200, 580]);
    expect(areas((x) => (x < 10 ? 100 : 115))).toEqual([]);
  });

  it('are none where shades fade, where one is small, and where it is the whole image', () => {
    expect(areas((x) => 5 * x)).toEqual([]);
    expect(areas((x, y) => (x >= 3 && x < 5 && y >= 3 && y < 5 ? 0 : 255))).toEqual([796]);
    expect(areas(() => 7)).toEqual([]);
  });
});

it('isMerePart: in the region, with much of it left out', () => {
  const shares = Float32Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0));
  const upTo = (from: number, to: number) =>
    Float32Array.from({ length: 20 }, (_, i) => (i >= from && i < to ? 1 : -1));
  const parts = [upTo(0, 7), upTo(0, 8), upTo(5, 15), upTo(0, 20), upTo(0, 0)];
  expect(parts.map((one) => isMerePart(one, shares))).toEqual([true, false, false, false, true]);
});
