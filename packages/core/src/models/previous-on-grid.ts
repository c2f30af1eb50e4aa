import { type Rect, type Size, sameRect } from '../geometry/index.js';
import { probabilitiesOf, type ResampleFilter, readOnGrid } from '../image/index.js';
import { coverageOnGrid } from '../mask/index.js';
import type { PreviousMask } from './family.js';

/**
 * The previous map or mask as a network's input: probabilities on its grid over the region; 0 outside the map, and
 * everywhere before the first mask.
 *
 * @param filter - how the image's pixels are resampled to the grid
 * @returns shape [grid.height, grid.width], never the map's own array
 */
export function previousOnGrid(
  previous: PreviousMask | null,
  roi: Rect,
  grid: Size,
  filter: ResampleFilter,
): Float32Array {
  if (previous === null) return new Float32Array(grid.width * grid.height);
  if ('spans' in previous) return coverageOnGrid(previous, roi, grid, filter);
  const pixelwise = (size: Size) => size.width === roi.width && size.height === roi.height;
  const own = previous.patches === undefined && sameRect(previous.roi, roi);
  if (own && pixelwise(previous) && pixelwise(grid)) return probabilitiesOf(previous).slice();
  return readOnGrid(previous, roi, grid, filter);
}
