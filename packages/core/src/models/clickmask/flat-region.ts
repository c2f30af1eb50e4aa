import type { Size } from '../../geometry/index.js';
import { type MaskRuns, runsFromMask } from '../../mask/index.js';

/** Colours count as equal if no channel differs by more than this, on a scale of 0 to 1. */
const sameWithin = 12 / 255;
/** A border is sharp if the colour changes by at least this. */
const sharpFrom = 20 / 255;
/** Share of the border, without the image's own edge, that must be sharp. */
const sharpShare = 0.9;
/** Minimum share of the image that a region covers. */
const leastShare = 0.01;
/** Cells between the places where regions are searched. */
const spacing = 6;
/** Maximum bytes of an image's regions. Regions found later are left out. */
const mostBytes = 24_000;

/**
 * The large uniform regions with sharp borders in an image as the network sees it. Drawings and screenshots have them.
 * Natural images mostly have none, because shades blend into each other.
 *
 * @param data - planes of red, green and blue, 0 to 1
 */
export function flatRegions(data: Float32Array, size: Size): readonly MaskRuns[] {
  const { width, height } = size;
  // The number of the region that holds each cell; 0: none yet.
  const regions = new Uint16Array(width * height);
  const queue = new Int32Array(width * height);
  const found: MaskRuns[] = [];
  let number = 0;
  let bytes = 0;
  for (let y = spacing >> 1; y < height; y += spacing) {
    for (let x = spacing >> 1; x < width; x += spacing) {
      const seed = y * width + x;
      if (regions[seed] !== 0) continue;
      number += 1;
      const count = grow(data, size, seed, queue, regions, number);
      // Natural images have thousands of small regions, so only large ones get their border looked at.
      if (count < leastShare * width * height || !isSharp(data, size, queue, count, regions)) continue;
      const mask = new Uint8Array(width * height);
      for (let i = 0; i < count; i++) mask[queue[i]] = 1;
      const runs = runsFromMask({ ...size, data: mask });
      bytes += runs.rows.byteLength + runs.spans.byteLength;
      if (bytes > mostBytes) return found;
      found.push(runs);
    }
  }
  return found;
}

/** The largest difference of two cells in a channel. */
function apart(data: Float32Array, plane: number, a: number, b: number): number {
  return Math.max(
    Math.abs(data[a] - data[b]),
    Math.abs(data[plane + a] - data[plane + b]),
    Math.abs(data[2 * plane + a] - data[2 * plane + b]),
  );
}

/**
 * Fills `queue` with the cells of `seed`'s colour that are connected to it and in no other region, and marks them in
 * `regions` with `number`.
 *
 * @returns how many cells there are
 */
function grow(
  data: Float32Array,
  { width, height }: Size,
  seed: number,
  queue: Int32Array,
  regions: Uint16Array,
  number: number,
): number {
  const plane = width * height;
  const red = data[seed];
  const green = data[plane + seed];
  const blue = data[2 * plane + seed];
  const isNext = (cell: number) =>
    regions[cell] === 0 &&
    Math.abs(data[cell] - red) <= sameWithin &&
    Math.abs(data[plane + cell] - green) <= sameWithin &&
    Math.abs(data[2 * plane + cell] - blue) <= sameWithin;
  let count = 1;
  regions[seed] = number;
  queue[0] = seed;
  for (let done = 0; done < count; done++) {
    const cell = queue[done];
    const x = cell % width;
    const first = count;
    if (x > 0 && isNext(cell - 1)) queue[count++] = cell - 1;
    if (x < width - 1 && isNext(cell + 1)) queue[count++] = cell + 1;
    if (cell >= width && isNext(cell - width)) queue[count++] = cell - width;
    if (cell < plane - width && isNext(cell + width)) queue[count++] = cell + width;
    for (let i = first; i < count; i++) regions[queue[i]] = number;
  }
  return count;
}

/** Whether the colour changes sharply along the border of a region, the first `count` cells of `queue`. */
function isSharp(
  data: Float32Array,
  { width, height }: Size,
  queue: Int32Array,
  count: number,
  regions: Uint16Array,
): boolean {
  const plane = width * height;
  const seed = queue[0];
  const number = regions[seed];
  let border = 0;
  let sharp = 0;
  const visit = (cell: number, next: number, behind: number) => {
    if (regions[next] === number || apart(data, plane, next, seed) <= sameWithin) return;
    border += 1;
    // A cell on the border is a mixture, so the one behind it is compared.
    if (Math.max(apart(data, plane, next, cell), apart(data, plane, behind, cell)) >= sharpFrom) sharp += 1;
  };
  for (let i = 0; i < count; i++) {
    const cell = queue[i];
    const x = cell % width;
    const y = (cell - x) / width;
    if (x > 0) visit(cell, cell - 1, cell - Math.min(x, 2));
    if (x < width - 1) visit(cell, cell + 1, cell + Math.min(width - 1 - x, 2));
    if (y > 0) visit(cell, cell - width, cell - Math.min(y, 2) * width);
    if (y < height - 1) visit(cell, cell + width, cell + Math.min(height - 1 - y, 2) * width);
  }
  return border > 0 && sharp >= sharpShare * border;
}

/**
 * Whether a mask (the cells with positive logits) is only a part of a region: it lies inside and leaves much of it out.
 *
 * @param shares - the region's share of each cell
 */
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
