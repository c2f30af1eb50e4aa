import { unexpected } from '../errors/index.js';
import type { Rect, Size } from '../geometry/index.js';
import { canShrinkArea, shrinkArea } from './area-shrink.js';
import { type AxisWeights, axisWeights, type ResampleFilter } from './axis-weights.js';
import type { ReducedImage } from './rgb-image.js';

/** How bytes become network values: `(byte * scale - mean) / std` per channel. */
export interface PixelScaling {
  /** Factor for the byte. Default 1 / 255. */
  readonly scale?: number;
  /** Per channel, in scaled units. Default: none. */
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  /** Whether resampled values are first rounded to whole bytes, as in an image of that size. Default false. */
  readonly wholeBytes?: boolean;
}

/** Throws `bad-option` unless the rectangle lies inside the image and contains a pixel. */
export function checkInside(rect: Rect, size: Size): void {
  const whole = [rect.x, rect.y, rect.width, rect.height].every(Number.isInteger);
  const inside =
    rect.x >= 0 &&
    rect.y >= 0 &&
    rect.width >= 1 &&
    rect.height >= 1 &&
    rect.x + rect.width <= size.width &&
    rect.y + rect.height <= size.height;
  if (!whole || !inside) {
    const received = `${rect.width} x ${rect.height} at (${rect.x}, ${rect.y})`;
    throw unexpected('bad-option', 'the region', `whole pixels inside ${size.width} x ${size.height}`, received);
  }
}

/**
 * Crops a region of an image and resamples it to a network's input, in one pass and without a copy of the crop.
 *
 * @param image - all pixels; for the area filter also a reduced image that is still larger than the output along both
 * axes
 * @param region - in image px, even if the image is reduced
 * @returns planar floats, shape [3, output.height, output.width]
 * @throws ClickmaskError `bad-option` if the region is not inside the image, or has too few pixels in a reduced one
 *
 * @example
 * ```ts
 * import { resizeToTensor } from '@clickmask/core/models';
 *
 * const image = { width: 2, height: 1, data: new Uint8Array([0, 0, 0, 255, 255, 255]) };
 * const tensor = resizeToTensor(image, { x: 0, y: 0, width: 2, height: 1 }, { width: 3, height: 1 }, 'align-corners');
 * console.log([...tensor.subarray(0, 3)]); // [0, 0.5, 1]
 * ```
 */
export function resizeToTensor(
  image: ReducedImage,
  region: Rect,
  output: Size,
  filter: ResampleFilter,
  scaling: PixelScaling = {},
): Float32Array {
  checkInside(region, image.full ?? image);
  const { scale = 1 / 255, mean = [0, 0, 0], std = [1, 1, 1], wholeBytes = false } = scaling;
  const plane = output.width * output.height;
  const rowLength = output.width * 3;
  const across = axisWeights(region.width, output.width, filter);
  const down = axisWeights(region.height, output.height, filter);
  const result = new Float32Array(plane * 3);
  const write = (y: number, row: Float64Array) => {
    // All values are 0 to 255.
    if (wholeBytes) for (let i = 0; i < rowLength; i++) row[i] = (row[i] + 0.5) | 0;
    for (let channel = 0; channel < 3; channel++) {
      const factor = scale / std[channel];
      const shift = mean[channel] / std[channel];
      let to = channel * plane + y * output.width;
      for (let from = channel; from < rowLength; from += 3) result[to++] = row[from] * factor - shift;
    }
  };
  if (filter === 'area' && canShrinkArea(image, region, output)) {
    shrinkArea(image, region, output, write);
    return result;
  }
  if (image.full !== undefined) {
    const wanted = 'more pixels of the region than the output has, or all pixels';
    throw unexpected('bad-option', 'image', wanted, `${image.width} x ${image.height} of the whole image`);
  }
  const rows = new RowWindow(down.taps, rowLength, (row, into) => {
    filterRow(image.data, ((region.y + row) * image.width + region.x) * 3, across, into);
  });
  const sum = new Float64Array(rowLength);
  for (let y = 0; y < output.height; y++) {
    accumulate(down, y, rows, sum);
    write(y, sum);
  }
  return result;
}

/**
 * Resamples a float map, shape [input.height, input.width].
 *
 * @returns a new map, shape [output.height, output.width]
 * @throws ClickmaskError `bad-option` where a size is not a whole number ≥ 1, or the data is not of that size
 *
 * @example
 * ```ts
 * import { resizeMap } from '@clickmask/core/models';
 *
 * const wider = resizeMap(new Float32Array([0, 1]), { width: 2, height: 1 }, { width: 4, height: 1 }, 'half-pixel');
 * console.log([...wider]); // [0, 0.25, 0.75, 1]
 * ```
 */
export function resizeMap(
  data: Float32Array | Uint8Array,
  input: Size,
  output: Size,
  filter: ResampleFilter,
): Float32Array {
  const across = axisWeights(input.width, output.width, filter);
  const down = axisWeights(input.height, output.height, filter);
  return applyWeights(data, across, down);
}

/** Applies one band matrix along each axis of a row-major map. */
export function applyWeights(data: Float32Array | Uint8Array, across: AxisWeights, down: AxisWeights): Float32Array {
  const expected = across.inputSize * down.inputSize;
  if (data.length !== expected) throw unexpected('bad-option', 'the map', `${expected} values`, data.length);
  const width = across.outputSize;
  const result = new Float32Array(width * down.outputSize);
  const rows = new RowWindow(down.taps, width, (row, into) => {
    const offset = row * across.inputSize;
    for (let x = 0; x < width; x++) {
      let value = 0;
      const start = offset + across.first[x];
      for (let k = 0; k < across.taps; k++) value += data[start + k] * across.weights[x * across.taps + k];
      into[x] = value;
    }
  });
  const sum = new Float64Array(width);
  for (let y = 0; y < down.outputSize; y++) {
    accumulate(down, y, rows, sum);
    result.set(sum, y * width);
  }
  return result;
}

/**
 * Applies one band matrix along each axis of a map that exists only row by row.
 *
 * @param readRow - values of one source row, shape [across.inputSize]; may be the same array on every call
 */
export function resampleRows(
  across: AxisWeights,
  down: AxisWeights,
  readRow: (row: number) => Float64Array,
): Float32Array {
  const width = across.outputSize;
  const result = new Float32Array(width * down.outputSize);
  const rows = new RowWindow(down.taps, width, (index, into) => {
    const row = readRow(index);
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let k = 0; k < across.taps; k++) value += row[across.first[x] + k] * across.weights[x * across.taps + k];
      into[x] = value;
    }
  });
  const sum = new Float64Array(width);
  for (let y = 0; y < down.outputSize; y++) {
    accumulate(down, y, rows, sum);
    result.set(sum, y * width);
  }
  return result;
}

/** Horizontally filtered source rows, kept as long as the next output rows may need them. */
class RowWindow {
  readonly #slots: Float64Array[];
  readonly #held: Int32Array;
  readonly #make: (row: number, into: Float64Array) => void;

  constructor(taps: number, length: number, make: (row: number, into: Float64Array) => void) {
    this.#slots = Array.from({ length: taps }, () => new Float64Array(length));
    this.#held = new Int32Array(taps).fill(-1);
    this.#make = make;
  }

  row(index: number): Float64Array {
    const slot = index % this.#slots.length;
    if (this.#held[slot] !== index) {
      this.#make(index, this.#slots[slot]);
      this.#held[slot] = index;
    }
    return this.#slots[slot];
  }
}

function accumulate(down: AxisWeights, y: number, rows: RowWindow, sum: Float64Array): void {
  sum.fill(0);
  for (let k = 0; k < down.taps; k++) {
    const weight = down.weights[y * down.taps + k];
    if (weight === 0) continue;
    const row = rows.row(down.first[y] + k);
    for (let i = 0; i < sum.length; i++) sum[i] += row[i] * weight;
  }
}

function filterRow(
  bytes: Uint8Array | Uint8ClampedArray,
  offset: number,
  across: AxisWeights,
  into: Float64Array,
): void {
  const { outputSize, taps, first, weights } = across;
  for (let x = 0; x < outputSize; x++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    let from = offset + first[x] * 3;
    const end = (x + 1) * taps;
    for (let k = x * taps; k < end; k++, from += 3) {
      const weight = weights[k];
      red += bytes[from] * weight;
      green += bytes[from + 1] * weight;
      blue += bytes[from + 2] * weight;
    }
    into[3 * x] = red;
    into[3 * x + 1] = green;
    into[3 * x + 2] = blue;
  }
}
