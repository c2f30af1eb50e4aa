import type { MaskRuns } from '@clickmask/core';
import { ringArea, simplifyPolygons, traceContours } from '@clickmask/core/masks';

/** Rings with at most this many corners are sent unchanged. */
const FEW_CORNERS = 8;
/** Tolerance in px. It flattens the staircase of pixel edges. */
const TOLERANCE = 0.75;

/**
 * Outline of the largest part, as corners `[x, y]` in image px; empty for an empty mask. Holes are left out, because
 * the user interface that reads it has none.
 */
export function outline(runs: MaskRuns): [number, number][] {
  if (runs.spans.length === 0) return [];
  let largest: Float64Array | null = null;
  let most = 0;
  for (const { outer } of traceContours(runs)) {
    const size = Math.abs(ringArea(outer));
    if (size > most) {
      most = size;
      largest = outer;
    }
  }
  if (largest === null) return [];
  const ring =
    largest.length > 2 * FEW_CORNERS
      ? (simplifyPolygons([{ outer: largest, holes: [] }], { tolerance: TOLERANCE })[0]?.outer ?? largest)
      : largest;
  const corners: [number, number][] = [];
  for (let i = 0; i < ring.length; i += 2) corners.push([ring[i], ring[i + 1]]);
  return corners;
}
