import { type Click, clickPixel } from '../clicks/index.js';
import { type Rect, type Size, wholeRect } from '../geometry/index.js';
import type { ZoomInOptions } from './options.js';

/**
 * Share of the image beyond which `anySizeFrom` does not count. A closer look at nearly everything costs an encoder pass
 * and shows hardly more: on GrabCut it took a few clicks more.
 */
const nearlyWhole = 0.75;

/** Zoom-in's decision for one forward pass. */
export interface ZoomedView {
  readonly roi: Rect;
  /** Where the answer goes: the region itself, except with `whenEmpty: 'as-released'`. */
  readonly shownIn: Rect;
  /** False if the whole image is used: for the first clicks, for large objects, and without a mask. */
  readonly zoomed: boolean;
  /** The current region from now on; null before the first zoom. */
  readonly current: Rect | null;
}

/**
 * The region of interest for the next forward pass, by RITM's zoom-in.
 *
 * It is the box around the last mask and all positive clicks, expanded about its centre to at least `minSize`. The
 * current region is kept while every positive click lies in it and it overlaps enough with the new one. Halves are
 * rounded to even, as in the authors' Python. `largestShare` and `anySizeFrom` are additions of Clickmask.
 *
 * @param maskBounds - box of the last mask at `options.threshold`, in image px; null for an empty mask, which selects
 * the whole image
 * @param current - the current region; null before the first zoom
 */
export function zoomRegion(
  maskBounds: Rect | null,
  clicks: readonly Click[],
  current: Rect | null,
  size: Size,
  options: ZoomInOptions,
): ZoomedView {
  const whole = wholeRect(size);
  if (clicks.length <= options.skipClicks || (maskBounds === null && options.skipClicks >= 0)) {
    const squeezed = options.whenEmpty === 'as-released' && maskBounds === null ? current : null;
    return { roi: whole, shownIn: squeezed ?? whole, zoomed: false, current };
  }
  const positive = clicks.filter((click) => click.label === 'positive').map((click) => clickPixel(click, size));
  const wanted = maskBounds === null ? whole : surroundings(maskBounds, positive, size, options);
  const roi = current !== null && keeps(current, wanted, positive, options.keepIou) ? current : wanted;
  const anySize = clicks.length >= (options.anySizeFrom ?? Number.POSITIVE_INFINITY);
  const usualShare = options.largestShare ?? 1;
  const largestShare = anySize ? Math.max(usualShare, nearlyWhole) : usualShare;
  if (roi.width * roi.height > largestShare * whole.width * whole.height) {
    return { roi: whole, shownIn: whole, zoomed: false, current: null };
  }
  return { roi, shownIn: roi, zoomed: true, current: roi };
}

interface Pixel {
  readonly column: number;
  readonly row: number;
}

function surroundings(maskBounds: Rect, positive: readonly Pixel[], size: Size, options: ZoomInOptions): Rect {
  let left = maskBounds.x;
  let top = maskBounds.y;
  let right = maskBounds.x + maskBounds.width - 1;
  let bottom = maskBounds.y + maskBounds.height - 1;
  for (const { column, row } of positive) {
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  }
  const [x, width] = expand(left, right, size.width, options);
  const [y, height] = expand(top, bottom, size.height, options);
  return { x, y, width, height };
}

function keeps(current: Rect, wanted: Rect, positive: readonly Pixel[], keepIou: number): boolean {
  // The authors' test excludes the far edge, although the region includes it.
  const holds = ({ column, row }: Pixel) =>
    column >= current.x &&
    column < current.x + current.width - 1 &&
    row >= current.y &&
    row < current.y + current.height - 1;
  const overlap =
    lineIou(current.x, current.width, wanted.x, wanted.width) *
    lineIou(current.y, current.height, wanted.y, wanted.height);
  return positive.every(holds) && overlap >= keepIou;
}

/** Converts inclusive edges `low`, `high` to start and length of the expanded range inside `[0, limit)`. */
function expand(low: number, high: number, limit: number, options: ZoomInOptions): [number, number] {
  const length = Math.max(options.expansion * (high - low + 1), options.minSize);
  const centre = 0.5 * (low + high);
  const start = Math.max(0, roundHalfEven(centre - 0.5 * length));
  const end = Math.min(limit - 1, roundHalfEven(centre + 0.5 * length));
  return [start, Math.max(1, end - start + 1)];
}

function lineIou(startA: number, lengthA: number, startB: number, lengthB: number): number {
  const overlap = Math.min(startA + lengthA, startB + lengthB) - Math.max(startA, startB);
  const union = Math.max(startA + lengthA, startB + lengthB) - Math.min(startA, startB);
  return Math.max(0, overlap) / union;
}

/** Rounds to the nearest whole number, halves to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
