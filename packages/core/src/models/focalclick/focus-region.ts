import type { Rect } from '../../geometry/index.js';
import { area, bounds, complement, type MaskRuns, partAt, xor } from '../../mask/index.js';

/** A box by its edges, as in the authors' code: the right and bottom edges are the last pixels of a mask's box. */
interface Edges {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** An object with fewer pixels gives no hint where to look. */
const leastPixels = 10;
/** A change smaller than this share of the object is too small to look at. */
const leastShare = 1 / 3;
/** In that case: half the side of the square around the click, as a share of the object's longer side. */
const clickShare = 0.2;

/**
 * The part of the image to look at again after a click (FocalClick's focus crop).
 *
 * At first it is the object. Later it is what the click changes: the connected part, holding the click, of the
 * difference from the previous mask. If that part is small compared with the object, it is a square around the click.
 * If the clicked pixel did not change, the part is everything that did not, which is nearly the whole view.
 *
 * @param object - the coarse mask
 * @param previous - the mask before the click; null if there was none
 * @param click - the pixel of the last click
 * @param roi - the region of the coarse pass; the focus never leaves it
 * @param expansion - size of the focus, relative to its content
 * @returns in image px; null if the click is so far outside `roi` that nothing of it would be visible
 */
export function focusRegion(
  object: MaskRuns,
  previous: MaskRuns | null,
  click: { readonly column: number; readonly row: number },
  roi: Rect,
  expansion: number,
): Rect | null {
  const around = previous === null || area(previous) === 0 ? edgesOf(object) : change(object, previous, click);
  const [top, bottom] = expand(around.top, around.bottom, expansion, object.height);
  const [left, right] = expand(around.left, around.right, expansion, object.width);
  const y = Math.max(top, roi.y);
  const x = Math.max(left, roi.x);
  const height = Math.min(bottom, roi.y + roi.height) - y;
  const width = Math.min(right, roi.x + roi.width) - x;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

function change(object: MaskRuns, previous: MaskRuns, { column, row }: { column: number; row: number }): Edges {
  const changed = xor(previous, object);
  const part = edgesOf(partAt(changed, column, row, 8) ?? complement(changed));
  const whole = edgesOf(object);
  const height = whole.bottom - whole.top;
  const width = whole.right - whole.left;
  if (part.bottom - part.top >= height * leastShare && part.right - part.left >= width * leastShare) return part;
  const reach = clickShare * Math.max(height, width);
  return { top: row - reach, bottom: row + reach, left: column - reach, right: column + reach };
}

function edgesOf(runs: MaskRuns): Edges {
  const box = bounds(runs);
  if (box === null || area(runs) < leastPixels) return { top: 0, bottom: runs.height, left: 0, right: runs.width };
  return { top: box.y, bottom: box.y + box.height - 1, left: box.x, right: box.x + box.width - 1 };
}

/** Start and end (exclusive) of the range, expanded about its centre and truncated to whole pixels inside the image. */
function expand(low: number, high: number, expansion: number, limit: number): [number, number] {
  const centre = 0.5 * (low + high);
  const half = expansion * (high - low + 1) * 0.5;
  return [Math.max(0, Math.trunc(centre - half)), Math.min(limit, Math.trunc(centre + half))];
}
