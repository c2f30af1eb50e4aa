import { connectedComponents } from './components.js';
import type { MaskRuns } from './mask-runs.js';
import { type Polygon, type Ring, ringArea } from './polygon.js';

/**
 * Traces the outline of a mask along the cracks between pixels, as polygons with holes.
 *
 * - Corners are whole numbers in image px (pixel (0, 0) spans 0 to 1), only where the line turns. Rasterising the
 *   polygons gives the mask back exactly.
 * - Outer rings run clockwise on the screen (positive {@link ringArea}), holes the other way.
 * - One polygon for each 4-connected part, in the order of their first pixel: pixels that only touch at a corner belong
 *   to two polygons. So every ring is simple (it passes no point twice) and rings meet in single points at most, as
 *   OGC Simple Features, and with them most labeling tools, demand; an 8-connected outline would have to touch itself.
 *
 * Costs time in proportion to the number of runs and corners.
 *
 * @example
 * ```ts
 * import { rectRuns, traceContours } from '@clickmask/core/masks';
 *
 * const [polygon] = traceContours(rectRuns({ width: 8, height: 8 }, { x: 2, y: 1, width: 4, height: 3 }));
 * console.log(polygon.outer.join(' ')); // 2 1 6 1 6 4 2 4
 * ```
 */
export function traceContours(runs: MaskRuns): Polygon[] {
  const { labels, count } = connectedComponents(runs, 4);
  const outers: Ring[] = new Array(count);
  const holes: Ring[][] = Array.from({ length: count }, () => []);
  for (const { ring, run } of traceRings(runs)) {
    if (ringArea(ring) > 0) outers[labels[run]] = ring;
    else holes[labels[run]].push(ring);
  }
  return outers.map((outer, i) => ({ outer, holes: holes[i] }));
}

/**
 * The sides of runs are the vertical edges of the outline: side `k` is at column `spans[k]` in the row of its run. With
 * the foreground to the right, even sides (starts) run upwards and odd ones (ends) downwards.
 */
const isStart = (side: number) => (side & 1) === 0;

/** Yields each ring with a run on its border. Rings start at their topmost side, row by row. */
function* traceRings(runs: MaskRuns): Generator<{ ring: Ring; run: number }> {
  const { height, rows, spans } = runs;
  const next = linkSides(runs);
  const visited = new Uint8Array(spans.length);
  const points: number[] = [];
  // If a ring passes a corner twice, the part between is cut off as a separate ring.
  const seen = new Map<number, number>();
  const stride = runs.width + 1;

  for (let y = 0; y < height; y++) {
    for (let first = 2 * rows[y]; first < 2 * rows[y + 1]; first++) {
      if (visited[first] !== 0) continue;
      let side = first;
      let row = y;
      do {
        visited[side] = 1;
        const following = next[side];
        const cornerY = isStart(side) ? row : row + 1;
        const from = spans[side];
        const to = spans[following];
        if (from !== to) {
          for (const x of [from, to]) {
            const key = cornerY * stride + x;
            const earlier = seen.get(key);
            if (earlier !== undefined) {
              // The corner stays in the longer ring; the loop gets its earlier copy.
              for (let i = earlier + 2; i < points.length; i += 2) seen.delete(points[i + 1] * stride + points[i]);
              const loop = Float64Array.from(points.splice(earlier));
              yield { ring: loop, run: side >> 1 };
            }
            seen.set(key, points.length);
            points.push(x, cornerY);
          }
        }
        row = isStart(following) ? cornerY - 1 : cornerY;
        side = following;
      } while (side !== first);
      yield { ring: Float64Array.from(points), run: first >> 1 };
      points.length = 0;
      seen.clear();
    }
  }
}

/**
 * The side that follows each side along the outline. On the line between two rows, the sides that end there are joined
 * in pairs by horizontal edges, which run where the rows differ.
 */
function linkSides({ height, rows, spans }: MaskRuns): Uint32Array {
  const next = new Uint32Array(spans.length);
  /**
   * Joins two ends of a horizontal edge. One of them arrives at the line (an end from above, or a start from below).
   */
  const join = (a: number, b: number, isAbove: boolean) => {
    if (isStart(a) !== isAbove) next[a] = b;
    else next[b] = a;
  };
  for (let y = 0; y <= height; y++) {
    let above = y > 0 ? 2 * rows[y - 1] : 0;
    const aboveEnd = y > 0 ? 2 * rows[y] : 0;
    let below = y < height ? 2 * rows[y] : 0;
    const belowEnd = y < height ? 2 * rows[y + 1] : 0;
    let open = -1;
    let isOpenAbove = false;
    while (above < aboveEnd || below < belowEnd) {
      const aboveX = above < aboveEnd ? spans[above] : Number.POSITIVE_INFINITY;
      const belowX = below < belowEnd ? spans[below] : Number.POSITIVE_INFINITY;
      if (aboveX !== belowX) {
        const isAbove = aboveX < belowX;
        const side = isAbove ? above++ : below++;
        if (open < 0) {
          open = side;
          isOpenAbove = isAbove;
        } else {
          join(open, side, isOpenAbove);
          open = -1;
        }
        continue;
      }
      if (open < 0) {
        // Both rows change in the same way: the outline goes straight on.
        if (isStart(above)) next[below] = above;
        else next[above] = below;
      } else {
        // Two pixels touch at this corner. The edge from the left joins the side of its own pixel, so the line turns
        // right and the two pixels stay separate: the pixel above if the row above is set, else the one below.
        const isAbove = !isStart(above);
        join(open, isAbove ? above : below, isOpenAbove);
        open = isAbove ? below : above;
        isOpenAbove = !isAbove;
      }
      above++;
      below++;
    }
  }
  return next;
}
