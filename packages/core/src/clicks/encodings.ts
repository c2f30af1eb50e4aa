import { expectNumber } from '../errors/index.js';
import type { InputPoint, Size } from '../geometry/index.js';

/**
 * Disks: 1 at pixels whose centre is at most `radius` away from a click, else 0. Clicks may be fractional.
 *
 * The click maps of RITM and its successors (`use_disks`, radius 5). Distances have single precision, as theirs do:
 * scaled clicks can lie exactly on the rim (1.4² + 4.8² = 5²), where rounding decides.
 *
 * @param points - in input px
 * @param radius - in input px, inclusive
 * @returns floats, shape [size.height, size.width]; all 0 without clicks
 *
 * @example
 * ```ts
 * import { encodeDisks } from '@clickmask/core/models';
 *
 * const map = encodeDisks([{ x: 32.5, y: 32.5 }], { width: 64, height: 64 }, 5);
 * console.log(map.filter((value) => value === 1).length); // 81
 * ```
 */
export function encodeDisks(points: readonly InputPoint[], size: Size, radius: number): Float32Array {
  expectNumber('bad-option', 'radius', radius, 0);
  const map = new Float32Array(size.width * size.height);
  const limit = radius * radius;
  for (const { x, y } of points) {
    const top = Math.max(0, Math.floor(y - 0.5 - radius));
    const bottom = Math.min(size.height - 1, Math.ceil(y - 0.5 + radius));
    const left = Math.max(0, Math.floor(x - 0.5 - radius));
    const right = Math.min(size.width - 1, Math.ceil(x - 0.5 + radius));
    for (let row = top; row <= bottom; row++) {
      const dySquared = singleSquare(row + 0.5 - y);
      for (let column = left; column <= right; column++) {
        const square = Math.fround(singleSquare(column + 0.5 - x) + dySquared);
        if (square <= limit) map[row * size.width + column] = 1;
      }
    }
  }
  return map;
}

function singleSquare(distance: number): number {
  const single = Math.fround(distance);
  return Math.fround(single * single);
}

/**
 * Gaussians: `exp(-4 ln 2 · d² / fwhm²)` with d the distance to the nearest click, so 1 on a click and ½ at half of the
 * full width at half maximum. The form of FCA-Net (10 px; 30 px for the first click).
 *
 * @param points - in input px
 * @param fwhm - in input px, above 0
 * @returns floats, shape [size.height, size.width]; all 0 without clicks
 *
 * @example
 * ```ts
 * import { encodeGaussians } from '@clickmask/core/models';
 *
 * const map = encodeGaussians([{ x: 5.5, y: 0.5 }], { width: 11, height: 1 }, 10);
 * console.log(map[5], map[10].toFixed(3)); // 1 0.500
 * ```
 */
export function encodeGaussians(points: readonly InputPoint[], size: Size, fwhm: number): Float32Array {
  expectNumber('bad-option', 'fwhm', fwhm, Number.MIN_VALUE);
  const map = new Float32Array(size.width * size.height);
  const rate = (-4 * Math.LN2) / (fwhm * fwhm);
  const columns = new Float64Array(size.width);
  for (const { x, y } of points) {
    for (let column = 0; column < size.width; column++) columns[column] = Math.exp(rate * (column + 0.5 - x) ** 2);
    for (let row = 0; row < size.height; row++) {
      const factor = Math.exp(rate * (row + 0.5 - y) ** 2);
      const offset = row * size.width;
      for (let column = 0; column < size.width; column++) {
        const value = factor * columns[column];
        if (value > map[offset + column]) map[offset + column] = value;
      }
    }
  }
  return map;
}

/**
 * Distances: the Euclidean distance to the nearest click, clipped. The input of FCA-Net (clipped at 255).
 *
 * @param points - in input px
 * @param limit - in input px; the value where no click is nearer, and everywhere without clicks
 * @returns floats in input px, shape [size.height, size.width]
 *
 * @example
 * ```ts
 * import { encodeDistances } from '@clickmask/core/models';
 *
 * console.log([...encodeDistances([{ x: 0.5, y: 0.5 }], { width: 5, height: 1 }, 3)]); // [0, 1, 2, 3, 3]
 * ```
 */
export function encodeDistances(points: readonly InputPoint[], size: Size, limit = 255): Float32Array {
  expectNumber('bad-option', 'limit', limit, 0);
  const squares = new Float32Array(size.width * size.height).fill(limit * limit);
  for (const { x, y } of points) {
    for (let row = 0; row < size.height; row++) {
      const dy = (row + 0.5 - y) ** 2;
      if (dy >= limit * limit) continue;
      const offset = row * size.width;
      for (let column = 0; column < size.width; column++) {
        const square = (column + 0.5 - x) ** 2 + dy;
        if (square < squares[offset + column]) squares[offset + column] = square;
      }
    }
  }
  for (let i = 0; i < squares.length; i++) squares[i] = Math.min(limit, Math.sqrt(squares[i]));
  return squares;
}
