import type { Rect, Size } from '../../geometry/index.js';
import { type AxisWeights, axisWeights, checkInside, type RgbImage } from '../../image/index.js';

/** Weights are whole multiples of 1 / one, so that ties round as in Pillow. */
const one = 2 ** 22;
const half = one / 2;

/**
 * Crops and resamples an image to bytes with a widened triangle filter, first across and then down, rounding to bytes
 * after each, as Pillow does. SAM was trained and is evaluated this way.
 *
 * @returns bytes, shape [output.height, output.width, 3]
 */
export function shrinkBytes(image: RgbImage, region: Rect, output: Size): Uint8Array {
  checkInside(region, image);
  const across = wholeWeights(region.width, output.width);
  const down = wholeWeights(region.height, output.height);
  const rowLength = output.width * 3;
  const narrow = new Uint8Array(region.height * rowLength);
  for (let y = 0; y < region.height; y++) {
    const start = ((region.y + y) * image.width + region.x) * 3;
    for (let x = 0; x < output.width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let from = start + across.first[x] * 3;
      for (let k = x * across.taps; k < (x + 1) * across.taps; k++, from += 3) {
        const weight = across.weights[k];
        red += image.data[from] * weight;
        green += image.data[from + 1] * weight;
        blue += image.data[from + 2] * weight;
      }
      const to = y * rowLength + 3 * x;
      narrow[to] = red / one;
      narrow[to + 1] = green / one;
      narrow[to + 2] = blue / one;
    }
  }
  const result = new Uint8Array(output.height * rowLength);
  const sum = new Float64Array(rowLength);
  for (let y = 0; y < output.height; y++) {
    sum.fill(half);
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[y * down.taps + k];
      if (weight === 0) continue;
      const from = (down.first[y] + k) * rowLength;
      for (let i = 0; i < rowLength; i++) sum[i] += narrow[from + i] * weight;
    }
    for (let i = 0; i < rowLength; i++) result[y * rowLength + i] = sum[i] / one;
  }
  return result;
}

function wholeWeights(input: number, output: number): AxisWeights {
  const exact = axisWeights(input, output, 'triangle');
  return { ...exact, weights: exact.weights.map((weight) => Math.floor(weight * one + 0.5)) };
}
