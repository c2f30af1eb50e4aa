import { unexpected } from '../errors/index.js';
import type { Mask, MaskRuns, Polygon, Ring } from '../mask/index.js';
import { badFormat, type Codec, type ParseOptions, requireSize } from './codec.js';
import { badCoordinate, fillPolygons, isCoordinate, type PolygonOptions, polygonsFromMask } from './outlines.js';

/** Options of the COCO polygon codec. */
export interface CocoPolygonOptions extends PolygonOptions {
  /**
   * COCO polygons have no holes. 'bridge' makes a hole part of its outer ring by a line passed there and back, which fills
   * to the same pixels by the even-odd rule; 'drop' fills the holes.
   *
   * @defaultValue 'bridge'
   */
  readonly holes?: 'bridge' | 'drop';
}

const NAME = 'COCO polygon';

/**
 * `segmentation` of a COCO annotation with `iscrowd` 0: one flat list `[x1, y1, x2, y2, …]` in image px a part.
 *
 * @example
 * ```ts
 * import { cocoPolygon } from '@clickmask/core/formats';
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 6 };
 * const segmentation = cocoPolygon.serialize(rectRuns(size, { x: 1, y: 2, width: 3, height: 2 }));
 * console.log(JSON.stringify(segmentation)); // [[1,2,4,2,4,4,1,4]]
 * console.log(area(cocoPolygon.parse(segmentation, { size }))); // 6
 * ```
 */
export const cocoPolygon: Codec<number[][], CocoPolygonOptions> = Object.freeze({
  name: 'coco-polygon',
  mediaType: 'application/json',
  needsSize: true,
  serialize(mask: Mask | MaskRuns, options: CocoPolygonOptions = {}): number[][] {
    const { holes = 'bridge', ...rest } = options;
    if (holes !== 'bridge' && holes !== 'drop') {
      throw unexpected('bad-option', 'options.holes', "'bridge' or 'drop'", holes);
    }
    return polygonsFromMask(mask, rest).map((polygon) =>
      holes === 'drop' || polygon.holes.length === 0 ? Array.from(polygon.outer) : bridgeHoles(polygon),
    );
  },
  parse(value: unknown, options: ParseOptions = {}): MaskRuns {
    const size = requireSize(NAME, options);
    if (!Array.isArray(value)) throw badFormat(NAME, 'the type', 'an array of flat polygons', value);
    const polygons = value.map((points: unknown, i): Polygon => {
      if (!Array.isArray(points) || points.length < 6 || points.length % 2 !== 0) {
        throw badFormat(NAME, `[${i}]`, 'an even number of coordinates, at least 6', points);
      }
      const wrong = points.findIndex((point) => !isCoordinate(point));
      if (wrong !== -1) throw badCoordinate(NAME, `[${i}][${wrong}]`, points[wrong]);
      const outer = Float64Array.from(points as number[]);
      return { outer, holes: [] };
    });
    return fillPolygons(NAME, polygons, size);
  },
});

/** Above this many comparisons, bridges are no longer sought: each hole is then tied to the one before. */
const MAX_COMPARISONS = 2 ** 26;

/**
 * One line through all rings. From the leftmost corner of each hole, taken from left to right, a bridge runs straight left
 * to the line so far, so that bridges do not cross it. Even where one did, passing it there and back changes no pixel.
 */
function bridgeHoles({ outer, holes }: Polygon): number[] {
  const corners = [outer, ...holes].reduce((sum, ring) => sum + ring.length / 2, 0);
  const isSought = corners * holes.length <= MAX_COMPARISONS;
  // The line so far, as a linked list.
  const xs: number[] = [];
  const ys: number[] = [];
  const next: number[] = [];
  const insertAfter = (corner: number, x: number, y: number): number => {
    xs.push(x);
    ys.push(y);
    next.push(next[corner]);
    next[corner] = xs.length - 1;
    return xs.length - 1;
  };
  for (let i = 0; i < outer.length; i += 2) {
    xs.push(outer[i]);
    ys.push(outer[i + 1]);
    next.push(i / 2 + 1);
  }
  next[next.length - 1] = 0;

  let previous = 0;
  for (const { hole, leftmost } of holes
    .map((hole) => ({ hole, leftmost: leftmostCorner(hole) }))
    .sort((a, b) => a.hole[a.leftmost] - b.hole[b.leftmost])) {
    const x = hole[leftmost];
    const y = hole[leftmost + 1];
    let from = previous;
    let bridgeX = xs[previous];
    let bridgeY = ys[previous];
    if (isSought) {
      let best = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < xs.length; i++) {
        const j = next[i];
        if (ys[i] <= y === ys[j] <= y) continue;
        const at = xs[i] === xs[j] ? xs[i] : xs[i] + (xs[j] - xs[i]) * ((y - ys[i]) / (ys[j] - ys[i]));
        if (at <= best || at > x) continue;
        best = at;
        from = i;
        bridgeX = at;
        bridgeY = y;
      }
    }
    let last = from;
    if (bridgeX !== xs[from] || bridgeY !== ys[from]) last = insertAfter(last, bridgeX, bridgeY);
    previous = insertAfter(last, x, y);
    last = previous;
    for (let i = 2; i < hole.length; i += 2) {
      const k = (leftmost + i) % hole.length;
      last = insertAfter(last, hole[k], hole[k + 1]);
    }
    last = insertAfter(last, x, y);
    insertAfter(last, bridgeX, bridgeY);
  }

  const line: number[] = [];
  let corner = 0;
  do {
    line.push(xs[corner], ys[corner]);
    corner = next[corner];
  } while (corner !== 0);
  return line;
}

function leftmostCorner(ring: Ring): number {
  let best = 0;
  for (let i = 2; i < ring.length; i += 2) {
    if (ring[i] < ring[best] || (ring[i] === ring[best] && ring[i + 1] < ring[best + 1])) best = i;
  }
  return best;
}
