import type { Size } from '../../geometry/index.js';

/** A colour differs from the clicked one where a channel does by more than this, of 255. */
const sameWithin = 12;
/** What lies beyond a sharp border differs by at least this. */
const sharpFrom = 20;
/** Share of the border, without the picture's own edge, that has to be sharp. */
const sharpShare = 0.9;
/** Share of the picture that a region covers at least. */
const leastShare = 0.01;

/** A picture as the network sees it: planes of red, green and blue, 0 to 255. */
export interface SeenPicture extends Size {
  readonly data: Uint8Array;
}

/** The bytes of a network's input, planes of RGB from 0 to 1. */
export function seenPicture(input: Float32Array, size: Size): SeenPicture {
  return { ...size, data: Uint8Array.from(input, (value) => Math.round(value * 255)) };
}

/**
 * The region of one colour about a cell, where it is large and has sharp borders: 1 in it, 0 elsewhere, row-major; null
 * where there is none. On natural pictures there mostly is none: shades fade into each other.
 */
export function flatRegion(picture: SeenPicture, column: number, row: number): Uint8Array | null {
  const { width, height, data } = picture;
  const plane = width * height;
  const seed = row * width + column;
  const apart = (cell: number): number => {
    let most = 0;
    for (let c = 0; c < 3; c++) most = Math.max(most, Math.abs(data[c * plane + cell] - data[c * plane + seed]));
    return most;
  };
  const region = new Uint8Array(plane);
  const queue = new Int32Array(plane);
  region[seed] = 1;
  queue[0] = seed;
  let count = 1;
  let border = 0;
  let sharp = 0;
  for (let done = 0; done < count; done++) {
    const x = queue[done] % width;
    const y = (queue[done] - x) / width;
    for (const [dx, dy] of sides) {
      if (!isInside(x + dx, y + dy, picture)) continue;
      const next = (y + dy) * width + x + dx;
      if (region[next] === 1) continue;
      if (apart(next) <= sameWithin) {
        region[next] = 1;
        queue[count++] = next;
        continue;
      }
      // A cell on the border is a mixture: the one behind it tells.
      const behind = isInside(x + 2 * dx, y + 2 * dy, picture) ? next + dy * width + dx : next;
      border += 1;
      if (Math.max(apart(next), apart(behind)) >= sharpFrom) sharp += 1;
    }
  }
  return count >= leastShare * plane && border > 0 && sharp >= sharpShare * border ? region : null;
}

const sides = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

const isInside = (x: number, y: number, { width, height }: Size) => x >= 0 && y >= 0 && x < width && y < height;

/** The share of each cell of a smaller grid that a region covers; the grid divides the region's size evenly. */
export function regionOnGrid(region: Uint8Array, from: Size, grid: Size): Float32Array {
  const across = from.width / grid.width;
  const down = from.height / grid.height;
  const shares = new Float32Array(grid.width * grid.height);
  for (let y = 0; y < from.height; y++) {
    for (let x = 0; x < from.width; x++) {
      if (region[y * from.width + x] === 1) {
        shares[Math.floor(y / down) * grid.width + Math.floor(x / across)] += 1 / (across * down);
      }
    }
  }
  return shares;
}

/** Whether a mask, the cells of positive logits, is a mere part of a region: it lies in it, and leaves much of it out. */
export function isMerePart(logits: Float32Array, shares: Float32Array): boolean {
  let wanted = 0;
  let inside = 0;
  let all = 0;
  for (let i = 0; i < shares.length; i++) {
    wanted += shares[i];
    if (logits[i] > 0) {
      all += 1;
      inside += shares[i];
    }
  }
  return inside < 0.8 * wanted && inside >= 0.8 * all;
}
