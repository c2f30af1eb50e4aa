import { expectInteger } from '../errors/index.js';

/**
 * How values of one grid become values of another, along one axis.
 *
 * - `half-pixel`: bilinear, pixel centres at +0.5 (PyTorch `align_corners=False`, no antialias)
 * - `align-corners`: bilinear, first and last pixels aligned (PyTorch `align_corners=True`)
 * - `area`: mean over the covered range when shrinking, `half-pixel` when enlarging
 * - `triangle`: bilinear, widened by the factor when shrinking (Pillow's BILINEAR, PyTorch's `antialias=True`)
 */
export type ResampleFilter = 'half-pixel' | 'align-corners' | 'area' | 'triangle';

/**
 * A linear map along one axis, as a band matrix: output `i` is the sum of `weights[i * taps + k]` times input
 * `first[i] + k`, for `k` below `taps`. Unused taps have weight 0 and an index that stays inside the input.
 */
export interface AxisWeights {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Weights for resampling `inputSize` values to `outputSize`.
 *
 * Source position of output `i`: half-pixel `(i + 0.5) * in / out - 0.5`, clamped to `[0, in - 1]`;
 * align-corners `i * (in - 1) / (out - 1)`, 0 where `out` is 1.
 *
 * @throws ClickmaskError `bad-option` where a size is not a whole number ≥ 1
 */
export function axisWeights(inputSize: number, outputSize: number, filter: ResampleFilter): AxisWeights {
  expectInteger('bad-option', 'inputSize', inputSize, 1);
  expectInteger('bad-option', 'outputSize', outputSize, 1);
  if (filter === 'area' && outputSize < inputSize) return areaWeights(inputSize, outputSize);
  if (filter === 'triangle') return triangleWeights(inputSize, outputSize);
  const taps = Math.min(2, inputSize);
  const first = new Int32Array(outputSize);
  const weights = new Float64Array(outputSize * taps);
  const scale =
    filter === 'align-corners' ? (outputSize > 1 ? (inputSize - 1) / (outputSize - 1) : 0) : inputSize / outputSize;
  for (let i = 0; i < outputSize; i++) {
    const raw = filter === 'align-corners' ? i * scale : (i + 0.5) * scale - 0.5;
    const position = Math.min(inputSize - 1, Math.max(0, raw));
    const index = Math.min(Math.max(0, inputSize - 2), Math.floor(position));
    first[i] = index;
    if (taps === 1) weights[i] = 1;
    else {
      weights[2 * i] = 1 - (position - index);
      weights[2 * i + 1] = position - index;
    }
  }
  return { inputSize, outputSize, taps, first, weights };
}

function areaWeights(inputSize: number, outputSize: number): AxisWeights {
  const scale = inputSize / outputSize;
  const taps = Math.min(inputSize, Math.ceil(scale) + 1);
  const first = new Int32Array(outputSize);
  const weights = new Float64Array(outputSize * taps);
  for (let i = 0; i < outputSize; i++) {
    const start = i * scale;
    const end = Math.min(inputSize, start + scale);
    const index = Math.min(Math.floor(start), inputSize - taps);
    first[i] = index;
    for (let k = 0; k < taps; k++) {
      const covered = Math.min(end, index + k + 1) - Math.max(start, index + k);
      weights[i * taps + k] = Math.max(0, covered) / scale;
    }
  }
  return { inputSize, outputSize, taps, first, weights };
}

function triangleWeights(inputSize: number, outputSize: number): AxisWeights {
  const scale = inputSize / outputSize;
  const reach = Math.max(1, scale);
  const taps = Math.min(inputSize, Math.ceil(2 * reach) + 1);
  const first = new Int32Array(outputSize);
  const weights = new Float64Array(outputSize * taps);
  for (let i = 0; i < outputSize; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(inputSize, Math.floor(centre + reach + 0.5));
    first[i] = Math.min(start, inputSize - taps);
    let sum = 0;
    for (let index = start; index < end; index++) {
      const weight = Math.max(0, 1 - Math.abs((index + 0.5 - centre) / reach));
      weights[i * taps + index - first[i]] = weight;
      sum += weight;
    }
    for (let k = 0; k < taps; k++) weights[i * taps + k] /= sum;
  }
  return { inputSize, outputSize, taps, first, weights };
}

/**
 * The map `outer ∘ inner`. The inner grid starts `offset` cells into the outer one's input, and everything outside it
 * is 0. This reads a map of one region of interest on the grid of another without laying it out at full size.
 */
export function composeWeights(outer: AxisWeights, inner: AxisWeights, offset = 0): AxisWeights {
  const taps = inner.inputSize;
  const dense = new Float64Array(outer.outputSize * taps);
  const low = new Int32Array(outer.outputSize).fill(taps);
  const high = new Int32Array(outer.outputSize).fill(-1);
  for (let i = 0; i < outer.outputSize; i++) {
    for (let k = 0; k < outer.taps; k++) {
      const weight = outer.weights[i * outer.taps + k];
      const middle = outer.first[i] + k - offset;
      if (weight === 0 || middle < 0 || middle >= inner.outputSize) continue;
      for (let j = 0; j < inner.taps; j++) {
        const column = inner.first[middle] + j;
        const product = weight * inner.weights[middle * inner.taps + j];
        if (product === 0) continue;
        dense[i * taps + column] += product;
        if (column < low[i]) low[i] = column;
        if (column > high[i]) high[i] = column;
      }
    }
  }
  let band = 1;
  for (let i = 0; i < outer.outputSize; i++) band = Math.max(band, high[i] - low[i] + 1);
  const first = new Int32Array(outer.outputSize);
  const weights = new Float64Array(outer.outputSize * band);
  for (let i = 0; i < outer.outputSize; i++) {
    first[i] = Math.min(Math.max(0, inner.inputSize - band), low[i] > high[i] ? 0 : low[i]);
    for (let k = 0; k < band; k++) weights[i * band + k] = dense[i * taps + first[i] + k];
  }
  return { inputSize: inner.inputSize, outputSize: outer.outputSize, taps: band, first, weights };
}
