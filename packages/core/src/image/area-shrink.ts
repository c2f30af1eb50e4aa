import type { Rect, Size } from '../geometry/index.js';
import type { ReducedImage } from './rgb-image.js';

/**
 * The area filter for images that shrink along both axes: the same result as the band matrices of `axisWeights`, in
 * less time. Most time of a large image goes into reading its bytes. So each is read once, in order: the rows of an
 * output row are summed first, and only those on an edge between two outputs are weighted. Many rows are summed four
 * bytes at a time, two in each half of a 32-bit word.
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
  const [left, right] = bytesOf(across, image.width * 3);
  const words = wholeRowsAsWords(image, left, right, down);
  const columns = new Float64Array(right - left);
  const row = new Float64Array(output.width * 3);
  const share = (output.width * output.height) / (across.length * down.length);
  const offsetOf = (y: number) => y * image.width * 3 + left;
  for (let y = 0; y < output.height; y++) {
    const top = down.first[y];
    const end = down.end[y];
    const head = down.head[y];
    const tail = down.tail[y];
    // Without a share, any row inside the image will do.
    weighRows(data, offsetOf(head > 0 ? top - 1 : top), head, offsetOf(tail > 0 ? end : top), tail, columns);
    if (words !== null) words.addTo(columns, top, end);
    else for (let from = top; from < end; from++) addRow(data, offsetOf(from), columns);
    sumColumns(columns, left, across, share, row);
    emit(y, row);
  }
}

/** The bytes of a row that outputs cover, from and to whole words where the row has them. */
function bytesOf({ first, end, head, tail }: Coverage, rowLength: number): [number, number] {
  const last = first.length - 1;
  const left = (first[0] - (head[0] > 0 ? 1 : 0)) * 3;
  const right = (end[last] + (tail[last] > 0 ? 1 : 0)) * 3;
  return [left - (left % 4), Math.min(rowLength, Math.ceil(right / 4) * 4)];
}

interface WordRows {
  /** Adds rows `top` to `end - 1`, byte by byte. */
  addTo(columns: Float64Array, top: number, end: number): void;
}

/** Up to this many rows, sums of bytes stay below 2^16. */
const maxRows = 256;
/** With fewer rows, words save less than they cost. */
const minRows = 4;

/** Reads rows as aligned words. Null if the image's layout does not allow it or nothing would be gained. */
function wholeRowsAsWords(
  { data, width, height }: ReducedImage,
  left: number,
  right: number,
  down: Coverage,
): WordRows | null {
  const aligned = data.byteOffset % 4 === 0 && (width * 3) % 4 === 0;
  const rows = down.length / down.first.length;
  if (!aligned || rows < minRows || rows > maxRows || !isLittleEndian()) return null;
  const stride = (width * 3) / 4;
  const words = new Int32Array(data.buffer, data.byteOffset, stride * height);
  const count = (right - left) / 4;
  const even = new Int32Array(count);
  const odd = new Int32Array(count);
  return {
    addTo(columns, top, end) {
      sumRows(words, left / 4 + top * stride, stride, end - top, even, odd);
      for (let i = 0, to = 0; i < count; i++, to += 4) {
        columns[to] += even[i] & 0xffff;
        columns[to + 1] += odd[i] & 0xffff;
        columns[to + 2] += even[i] >>> 16;
        columns[to + 3] += odd[i] >>> 16;
      }
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

type Bytes = Uint8Array | Uint8ClampedArray;

/** Sets every column to the weighted sum of two rows that begin at `above` and `below`. */
function weighRows(data: Bytes, above: number, head: number, below: number, tail: number, columns: Float64Array): void {
  for (let i = 0; i < columns.length; i++) columns[i] = head * data[above + i] + tail * data[below + i];
}

function addRow(data: Bytes, start: number, columns: Float64Array): void {
  for (let i = 0; i < columns.length; i++) columns[i] += data[start + i];
}

/** Sums of R, G and B over what each output covers of the columns, times `share`. */
function sumColumns(columns: Float64Array, left: number, across: Coverage, share: number, into: Float64Array): void {
  const { first, end, head, tail } = across;
  for (let x = 0; x < first.length; x++) {
    const start = first[x] * 3 - left;
    const stop = end[x] * 3 - left;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let from = start; from < stop; from += 3) {
      red += columns[from];
      green += columns[from + 1];
      blue += columns[from + 2];
    }
    const before = head[x];
    if (before > 0) {
      red += before * columns[start - 3];
      green += before * columns[start - 2];
      blue += before * columns[start - 1];
    }
    const after = tail[x];
    if (after > 0) {
      red += after * columns[stop];
      green += after * columns[stop + 1];
      blue += after * columns[stop + 2];
    }
    into[3 * x] = red * share;
    into[3 * x + 1] = green * share;
    into[3 * x + 2] = blue * share;
  }
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}
