import type { Rect, Size } from '../geometry/index.js';
import { axisWeights, composeWeights, type ResampleFilter } from './axis-weights.js';
import { readLayersOnGrid } from './map-layers.js';
import { type ProbabilityMap, probabilitiesOf } from './probability-map.js';
import { applyWeights } from './resize.js';

/**
 * Reads a map on the grid of another region of interest: enlarges to pixels, crops, and resamples, in a single step per
 * axis, so no full-size map is made.
 *
 * @param filter - how the pixels of `roi` are resampled to the new grid
 * @returns probabilities, shape [size.height, size.width]
 */
export function readOnGrid(map: ProbabilityMap, roi: Rect, size: Size, filter: ResampleFilter): Float32Array {
  if (map.patches !== undefined) return readLayersOnGrid(map, roi, size, filter);
  const across = composeWeights(
    axisWeights(roi.width, size.width, filter),
    axisWeights(map.width, map.roi.width, map.filter),
    map.roi.x - roi.x,
  );
  const down = composeWeights(
    axisWeights(roi.height, size.height, filter),
    axisWeights(map.height, map.roi.height, map.filter),
    map.roi.y - roi.y,
  );
  return applyWeights(probabilitiesOf(map), across, down);
}
