import { unexpected } from '../errors/index.js';
import { bridgeHoles, type Mask, type MaskRuns, type Polygon } from '../mask/index.js';
import { badFormat, type Codec, type ParseOptions, requireSize } from './codec.js';
import { badCoordinate, fillPolygons, isCoordinate, type PolygonOptions, polygonsFromMask } from './outlines.js';

/** Options of the COCO polygon codec. */
export interface CocoPolygonOptions extends PolygonOptions {
  /**
   * What happens to holes, which COCO polygons cannot hold. 'bridge' connects a hole to its outer ring by a line that
   * runs there and back; filled by the even-odd rule, it gives the same pixels. 'drop' fills the holes.
   *
   * @defaultValue 'bridge'
   */
  readonly holes?: 'bridge' | 'drop';
}

const NAME = 'COCO polygon';

/**
 * `segmentation` of a COCO annotation with `iscrowd` 0: one flat list `[x1, y1, x2, y2, …]` per part, in image px.
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
  isOutline: true,
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
