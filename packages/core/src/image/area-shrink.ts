import type { Rect, Size } from '../geometry/index.js';
import type { ReducedImage } from './rgb-image.js';

/**
 * The area filter for images that shrink along both axes: the same result as the band matrices of `axisWeights`, in
 * less time. Most time of a 12-megapixel image goes into reading 36 million bytes, so these are added as whole numbers,
 * and only inputs on an edge between two outputs are weighted. If many rows form one output row, they are first summed
 * four bytes at a time, two in each half of a 32-bit word.
 */

/** Whether {@link shrinkArea} supports the case. */
export function canShrinkArea(image: ReducedImage, region: Rect, output: Size): boolean {
  const { width, height } = image.full ?? image;
  return output.width * width < region.width * image.width && output.height * height < region.height * image.height;
}

/**
 * Shrinks a region, row by row.
 *
 * @param region - in image px; in a reduced image, it may begin and end within a pixel
 * @param emit - called with each output row: R, G, B means per pixel, 0 to 255; the array is reused
 */
export function shrinkArea(
  image: ReducedImage,
  region: Rect,
  output: Size,
  emit: (y: number, row: Float64Array) => void,
): void {
  const { data, full = image } = image;
  const across = coverage(region.x, region.width, output.width, image.width, full.width);
  const down = coverage(region.y, region.height, output.height, image.height, full.height);
  const words = wholeRowsAsWords(image, across, down);
  const inner = new Float64Array(output.width * 3);
  const single = new Float64Array(output.width * 3);
  const row = new Float64Array(output.width * 3);
  let above = new Float64Array(output.width * 3);
  let below = new Float64Array(output.width * 3);
  const share = (output.width * output.height) / (across.length * down.length);
  const offsetOf = (y: number) => y * image.width * 3;
  if (down.head[0] > 0) filterSpan(data, offsetOf(down.first[0] - 1), across, above);
  for (let y = 0; y < output.height; y++) {
    const top = down.first[y];
    const end = down.end[y];
    if (words !== null) filterSpan(words.sum(top, end), words.offset, across, inner);
    else {
      inner.fill(0);
      for (let from = top; from < end; from++) {
        filterSpan(data, offsetOf(from), across, single);
        for (let i = 0; i < inner.length; i++) inner[i] += single[i];
      }
    }
    // A row that two outputs share is filtered once and weighted for each.
    if (down.tail[y] > 0) filterSpan(data, offsetOf(end), across, below);
    const head = down.head[y];
    const tail = down.tail[y];
    for (let i = 0; i < row.length; i++) row[i] = (inner[i] + head * above[i] + tail * below[i]) * share;
    emit(y, row);
    [above, below] = [below, above];
  }
}

interface WordRows {
  /** The offset of column 0 in the result of `sum`; the region's columns follow. */
  readonly offset: number;
  /** Sums of rows `top` to `end - 1`, byte by byte. The array is reused. */
  sum(top: number, end: number): Int32Array;
}

/** Up to this many rows, sums of bytes stay below 2^16. */
const maxRows = 256;
/** Up to this many columns per output, sums of such sums stay below 2^31. */
const maxColumns = 32_768;
/** With fewer rows, summing rows first saves less than it costs. */
const minRows = 4;

/** Reads rows as aligned words. Null if the image's layout does not allow it or nothing would be gained. */
function wholeRowsAsWords({ data, width, height }: ReducedImage, across: Coverage, down: Coverage): WordRows | null {
  const aligned = data.byteOffset % 4 === 0 && (width * 3) % 4 === 0;
  const rows = down.length / down.first.length;
  const fits = rows >= minRows && rows <= maxRows && across.length <= across.first.length * maxColumns;
  if (!aligned || !fits || !isLittleEndian()) return null;
  const stride = (width * 3) / 4;
  const words = new Int32Array(data.buffer, data.byteOffset, stride * height);
  const last = across.first.length - 1;
  const left = across.first[0] - (across.head[0] > 0 ? 1 : 0);
  const right = across.end[last] + (across.tail[last] > 0 ? 1 : 0);
  // A region may begin inside a word. The sums then begin with up to three bytes outside it.
  const first = Math.floor((left * 3) / 4);
  const count = Math.ceil((right * 3) / 4) - first;
  const even = new Int32Array(count);
  const odd = new Int32Array(count);
  const bytes = new Int32Array(count * 4);
  return {
    offset: -first * 4,
    sum(top, end) {
      sumRows(words, first + top * stride, stride, end - top, even, odd);
      for (let i = 0, to = 0; i < count; i++, to += 4) {
        bytes[to] = even[i] & 0xffff;
        bytes[to + 1] = odd[i] & 0xffff;
        bytes[to + 2] = even[i] >>> 16;
        bytes[to + 3] = odd[i] >>> 16;
      }
      return bytes;
    },
  };
}

/**
 * The coverage of outputs along one axis: inputs `first` to `end - 1` fully, the one before and the one after partly.
 */
interface Coverage {
  readonly first: Int32Array;
  readonly end: Int32Array;
  /** Share of input `first - 1`. */
  readonly head: Float64Array;
  /** Share of input `end`. */
  readonly tail: Float64Array;
  /** Inputs that all outputs cover. */
  readonly length: number;
}

/**
 * @param start - start of the region, with `size` as its length, in image px
 * @param inputs - number of inputs for all `full` image px
 */
function coverage(start: number, size: number, outputs: number, inputs: number, full: number): Coverage {
  const first = new Int32Array(outputs);
  const end = new Int32Array(outputs);
  const head = new Float64Array(outputs);
  const tail = new Float64Array(outputs);
  // Units of an input, chosen so that everything is a whole number.
  const unit = outputs * full;
  for (let i = 0; i < outputs; i++) {
    const from = (start * outputs + i * size) * inputs;
    const to = from + size * inputs;
    first[i] = Math.ceil(from / unit);
    end[i] = Math.floor(to / unit);
    head[i] = (first[i] * unit - from) / unit;
    tail[i] = (to - end[i] * unit) / unit;
  }
  return { first, end, head, tail, length: (size * inputs) / full };
}

/** Sums `count` rows of words: bytes 0 and 2 of each go to the halves of `even`, bytes 1 and 3 to those of `odd`. */
function sumRows(
  words: Int32Array,
  start: number,
  stride: number,
  count: number,
  even: Int32Array,
  odd: Int32Array,
): void {
  const length = even.length;
  const low = 0x00ff00ff;
  even.fill(0);
  odd.fill(0);
  let done = 0;
  for (; done + 4 <= count; done += 4) {
    const a = start + done * stride;
    const b = a + stride;
    const c = b + stride;
    const d = c + stride;
    for (let i = 0; i < length; i++) {
      const p = words[a + i];
      const q = words[b + i];
      const r = words[c + i];
      const s = words[d + i];
      even[i] += (p & low) + (q & low) + (r & low) + (s & low);
      odd[i] += ((p >>> 8) & low) + ((q >>> 8) & low) + ((r >>> 8) & low) + ((s >>> 8) & low);
    }
  }
  for (; done + 2 <= count; done += 2) {
    const a = start + done * stride;
    const b = a + stride;
    for (let i = 0; i < length; i++) {
      const p = words[a + i];
      const q = words[b + i];
      even[i] += (p & low) + (q & low);
      odd[i] += ((p >>> 8) & low) + ((q >>> 8) & low);
    }
  }
  if (done < count) {
    const a = start + done * stride;
    for (let i = 0; i < length; i++) {
      const p = words[a + i];
      even[i] += p & low;
      odd[i] += (p >>> 8) & low;
    }
  }
}

/** Sums of R, G and B over what each output covers of one row. */
function filterSpan(
  values: Int32Array | Uint8Array | Uint8ClampedArray,
  offset: number,
  across: Coverage,
  into: Float64Array,
): void {
  const { first, end, head, tail } = across;
  for (let x = 0; x < first.length; x++) {
    const start = offset + first[x] * 3;
    const stop = offset + end[x] * 3;
    // Whole numbers in the loop and fractions in separate variables: engines keep the former in integer registers.
    let wholeRed = 0;
    let wholeGreen = 0;
    let wholeBlue = 0;
    for (let from = start; from < stop; from += 3) {
      wholeRed = (wholeRed + values[from]) | 0;
      wholeGreen = (wholeGreen + values[from + 1]) | 0;
      wholeBlue = (wholeBlue + values[from + 2]) | 0;
    }
    let red = wholeRed;
    let green = wholeGreen;
    let blue = wholeBlue;
    const before = head[x];
    if (before > 0) {
      red += before * values[start - 3];
      green += before * values[start - 2];
      blue += before * values[start - 1];
    }
    const after = tail[x];
    if (after > 0) {
      red += after * values[stop];
      green += after * values[stop + 1];
      blue += after * values[stop + 2];
    }
    into[3 * x] = red;
    into[3 * x + 1] = green;
    into[3 * x + 2] = blue;
  }
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}
