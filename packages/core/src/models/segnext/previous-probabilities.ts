import type { Rect, Size } from '../../geometry/index.js';
import { type AxisWeights, axisWeights, type ProbabilityMap } from '../../image/index.js';

/**
 * A previous map as probabilities of the image's pixels, resampled to a grid over the region without antialiasing.
 *
 * The logistic function is applied between the two resamplings, as in the authors' code, which keeps the map in the
 * image's size. Only pixels that the grid reads are computed.
 *
 * @returns shape [grid.height, grid.width]
 */
export function previousProbabilities(map: ProbabilityMap, roi: Rect, grid: Size): Float32Array {
  const values = map.data;
  const logistic = map.scale === 'logit';
  const across = axisWeights(roi.width, grid.width, 'half-pixel');
  const down = axisWeights(roi.height, grid.height, 'half-pixel');
  const columns = samples(across, map.width, map.roi.width, map.filter, map.roi.x - roi.x);
  const rows = samples(down, map.height, map.roi.height, map.filter, map.roi.y - roi.y);
  const line = new Float64Array(map.width);
  const pixels = new Float64Array(columns.low.length);
  const narrow = [new Float64Array(grid.width), new Float64Array(grid.width)];
  const held = [-1, -1];
  /** One of the image rows that are read, resampled across. */
  const rowAt = (sample: number): Float64Array => {
    const row = narrow[sample & 1];
    if (held[sample & 1] === sample) return row;
    held[sample & 1] = sample;
    if (rows.low[sample] < 0) return row.fill(0);
    const above = rows.low[sample] * map.width;
    const below = rows.high[sample] * map.width;
    for (let i = 0; i < map.width; i++) {
      line[i] = values[above + i] + (values[below + i] - values[above + i]) * rows.share[sample];
    }
    for (let i = 0; i < pixels.length; i++) {
      if (columns.low[i] < 0) continue;
      const left = line[columns.low[i]];
      const value = left + (line[columns.high[i]] - left) * columns.share[i];
      pixels[i] = logistic ? 1 / (1 + Math.exp(-value)) : value;
    }
    for (let x = 0; x < grid.width; x++) {
      let sum = 0;
      for (let k = x * across.taps; k < (x + 1) * across.taps; k++) sum += across.weights[k] * pixels[columns.of[k]];
      row[x] = sum;
    }
    return row;
  };
  const result = new Float32Array(grid.width * grid.height);
  for (let y = 0; y < grid.height; y++) {
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[y * down.taps + k];
      if (weight === 0) continue;
      const row = rowAt(rows.of[y * down.taps + k]);
      const start = y * grid.width;
      for (let x = 0; x < grid.width; x++) result[start + x] += weight * row[x];
    }
  }
  return result;
}

/**
 * The pixels that a grid reads along one axis: the map cells beside each, and the weight of the second; -1 is outside.
 */
interface Samples {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float64Array;
  /** For each tap of the grid, which of these it reads. */
  readonly of: Int32Array;
}

function samples(
  outer: AxisWeights,
  cells: number,
  size: number,
  filter: ProbabilityMap['filter'],
  offset: number,
): Samples {
  const inner = axisWeights(cells, size, filter);
  const read = [...new Set(Array.from(outer.weights, (_, tap) => pixelOf(outer, tap)))];
  const index = new Map(read.map((pixel, i) => [pixel, i]));
  const low = new Int32Array(read.length).fill(-1);
  const high = low.slice();
  const share = new Float64Array(read.length);
  for (const [i, pixel] of read.entries()) {
    const cell = pixel - offset;
    if (cell < 0 || cell >= size) continue;
    low[i] = inner.first[cell];
    high[i] = inner.first[cell] + inner.taps - 1;
    share[i] = inner.taps === 2 ? inner.weights[2 * cell + 1] : 0;
  }
  return { low, high, share, of: Int32Array.from(outer.weights, (_, tap) => index.get(pixelOf(outer, tap)) ?? 0) };
}

const pixelOf = ({ first, taps }: AxisWeights, tap: number): number => first[Math.floor(tap / taps)] + (tap % taps);
