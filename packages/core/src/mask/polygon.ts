/**
 * A closed line in image px: x and y of each corner, without repeating the first. Pixel (0, 0) spans 0 to 1 in both
 * directions.
 */
export type Ring = Float64Array;

/** An area with holes. The even-odd rule applies to all its rings, so the direction of a ring does not matter. */
export interface Polygon {
  readonly outer: Ring;
  readonly holes: readonly Ring[];
}

/**
 * Signed area of a ring in px². Positive if it runs clockwise on the screen (y down), as outer rings do. Shoelace
 * formula.
 *
 * @example
 * ```ts
 * import { ringArea } from '@clickmask/core/masks';
 *
 * console.log(ringArea(Float64Array.of(0, 0, 4, 0, 4, 3, 0, 3))); // 12
 * ```
 */
export function ringArea(ring: Ring): number {
  let sum = 0;
  const last = ring.length - 2;
  for (let i = 0, j = last; i <= last; j = i, i += 2) sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  return sum / 2;
}

/** Area of polygons in px², without their holes. */
export function polygonsArea(polygons: readonly Polygon[]): number {
  let sum = 0;
  for (const { outer, holes } of polygons) {
    sum += Math.abs(ringArea(outer));
    for (const hole of holes) sum -= Math.abs(ringArea(hole));
  }
  return sum;
}
