import { describe, expect, it } from 'vitest';
import { flatRegion, isMerePart, regionOnGrid, type SeenPicture, seenPicture } from './flat-region.js';

const size = { width: 40, height: 20 };

/** A picture by the grey of its cells. */
function picture(grey: (x: number, y: number) => number): SeenPicture {
  const cells = Float32Array.from({ length: 800 }, (_, i) => grey(i % 40, Math.floor(i / 40)) / 255);
  return seenPicture(Float32Array.from([...cells, ...cells, ...cells]), size);
}
const count = (region: Uint8Array | null) => region?.reduce((sum, cell) => sum + cell, 0);

describe('flatRegion', () => {
  it('is the connected region of one colour, give or take a little', () => {
    const two = picture((x, y) => (x < 10 || x >= 30 ? 100 + ((x + y) % 3) * 4 : 200));
    expect(count(flatRegion(two, 9, 19))).toBe(200);
    expect(count(flatRegion(two, 20, 5))).toBe(400);
  });

  it('looks behind the mixed cells of a border', () => {
    const soft = (mixed: number) => picture((x) => (x < 10 ? 100 : x === 10 ? mixed : 130));
    expect(count(flatRegion(soft(115), 2, 2))).toBe(200);
    expect(
      count(
        flatRegion(
          picture((x) => (x < 10 ? 100 : 115)),
          2,
          2,
        ),
      ),
    ).toBeUndefined();
  });

  it('is none where shades fade, where the region is small, and where it is the whole picture', () => {
    expect(
      flatRegion(
        picture((x) => 5 * x),
        20,
        10,
      ),
    ).toBeNull();
    expect(
      flatRegion(
        picture((x, y) => (x < 3 && y < 2 ? 0 : 255)),
        1,
        1,
      ),
    ).toBeNull();
    expect(
      flatRegion(
        picture(() => 7),
        1,
        1,
      ),
    ).toBeNull();
  });
});

it('regionOnGrid gives the share of each cell', () => {
  const region = Uint8Array.from({ length: 800 }, (_, i) => (i % 40 < 3 ? 1 : 0));
  const shares = regionOnGrid(region, size, { width: 20, height: 10 });
  expect([...shares.subarray(0, 3), ...shares.subarray(20, 23)]).toEqual([1, 0.5, 0, 1, 0.5, 0]);
});

it('isMerePart: in the region, with much of it left out', () => {
  const shares = Float32Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0));
  const upTo = (from: number, to: number) =>
    Float32Array.from({ length: 20 }, (_, i) => (i >= from && i < to ? 1 : -1));
  expect([upTo(0, 7), upTo(0, 8), upTo(5, 15), upTo(0, 20), upTo(0, 0)].map((one) => isMerePart(one, shares))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});
