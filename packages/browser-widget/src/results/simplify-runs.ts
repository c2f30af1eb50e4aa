import type { MaskRuns } from '@clickmask/core';
import { rasterisePolygons, simplifyPolygons, toleranceForDetail, traceContours } from '@clickmask/core/masks';

/**
 * Redraws a mask with fewer corners.
 *
 * @param detail - 1 keeps every pixel, 0 is the coarsest
 */
export function simplifyRuns(runs: MaskRuns, detail: number): MaskRuns {
  const polygons = traceContours(runs);
  return rasterisePolygons(simplifyPolygons(polygons, { tolerance: toleranceForDetail(detail, polygons) }), runs);
}
