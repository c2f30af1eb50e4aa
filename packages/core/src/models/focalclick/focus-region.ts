import type { Rect } from '../../geometry/index.js';
import { area, bounds, complement, type MaskRuns, partAt, xor } from '../../mask/index.js';

/** A box by its edges, as the authors' code keeps them: the far ones are the last pixels of a mask's box. */
interface Edges {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Fewer pixels than this say nothing about where to look. */
const leastPixels = 10;
/** A change smaller than this share of the object is too small a part to look at. */
const leastShare = 1 / 3;
/** Then half a side of the square around the click, as a share of the object's longer side. */
const clickShare = 0.2;

/**
 * The part of the image that is looked at again after a click (FocalClick's focus crop).
 *
 * At first it is the object. From then on it is what the click changes: the connected part of the difference from the
 * mask before that holds the click, or a square around the click where that part is small beside the object. Where the
 * click's own pixel did not change, the part is all that did not, so that next to everything is looked at.
 *
 * @param object - the coarse mask
 * @param previous - the mask before the click; null where there was none
 * @param click - the pixel clicked last
 * @param roi - what the coarse pass looked at; the focus never leaves it
 * @param expansion - size of the part, relative to what it is to hold
 * @returns in image px; null where the click lies so far outside of `roi` that nothing of it would be seen
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

/** Start and end (exclusive) of the stretch grown about its centre, cut off to whole pixels inside the image. */
function expand(low: number, high: number, expansion: number, limit: number): [number, number] {
  const centre = 0.5 * (low + high);
  const half = expansion * (high - low + 1) * 0.5;
  return [Math.max(0, Math.trunc(centre - half)), Math.min(limit, Math.trunc(centre + half))];
}
