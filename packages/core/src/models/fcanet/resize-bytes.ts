import type { Rect, Size } from '../../geometry/index.js';
import { checkInside, type RgbImage } from '../../image/index.js';
import { roundHalfEven } from '../../refinement/index.js';

/** Weights are whole multiples of 1 / 2048. */
const weightBits = 11;

/**
 * Crops and resamples an image to bytes: bilinear, pixel centres at +0.5, without antialiasing, in OpenCV's integer
 * arithmetic, with which FCA-Net was trained and is evaluated.
 *
 * @returns planar values from 0 to 1, shape [3, output.height, output.width]
 */
export function resizeBytes(image: RgbImage, region: Rect, output: Size): Float32Array {
  checkInside(region, image);
  const across = wholeWeights(region.width, output.width);
  const down = wholeWeights(region.height, output.height);
  const plane = output.width * output.height;
  const result = new Float32Array(3 * plane);
  const rows = [new Int32Array(output.width * 3), new Int32Array(output.width * 3)];
  const held = [-1, -1];
  const rowOf = (index: number): Int32Array => {
    const slot = index & 1;
    if (held[slot] === index) return rows[slot];
    const offset = (region.y + index) * image.width + region.x;
    for (let x = 0; x < output.width; x++) {
      const left = (offset + across.first[x]) * 3;
      const right = (offset + across.second[x]) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const value = image.data[left + channel] * across.low[x] + image.data[right + channel] * across.high[x];
        // The lowest bits are dropped before the second pass, as in OpenCV.
        rows[slot][3 * x + channel] = value >> 4;
      }
    }
    held[slot] = index;
    return rows[slot];
  };
  for (let y = 0; y < output.height; y++) {
    const above = rowOf(down.first[y]);
    const below = rowOf(down.second[y]);
    const low = down.low[y];
    const high = down.high[y];
    for (let x = 0; x < output.width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const i = 3 * x + channel;
        const byte = (((low * above[i]) >> 16) + ((high * below[i]) >> 16) + 2) >> 2;
        result[channel * plane + y * output.width + x] = byte / 255;
      }
    }
  }
  return result;
}

function wholeWeights(input: number, output: number) {
  const one = 1 << weightBits;
  const scale = input / output;
  const first = new Int32Array(output);
  const second = new Int32Array(output);
  const low = new Int32Array(output);
  const high = new Int32Array(output);
  for (let i = 0; i < output; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const index = Math.floor(position);
    const share = Math.fround(position - index);
    // At the borders, both neighbours are the same pixel. The weights stay, and so does their rounding.
    first[i] = Math.min(input - 1, Math.max(0, index));
    second[i] = Math.min(input - 1, Math.max(0, index + 1));
    high[i] = roundHalfEven(share * one);
    low[i] = roundHalfEven((1 - share) * one);
  }
  return { first, second, low, high };
}
