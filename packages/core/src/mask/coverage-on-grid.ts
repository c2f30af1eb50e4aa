import type { Rect, Size } from '../geometry/index.js';
import { type ResampleFilter, resizeMap } from '../image/index.js';
import type { MaskRuns } from './mask-runs.js';

/**
 * How much of each cell of a grid over a region the mask covers. A network can take the result as its previous map.
 *
 * @param roi - in image px, inside the image
 * @param filter - how pixels become cells; default `area`, the covered share
 * @returns floats from 0 to 1, shape [grid.height, grid.width]
 */
export function coverageOnGrid(runs: MaskRuns, roi: Rect, grid: Size, filter: ResampleFilter = 'area'): Float32Array {
  const bytes = new Uint8Array(roi.width * roi.height);
  for (let y = 0; y < roi.height; y++) {
    const offset = y * roi.width;
    for (let i = runs.rows[roi.y + y]; i < runs.rows[roi.y + y + 1]; i++) {
      const start = Math.max(0, runs.spans[2 * i] - roi.x);
      const end = Math.min(roi.width, runs.spans[2 * i + 1] - roi.x);
      if (start < end) bytes.fill(1, offset + start, offset + end);
    }
  }
  return resizeMap(bytes, roi, grid, filter);
}
