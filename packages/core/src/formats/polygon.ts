import type { Mask, MaskRuns } from '../mask/index.js';
import { badFormat, type Codec, type ParseOptions, requireSize } from './codec.js';
import { fillPolygons, type PolygonOptions, polygonsFromMask, readPolygon, ringPoints } from './outlines.js';

/**
 * Polygons: each is an outer ring and its holes. Each ring is a list of `[x, y]` points in image px, without repeating
 * the first.
 */
export type PolygonJson = [number, number][][][];

const NAME = 'polygon';

/**
 * Polygons with holes as plain JSON. Exact by default; `detail` or `tolerance` removes corners.
 *
 * @example
 * ```ts
 * import { polygonJson } from '@clickmask/core/formats';
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 6 };
 * const polygons = polygonJson.serialize(rectRuns(size, { x: 1, y: 2, width: 3, height: 2 }));
 * console.log(JSON.stringify(polygons)); // [[[[1,2],[4,2],[4,4],[1,4]]]]
 * console.log(area(polygonJson.parse(polygons, { size }))); // 6
 * ```
 */
export const polygonJson: Codec<PolygonJson, PolygonOptions> = Object.freeze({
  name: 'polygon',
  mediaType: 'application/json',
  needsSize: true,
  isOutline: true,
  serialize(mask: Mask | MaskRuns, options: PolygonOptions = {}): PolygonJson {
    return polygonsFromMask(mask, options).map(({ outer, holes }) =>
      [outer, ...holes].map((ring) => ringPoints(ring, false)),
    );
  },
  parse(value: unknown, options: ParseOptions = {}): MaskRuns {
    const size = requireSize(NAME, options);
    if (!Array.isArray(value)) throw badFormat(NAME, 'the type', 'an array of polygons', value);
    const polygons = value.map((polygon: unknown, i) => readPolygon(NAME, `[${i}]`, polygon));
    return fillPolygons(NAME, polygons, size);
  },
});
