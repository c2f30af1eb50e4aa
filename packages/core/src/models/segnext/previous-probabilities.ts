import type { Rect, Size } from '../../geometry/index.js';
import { type AxisWeights, axisWeights, type ProbabilityMap, probabilitiesOf } from '../../image/index.js';

/**
 * A previous map as probabilities of the picture's pixels, resampled to a grid over the region without antialiasing.
 *
 * The logistic function comes between the two resamplings, as where the authors keep the map at the picture's size; only
 * the pixels that the grid reads are computed.
 *
 * @returns shape [grid.height, grid.width]
 */
export function previousProbabilities(map: ProbabilityMap, roi: Rect, grid: Size): Float32Array {
  const logistic = map.scale === 'logit';
  const values = logistic ? map.data : probabilitiesOf(map);
  const across = axisWeights(roi.width, grid.width, 'half-pixel');
  const down = axisWeights(roi.height, grid.height, 'half-pixel');
  const columns = samples(across, map.width, map.roi.width, map.filter, map.roi.x - roi.x);
  const rows = samples(down, map.height, map.roi.height, map.filter, map.roi.y - roi.y);
  const line = new Float64Array(map.width);
  const narrow = [new Float64Array(grid.width), new Float64Array(grid.width)];
  const held = [-1, -1];
  /** The picture's row that `rows` has at `index`, resampled across. */
  const rowAt = (index: number, pixel: number): Float64Array => {
    const slot = pixel & 1;
    const row = narrow[slot];
    if (held[slot] === pixel) return row;
    held[slot] = pixel;
    const [first, second, t] = [rows.low[index], rows.high[index], rows.share[index]];
    if (first < 0) return row.fill(0);
    for (let i = 0; i < map.width; i++) {
      line[i] = values[first * map.width + i] * (1 - t) + values[second * map.width + i] * t;
    }
    for (let x = 0; x < grid.width; x++) {
      let sum = 0;
      for (let k = x * across.taps; k < (x + 1) * across.taps; k++) {
        if (columns.low[k] < 0) continue;
        const value = line[columns.low[k]] * (1 - columns.share[k]) + line[columns.high[k]] * columns.share[k];
        sum += across.weights[k] * (logistic ? 1 / (1 + Math.exp(-value)) : value);
      }
      row[x] = sum;
    }
    return row;
  };
  const result = new Float32Array(grid.width * grid.height);
  for (let y = 0; y < grid.height; y++) {
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[y * down.taps + k];
      if (weight === 0) continue;
      const row = rowAt(y * down.taps + k, down.first[y] + k);
      const start = y * grid.width;
      for (let x = 0; x < grid.width; x++) result[start + x] += weight * row[x];
    }
  }
  return result;
}

/** For each pixel that the grid reads along one axis: the map's cells beside it and the second's share; -1: outside. */
interface Samples {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float64Array;
}

function samples(
  outer: AxisWeights,
  cells: number,
  pixels: number,
  filter: ProbabilityMap['filter'],
  offset: number,
): Samples {
  const inner = axisWeights(cells, pixels, filter);
  const low = new Int32Array(outer.outputSize * outer.taps).fill(-1);
  const high = low.slice();
  const share = new Float64Array(low.length);
  for (let i = 0; i < low.length; i++) {
    const pixel = outer.first[Math.floor(i / outer.taps)] + (i % outer.taps) - offset;
    if (pixel < 0 || pixel >= pixels) continue;
    low[i] = inner.first[pixel];
    high[i] = inner.first[pixel] + inner.taps - 1;
    share[i] = inner.taps === 2 ? inner.weights[2 * pixel + 1] : 0;
  }
  return { low, high, share };
}
