import { checkSameSize } from './checks.js';
import { area, type MaskRuns, RunBuilder } from './mask-runs.js';

/**
 * Pixels that are set in either mask.
 *
 * @throws ClickmaskError `bad-mask` if the sizes differ
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rectRuns, union } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * const a = rectRuns(size, { x: 0, y: 0, width: 4, height: 4 });
 * const b = rectRuns(size, { x: 2, y: 2, width: 4, height: 4 });
 * console.log(area(union(a, b))); // 28
 * ```
 */
export function union(a: MaskRuns, b: MaskRuns): MaskRuns {
  return combine(a, b, true, true, true);
}

/**
 * Pixels that are set in both masks.
 *
 * @throws ClickmaskError `bad-mask` if the sizes differ
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { intersection, rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * const a = rectRuns(size, { x: 0, y: 0, width: 4, height: 4 });
 * const b = rectRuns(size, { x: 2, y: 2, width: 4, height: 4 });
 * console.log(area(intersection(a, b))); // 4
 * ```
 */
export function intersection(a: MaskRuns, b: MaskRuns): MaskRuns {
  return combine(a, b, false, false, true);
}

/**
 * Pixels that are set in `a` but not in `b`.
 *
 * @throws ClickmaskError `bad-mask` if the sizes differ
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { difference, rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * const a = rectRuns(size, { x: 0, y: 0, width: 4, height: 4 });
 * const b = rectRuns(size, { x: 2, y: 2, width: 4, height: 4 });
 * console.log(area(difference(a, b))); // 12
 * ```
 */
export function difference(a: MaskRuns, b: MaskRuns): MaskRuns {
  return combine(a, b, true, false, false);
}

/**
 * Pixels that are set in exactly one of the masks.
 *
 * @throws ClickmaskError `bad-mask` if the sizes differ
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rectRuns, xor } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * const a = rectRuns(size, { x: 0, y: 0, width: 4, height: 4 });
 * const b = rectRuns(size, { x: 2, y: 2, width: 4, height: 4 });
 * console.log(area(xor(a, b))); // 24
 * ```
 */
export function xor(a: MaskRuns, b: MaskRuns): MaskRuns {
  return combine(a, b, true, true, false);
}

/**
 * Pixels that are not set.
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { complement, emptyRuns } from '@clickmask/core/masks';
 *
 * console.log(area(complement(emptyRuns({ width: 8, height: 8 })))); // 64
 * ```
 */
export function complement(runs: MaskRuns): MaskRuns {
  const { width, height, rows, spans } = runs;
  const builder = new RunBuilder(runs);
  for (let y = 0; y < height; y++) {
    let start = 0;
    for (let i = 2 * rows[y]; i < 2 * rows[y + 1]; i += 2) {
      builder.add(y, start, spans[i]);
      start = spans[i + 1];
    }
    builder.add(y, start, width);
  }
  return builder.finish();
}

/**
 * Number of pixels that differ between two masks: the area of {@link xor}, without building it.
 *
 * @throws ClickmaskError `bad-mask` if the sizes differ
 *
 * @example
 * ```ts
 * import { changedPixels, emptyRuns, rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * console.log(changedPixels(emptyRuns(size), rectRuns(size, { x: 0, y: 0, width: 4, height: 4 }))); // 16
 * ```
 */
export function changedPixels(a: MaskRuns, b: MaskRuns): number {
  return area(a) + area(b) - 2 * overlap(a, b);
}

/**
 * Intersection over union of two masks, 0 to 1. Two empty masks are equal and give 1.
 *
 * @throws ClickmaskError `bad-mask` if the sizes differ
 *
 * @example
 * ```ts
 * import { maskIou, rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * const a = rectRuns(size, { x: 0, y: 0, width: 4, height: 4 });
 * console.log(maskIou(a, a)); // 1
 * ```
 */
export function maskIou(a: MaskRuns, b: MaskRuns): number {
  const shared = overlap(a, b);
  const all = area(a) + area(b) - shared;
  return all === 0 ? 1 : shared / all;
}

/**
 * Whether two masks have the same size and pixels.
 *
 * @example
 * ```ts
 * import { complement, rectRuns, sameRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 6 }, { x: 1, y: 2, width: 3, height: 2 });
 * console.log(sameRuns(runs, complement(complement(runs)))); // true
 * ```
 */
export function sameRuns(a: MaskRuns, b: MaskRuns): boolean {
  if (a.width !== b.width || a.height !== b.height || a.spans.length !== b.spans.length) return false;
  return a.rows.every((value, i) => value === b.rows[i]) && a.spans.every((value, i) => value === b.spans[i]);
}

/** Number of pixels that are set in both masks. */
function overlap(a: MaskRuns, b: MaskRuns): number {
  checkSameSize(a, b);
  let sum = 0;
  for (let y = 0; y < a.height; y++) {
    let i = 2 * a.rows[y];
    let j = 2 * b.rows[y];
    const aEnd = 2 * a.rows[y + 1];
    const bEnd = 2 * b.rows[y + 1];
    while (i < aEnd && j < bEnd) {
      const start = Math.max(a.spans[i], b.spans[j]);
      const end = Math.min(a.spans[i + 1], b.spans[j + 1]);
      if (end > start) sum += end - start;
      if (a.spans[i + 1] < b.spans[j + 1]) i += 2;
      else j += 2;
    }
  }
  return sum;
}

/** Merges the columns where either mask changes, row by row. The flags select the combinations to set. */
function combine(a: MaskRuns, b: MaskRuns, onlyA: boolean, onlyB: boolean, both: boolean): MaskRuns {
  checkSameSize(a, b);
  const builder = new RunBuilder(a);
  for (let y = 0; y < a.height; y++) {
    let i = 2 * a.rows[y];
    let j = 2 * b.rows[y];
    const aEnd = 2 * a.rows[y + 1];
    const bEnd = 2 * b.rows[y + 1];
    let start = -1;
    while (i < aEnd || j < bEnd) {
      const nextA = i < aEnd ? a.spans[i] : a.width + 1;
      const nextB = j < bEnd ? b.spans[j] : a.width + 1;
      const column = Math.min(nextA, nextB);
      if (nextA === column) i++;
      if (nextB === column) j++;
      // An odd index ends a run, so the mask is set between the previous change and this one.
      const inA = (i & 1) === 1;
      const inB = (j & 1) === 1;
      const isOn = inA ? (inB ? both : onlyA) : inB && onlyB;
      if (isOn && start < 0) start = column;
      else if (!isOn && start >= 0) {
        builder.add(y, start, column);
        start = -1;
      }
    }
  }
  return builder.finish();
}

/** Runs of columns where row `y` and row `y - 1` differ. Rows outside the image are empty. Calls `found` in order. */
export function eachRowChange(runs: MaskRuns, y: number, found: (start: number, end: number) => void): void {
  const { height, rows, spans } = runs;
  let i = y > 0 ? 2 * rows[y - 1] : 0;
  const iEnd = y > 0 ? 2 * rows[y] : 0;
  let j = y < height ? 2 * rows[y] : 0;
  const jEnd = y < height ? 2 * rows[y + 1] : 0;
  let start = -1;
  while (i < iEnd || j < jEnd) {
    let column: number;
    if (j >= jEnd) column = spans[i++];
    else if (i >= iEnd) column = spans[j++];
    else if (spans[i] === spans[j]) {
      i++;
      j++;
      continue;
    } else column = spans[i] < spans[j] ? spans[i++] : spans[j++];
    if (start < 0) start = column;
    else {
      found(start, column);
      start = -1;
    }
  }
}
