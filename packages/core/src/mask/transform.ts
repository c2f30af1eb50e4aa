import { expectInteger } from '../errors/index.js';
import type { Rect, Size } from '../geometry/index.js';
import { eachRowChange } from './boolean.js';
import { checkSize } from './checks.js';
import { type MaskRuns, RunBuilder } from './mask-runs.js';

/**
 * A mask with exactly the pixels of a rectangle set. Everything outside the image is cut off.
 *
 * @throws ClickmaskError `bad-mask` if a side or coordinate is not a whole number
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * console.log(area(rectRuns({ width: 10, height: 10 }, { x: 2, y: 3, width: 4, height: 5 }))); // 20
 * ```
 */
export function rectRuns(size: Size, rect: Rect): MaskRuns {
  checkSize(size);
  checkRect(rect);
  const builder = new RunBuilder(size);
  const bottom = Math.min(size.height, rect.y + rect.height);
  for (let y = Math.max(0, rect.y); y < bottom; y++) {
    builder.add(y, Math.max(0, rect.x), Math.min(size.width, rect.x + rect.width));
  }
  return builder.finish();
}

/**
 * The part of a mask inside a rectangle, as a mask of the rectangle's size. Pixels outside the image are unset.
 *
 * @throws ClickmaskError `bad-mask` if the rectangle has fractional values
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { cropMask, rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 10, height: 10 }, { x: 2, y: 3, width: 4, height: 5 });
 * console.log(area(cropMask(runs, { x: 0, y: 0, width: 4, height: 4 }))); // 2
 * ```
 */
export function cropMask(runs: MaskRuns, rect: Rect): MaskRuns {
  checkRect(rect);
  return pasteMask(runs, rect, -rect.x, -rect.y);
}

/**
 * Places a mask in an image of another size, with its top-left corner at `(x, y)`, which may be negative. Everything
 * outside is cut off.
 *
 * @throws ClickmaskError `bad-mask` if the size or offset is not whole
 *
 * @example
 * ```ts
 * import { bounds } from '@clickmask/core';
 * import { pasteMask, rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 4, height: 4 }, { x: 1, y: 1, width: 2, height: 2 });
 * console.log(bounds(pasteMask(runs, { width: 100, height: 100 }, 50, 60))); // { x: 51, y: 61, width: 2, height: 2 }
 * ```
 */
export function pasteMask(runs: MaskRuns, size: Size, x: number, y: number): MaskRuns {
  checkSize(size);
  expectInteger('bad-mask', 'x', x, Number.MIN_SAFE_INTEGER);
  expectInteger('bad-mask', 'y', y, Number.MIN_SAFE_INTEGER);
  const { rows, spans } = runs;
  const builder = new RunBuilder(size);
  const bottom = Math.min(runs.height, size.height - y);
  for (let row = Math.max(0, -y); row < bottom; row++) {
    for (let i = 2 * rows[row]; i < 2 * rows[row + 1]; i += 2) {
      builder.add(row + y, Math.max(0, spans[i] + x), Math.min(size.width, spans[i + 1] + x));
    }
  }
  return builder.finish();
}

/**
 * Scales a mask to another size by nearest neighbour: output pixel `i` takes input pixel `floor((i + 0.5) * input /
 * output)`.
 *
 * @throws ClickmaskError `bad-mask` if the size is not made of whole numbers ≥ 1
 *
 * @example
 * ```ts
 * import { bounds } from '@clickmask/core';
 * import { rectRuns, resizeMask } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 4, height: 4 }, { x: 1, y: 1, width: 2, height: 2 });
 * console.log(bounds(resizeMask(runs, { width: 8, height: 8 }))); // { x: 2, y: 2, width: 4, height: 4 }
 * ```
 */
export function resizeMask(runs: MaskRuns, size: Size): MaskRuns {
  checkSize(size);
  const { rows, spans } = runs;
  const builder = new RunBuilder(size);
  // The first output pixel whose source column is `column` or later. All numbers are whole, so this is exact.
  const toOutput = (column: number) =>
    Math.max(0, Math.ceil((2 * column * size.width - runs.width) / (2 * runs.width)));
  for (let y = 0; y < size.height; y++) {
    const row = Math.floor(((2 * y + 1) * runs.height) / (2 * size.height));
    for (let i = 2 * rows[row]; i < 2 * rows[row + 1]; i += 2) {
      builder.add(y, toOutput(spans[i]), toOutput(spans[i + 1]));
    }
  }
  return builder.finish();
}

/**
 * The mask mirrored at its main diagonal: rows become columns, which column-major formats need. Computed from the
 * differences between neighbouring rows, so the cost is proportional to the outline.
 *
 * @example
 * ```ts
 * import { bounds } from '@clickmask/core';
 * import { rectRuns, transpose } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 9, height: 5 }, { x: 1, y: 2, width: 6, height: 3 });
 * console.log(bounds(transpose(runs))); // { x: 2, y: 1, width: 3, height: 6 }
 * ```
 */
export function transpose(runs: MaskRuns): MaskRuns {
  const { width, height } = runs;
  // Each column begins or ends a run where it differs from the row above. These are first counted, as a running sum
  // over the columns, then filled in.
  const offsets = new Uint32Array(width + 2);
  for (let y = 0; y <= height; y++) {
    eachRowChange(runs, y, (start, end) => {
      offsets[start + 1]++;
      offsets[end + 1]--; // wraps below 0 in between; the running sum does not
    });
  }
  for (let x = 1, perColumn = 0; x <= width; x++) {
    perColumn = (perColumn + offsets[x]) >>> 0;
    offsets[x] = offsets[x - 1] + perColumn;
  }
  const spans = new Uint32Array(offsets[width]);
  const next = offsets.slice(0, width);
  for (let y = 0; y <= height; y++) {
    eachRowChange(runs, y, (start, end) => {
      for (let x = start; x < end; x++) spans[next[x]++] = y;
    });
  }
  const rows = new Uint32Array(width + 1);
  for (let x = 0; x <= width; x++) rows[x] = offsets[x] >> 1;
  return { width: height, height: width, rows, spans };
}

function checkRect(rect: Rect): void {
  expectInteger('bad-mask', 'rect.x', rect?.x, Number.MIN_SAFE_INTEGER);
  expectInteger('bad-mask', 'rect.y', rect?.y, Number.MIN_SAFE_INTEGER);
  expectInteger('bad-mask', 'rect.width', rect?.width, 1);
  expectInteger('bad-mask', 'rect.height', rect?.height, 1);
}
