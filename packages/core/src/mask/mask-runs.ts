import type { Rect, Size } from '../geometry/index.js';
import { checkMask, type Mask } from './mask.js';

/**
 * A mask as horizontal runs: the compact form in which masks are made, cleaned, measured and sent between threads.
 *
 * A 12-megapixel mask takes 12 MB as bytes and some tens of kilobytes as runs. The cost of every operation is
 * proportional to the outline and not to the area.
 *
 * Row `y` has the runs `spans[2i], spans[2i + 1]` (first column, column after the last) for `i` from `rows[y]` to
 * `rows[y + 1]` (exclusive). Runs of a row are in order, not empty, and do not touch.
 */
export interface MaskRuns extends Size {
  /** Index of the first run of each row; `height + 1` values. */
  readonly rows: Uint32Array;
  /** Start and end column of each run: two values per run. */
  readonly spans: Uint32Array;
}

/**
 * Collects runs in row order. Touching runs of a row are joined.
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { RunBuilder } from '@clickmask/core/masks';
 *
 * const builder = new RunBuilder({ width: 8, height: 6 });
 * builder.add(2, 1, 4);
 * builder.add(2, 4, 6);
 * console.log(area(builder.finish())); // 5
 * ```
 */
export class RunBuilder {
  readonly #width: number;
  readonly #height: number;
  readonly #rows: Uint32Array;
  #spans: Uint32Array;
  #length = 0;
  #row = 0;

  constructor(size: Size) {
    this.#width = size.width;
    this.#height = size.height;
    this.#rows = new Uint32Array(size.height + 1);
    this.#spans = new Uint32Array(Math.max(64, size.height * 2));
  }

  /** Appends columns `start` to `end - 1` of row `y`. Rows must not decrease, and neither must columns within a row. */
  add(y: number, start: number, end: number): void {
    if (end <= start) return;
    while (this.#row < y) this.#rows[++this.#row] = this.#length >> 1;
    if (this.#length > this.#rows[y] * 2 && this.#spans[this.#length - 1] >= start) {
      if (end > this.#spans[this.#length - 1]) this.#spans[this.#length - 1] = end;
      return;
    }
    if (this.#length + 2 > this.#spans.length) {
      const grown = new Uint32Array(this.#spans.length * 2);
      grown.set(this.#spans);
      this.#spans = grown;
    }
    this.#spans[this.#length++] = start;
    this.#spans[this.#length++] = end;
  }

  finish(): MaskRuns {
    while (this.#row < this.#height) this.#rows[++this.#row] = this.#length >> 1;
    return {
      width: this.#width,
      height: this.#height,
      rows: this.#rows,
      spans: this.#spans.slice(0, this.#length),
    };
  }
}

/**
 * An empty mask of the given size.
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { emptyRuns } from '@clickmask/core/masks';
 *
 * console.log(area(emptyRuns({ width: 8, height: 6 }))); // 0
 * ```
 */
export function emptyRuns(size: Size): MaskRuns {
  return new RunBuilder(size).finish();
}

/**
 * Runs of a mask of bytes. Any value but 0 counts as set, so a 0/255 image works too.
 *
 * @example
 * ```ts
 * import { runsFromMask } from '@clickmask/core';
 *
 * const runs = runsFromMask({ width: 4, height: 1, data: new Uint8Array([0, 255, 255, 0]) });
 * console.log([...runs.spans]); // [1, 3]
 * ```
 */
export function runsFromMask(mask: Mask): MaskRuns {
  const { width, data } = mask;
  const builder = new RunBuilder(mask);
  const size = width * mask.height;
  let start = nextSet(data, 0, size);
  while (start < size) {
    let end = data.indexOf(0, start);
    if (end === -1) end = size;
    addLinear(builder, width, start, end);
    start = nextSet(data, end, size);
  }
  return builder.finish();
}

/**
 * Appends pixels `start` to `end - 1`, counted row by row over the whole image, to a builder of images `width` wide.
 * Calls must come in order.
 */
export function addLinear(builder: RunBuilder, width: number, start: number, end: number): void {
  for (let y = Math.floor(start / width), from = start; from < end; y++) {
    const rowStart = y * width;
    const to = Math.min(end, rowStart + width);
    builder.add(y, from - rowStart, to - rowStart);
    from = to;
  }
}

/** Index of the first byte from `start` on that is not 0, or `size`. */
function nextSet(data: Uint8Array, start: number, size: number): number {
  let index = start;
  // A short scan first: if runs are close together, the view below would cost more than it saves.
  const head = Math.min(size, start + 64 + ((8 - ((data.byteOffset + start) & 7)) & 7));
  while (index < head && data[index] === 0) index++;
  if (index < head || index === size) return index;
  // Most of an image is background, so eight bytes are checked together.
  const words = new Uint32Array(data.buffer, data.byteOffset + index, ((size - index) >> 3) << 1);
  let word = 0;
  while (word < words.length && (words[word] | words[word + 1]) === 0) word += 2;
  index += word * 4;
  while (index < size && data[index] === 0) index++;
  return index;
}

/**
 * The bytes of a mask given as runs.
 *
 * @example
 * ```ts
 * import { maskFromRuns } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 4, height: 1 }, { x: 1, y: 0, width: 2, height: 1 });
 * console.log(maskFromRuns(runs).data.join(' ')); // 0 1 1 0
 * ```
 */
export function maskFromRuns(runs: MaskRuns): Mask {
  const { width, height, rows, spans } = runs;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const offset = y * width;
    for (let i = rows[y]; i < rows[y + 1]; i++) data.fill(1, offset + spans[2 * i], offset + spans[2 * i + 1]);
  }
  return { width, height, data };
}

/**
 * Accepts either form and returns the runs.
 *
 * @throws ClickmaskError `bad-mask` if the value is neither
 *
 * @example
 * ```ts
 * import { createMask, toRuns } from '@clickmask/core/masks';
 *
 * console.log(toRuns(createMask(8, 6)).rows.length); // 7
 * ```
 */
export function toRuns(mask: Mask | MaskRuns): MaskRuns {
  if (typeof mask === 'object' && mask !== null && 'spans' in mask) return mask;
  checkMask(mask);
  return runsFromMask(mask);
}

/**
 * Number of set pixels.
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * console.log(area(rectRuns({ width: 8, height: 6 }, { x: 1, y: 2, width: 3, height: 2 }))); // 6
 * ```
 */
export function area(runs: MaskRuns): number {
  let sum = 0;
  for (let i = 0; i < runs.spans.length; i += 2) sum += runs.spans[i + 1] - runs.spans[i];
  return sum;
}

/**
 * The smallest rectangle that holds every set pixel; null for an empty mask.
 *
 * @example
 * ```ts
 * import { bounds } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * console.log(bounds(rectRuns({ width: 8, height: 6 }, { x: 1, y: 2, width: 3, height: 2 }))); // { x: 1, y: 2, width: 3, height: 2 }
 * ```
 */
export function bounds(runs: MaskRuns): Rect | null {
  const { height, rows, spans } = runs;
  if (spans.length === 0) return null;
  let top = 0;
  while (rows[top + 1] === 0) top++;
  let bottom = height - 1;
  while (rows[bottom] === rows[height]) bottom--;
  let left = Number.MAX_SAFE_INTEGER;
  let right = 0;
  for (let i = 0; i < spans.length; i += 2) {
    if (spans[i] < left) left = spans[i];
    if (spans[i + 1] > right) right = spans[i + 1];
  }
  return { x: left, y: top, width: right - left, height: bottom - top + 1 };
}

/**
 * Whether the pixel is set. A point outside the image is not.
 *
 * @example
 * ```ts
 * import { isSet, rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 6 }, { x: 1, y: 2, width: 3, height: 2 });
 * console.log(isSet(runs, 3, 2), isSet(runs, 4, 2)); // true false
 * ```
 */
export function isSet(runs: MaskRuns, column: number, row: number): boolean {
  return runAt(runs, column, row) >= 0;
}

/** Index of the run that holds a pixel; -1 if it is unset or outside the image. */
export function runAt(runs: MaskRuns, column: number, row: number): number {
  if (!(row >= 0 && row < runs.height)) return -1;
  let low = runs.rows[row];
  let high = runs.rows[row + 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column >= runs.spans[2 * middle + 1]) low = middle + 1;
    else high = middle;
  }
  return low < runs.rows[row + 1] && column >= runs.spans[2 * low] ? low : -1;
}
