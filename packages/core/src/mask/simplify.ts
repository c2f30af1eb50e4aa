import { expectNumber } from '../errors/index.js';
import { MinHeap } from './min-heap.js';
import { PointGrid } from './point-grid.js';
import { type Polygon, type Ring, ringArea } from './polygon.js';

/** Options of {@link simplifyPolygons}. */
export interface SimplifyOptions {
  /**
   * Every removed corner lies within this distance of the new line, in px. Pixel staircases become smooth from 1 on,
   * better at 1.5. 0 removes only corners on a straight line.
   *
   * @defaultValue 1
   */
  readonly tolerance?: number;
  /**
   * Rings with a smaller area, in px², are dropped; an outer ring with its holes. 0 keeps all: a small ring then
   * shrinks at most to a triangle and never vanishes.
   *
   * @defaultValue 0
   */
  readonly minRingArea?: number;
}

/**
 * Removes corners of polygons without making rings cross. Corners are removed in the order of the error they cause, and
 * only while the triangle with their neighbours contains no other corner of any ring. Simple rings stay simple, rings
 * that did not touch still do not, holes stay inside, directions stay, and each ring keeps at least three of its
 * corners. Meant for the result of {@link traceContours}. Nothing is guaranteed for rings that cross from the start.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { rectRuns, simplifyPolygons, traceContours, union } from '@clickmask/core/masks';
 *
 * const size = { width: 40, height: 40 };
 * const block = rectRuns(size, { x: 10, y: 10, width: 20, height: 20 });
 * const bump = rectRuns(size, { x: 15, y: 9, width: 1, height: 1 });
 * const [polygon] = simplifyPolygons(traceContours(union(block, bump)), { tolerance: 1 });
 * console.log(polygon.outer.length / 2); // 4
 * ```
 */
export function simplifyPolygons(polygons: readonly Polygon[], options: SimplifyOptions = {}): Polygon[] {
  const { tolerance = 1, minRingArea = 0 } = options;
  expectNumber('bad-option', 'tolerance', tolerance, 0);
  expectNumber('bad-option', 'minRingArea', minRingArea, 0);
  const isLarge = (ring: Ring) => minRingArea === 0 || Math.abs(ringArea(ring)) >= minRingArea;
  const kept = polygons
    .filter(({ outer }) => isLarge(outer))
    .map(({ outer, holes }) => ({ outer, holes: holes.filter(isLarge) }));
  const rings = simplifyRings(
    kept.flatMap(({ outer, holes }) => [outer, ...holes]),
    tolerance,
  );
  let at = 0;
  return kept.map(({ holes }) => {
    const outer = rings[at++];
    at += holes.length;
    return { outer, holes: rings.slice(at - holes.length, at) };
  });
}

/**
 * The tolerance for a level of detail, for use with a slider. 1 keeps every corner; 0 allows 2 % of the diagonal of the
 * polygons' bounding box. The tolerance falls with the square of the detail, so the fine end is easy to set.
 *
 * @param detail - 0 (coarse) to 1 (exact)
 * @returns tolerance in px
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { rectRuns, toleranceForDetail, traceContours } from '@clickmask/core/masks';
 *
 * const polygons = traceContours(rectRuns({ width: 500, height: 500 }, { x: 0, y: 0, width: 300, height: 400 }));
 * console.log(toleranceForDetail(0.5, polygons)); // 2.5
 * ```
 */
export function toleranceForDetail(detail: number, polygons: readonly Polygon[]): number {
  expectNumber('bad-option', 'detail', detail, 0, 1);
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const { outer } of polygons) {
    for (let i = 0; i < outer.length; i += 2) {
      left = Math.min(left, outer[i]);
      right = Math.max(right, outer[i]);
      top = Math.min(top, outer[i + 1]);
      bottom = Math.max(bottom, outer[i + 1]);
    }
  }
  if (left > right) return 0;
  return (1 - detail) ** 2 * 0.02 * Math.hypot(right - left, bottom - top);
}

/** All corners of all rings in one pool. Ring `r` has the corners `starts[r]` to `starts[r + 1] - 1`. */
interface Corners {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly starts: Uint32Array;
  readonly ringOf: Uint32Array;
  /** The neighbours that are still there. */
  readonly previous: Uint32Array;
  readonly next: Uint32Array;
}

function simplifyRings(rings: readonly Ring[], tolerance: number): Ring[] {
  const corners = collectCorners(rings);
  const { xs, ys, starts, ringOf, previous, next } = corners;
  const alive = new Uint8Array(xs.length).fill(1);
  const left = Uint32Array.from(rings, (ring) => ring.length / 2);
  const grid = new PointGrid(xs, ys);
  const heap = new MinHeap();
  // Counts the changes of a corner's neighbours, which makes older entries of the heap invalid.
  const versions = new Uint32Array(xs.length);
  const limit = tolerance * tolerance;

  const queue = (corner: number) => {
    versions[corner]++;
    if (left[ringOf[corner]] <= 3) return;
    const { error, count } = removalError(corners, corner, limit);
    // Among equal errors, the shortest part goes first. On long straight lines, where all errors are equal, lengths
    // then double in turn. Growing one corner by corner would take quadratic time.
    if (error <= limit)
      heap.push(Math.ceil(error * 1024) * 2 ** 24 + Math.min(count, 2 ** 24 - 1), corner, versions[corner]);
  };

  for (let i = 0; i < xs.length; i++) queue(i);
  let blocked: number[] = [];
  for (let removedAny = true; removedAny; ) {
    removedAny = false;
    while (heap.pop()) {
      const corner = heap.item;
      if (alive[corner] === 0 || heap.version !== versions[corner] || left[ringOf[corner]] <= 3) continue;
      if (isBlocked(corners, grid, corner)) {
        blocked.push(corner);
        continue;
      }
      alive[corner] = 0;
      left[ringOf[corner]]--;
      removedAny = true;
      grid.remove(corner);
      const before = previous[corner];
      const after = next[corner];
      next[before] = after;
      previous[after] = before;
      queue(before);
      queue(after);
    }
    // The obstacle may be gone by now.
    for (const corner of blocked) if (alive[corner] !== 0) queue(corner);
    blocked = [];
  }

  return rings.map((_, r) => {
    const ring = new Float64Array(2 * left[r]);
    let at = 0;
    for (let i = starts[r]; i < starts[r + 1]; i++) {
      if (alive[i] === 0) continue;
      ring[at++] = xs[i];
      ring[at++] = ys[i];
    }
    return ring;
  });
}

function collectCorners(rings: readonly Ring[]): Corners {
  const starts = new Uint32Array(rings.length + 1);
  rings.forEach((ring, r) => {
    starts[r + 1] = starts[r] + ring.length / 2;
  });
  const count = starts[rings.length];
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  const ringOf = new Uint32Array(count);
  const previous = new Uint32Array(count);
  const next = new Uint32Array(count);
  rings.forEach((ring, r) => {
    const start = starts[r];
    const length = ring.length / 2;
    for (let i = 0; i < length; i++) {
      xs[start + i] = ring[2 * i];
      ys[start + i] = ring[2 * i + 1];
      ringOf[start + i] = r;
      previous[start + i] = start + ((i + length - 1) % length);
      next[start + i] = start + ((i + 1) % length);
    }
  });
  return { xs, ys, starts, ringOf, previous, next };
}

/**
 * The largest squared distance from the line between a corner's neighbours to the corners removed between them,
 * including earlier steps, and their number. Stops when the limit is exceeded.
 */
function removalError(corners: Corners, corner: number, limit: number): { error: number; count: number } {
  const { xs, ys, starts, ringOf, previous, next } = corners;
  const from = previous[corner];
  const to = next[corner];
  const x = xs[from];
  const y = ys[from];
  const dx = xs[to] - x;
  const dy = ys[to] - y;
  const squaredLength = dx * dx + dy * dy;
  const ringStart = starts[ringOf[corner]];
  const ringEnd = starts[ringOf[corner] + 1];
  let error = 0;
  let count = 0;
  for (let i = from + 1 === ringEnd ? ringStart : from + 1; i !== to; i = i + 1 === ringEnd ? ringStart : i + 1) {
    const px = xs[i] - x;
    const py = ys[i] - y;
    const along = squaredLength === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squaredLength));
    const ex = px - along * dx;
    const ey = py - along * dy;
    const distance = ex * ex + ey * ey;
    count++;
    if (distance > error) {
      error = distance;
      if (error > limit) break;
    }
  }
  return { error, count };
}

/**
 * Whether removing a corner could make lines cross or touch. A line can come between a corner and the shortcut only if
 * one of its ends lies in their triangle. Corners in the same place as a neighbour belong to other rings that touch
 * there; they are an obstacle only if they already have the shortcut as an edge.
 */
function isBlocked(corners: Corners, grid: PointGrid, corner: number): boolean {
  const { xs, ys, previous, next } = corners;
  const a = previous[corner];
  const b = next[corner];
  const isAt = (i: number, j: number) => xs[i] === xs[j] && ys[i] === ys[j];
  return grid.someInTriangle(a, corner, b, (other) => {
    if (isAt(other, a)) return isAt(next[other], b) || isAt(previous[other], b);
    return !isAt(other, b);
  });
}
