import type { Mask, MaskRuns } from '../mask/index.js';
import { badFormat, type Codec, isRecord, type ParseOptions, requireSize } from './codec.js';
import { fillPolygons, type PolygonOptions, polygonsFromMask, readPolygon, ringPoints } from './outlines.js';

/** A GeoJSON geometry (RFC 7946) with coordinates in image px instead of degrees. */
export type GeoJsonGeometry =
  | { readonly type: 'Polygon'; readonly coordinates: [number, number][][] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: [number, number][][][] };

const NAME = 'GeoJSON';

/**
 * GeoJSON-like geometry: one part gives a `Polygon`; none or several give a `MultiPolygon`. Rings are closed (the first
 * point is repeated). Seen as numbers, outer rings run counter-clockwise, as RFC 7946 requires. `parse` accepts a
 * geometry or a `Feature` with one.
 *
 * @example
 * ```ts
 * import { geoJson } from '@clickmask/core/formats';
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 6 };
 * const geometry = geoJson.serialize(rectRuns(size, { x: 1, y: 2, width: 3, height: 2 }));
 * console.log(JSON.stringify(geometry)); // {"type":"Polygon","coordinates":[[[1,2],[4,2],[4,4],[1,4],[1,2]]]}
 * console.log(area(geoJson.parse(geometry, { size }))); // 6
 * ```
 */
export const geoJson: Codec<GeoJsonGeometry, PolygonOptions> = Object.freeze({
  name: 'geojson',
  mediaType: 'application/geo+json',
  needsSize: true,
  isOutline: true,
  serialize(mask: Mask | MaskRuns, options: PolygonOptions = {}): GeoJsonGeometry {
    const coordinates = polygonsFromMask(mask, options).map(({ outer, holes }) =>
      [outer, ...holes].map((ring) => ringPoints(ring, true)),
    );
    return coordinates.length === 1
      ? { type: 'Polygon', coordinates: coordinates[0] }
      : { type: 'MultiPolygon', coordinates };
  },
  parse(value: unknown, options: ParseOptions = {}): MaskRuns {
    const size = requireSize(NAME, options);
    const geometry = isRecord(value) && value.type === 'Feature' ? value.geometry : value;
    if (!isRecord(geometry)) throw badFormat(NAME, 'the type', 'a geometry or a Feature', geometry);
    const { type, coordinates } = geometry;
    if (type === 'Polygon') return fillPolygons(NAME, [readPolygon(NAME, 'coordinates', coordinates)], size);
    if (type !== 'MultiPolygon') throw badFormat(NAME, 'type', "'Polygon' or 'MultiPolygon'", type);
    if (!Array.isArray(coordinates)) throw badFormat(NAME, 'coordinates', 'an array of polygons', coordinates);
    const polygons = coordinates.map((polygon: unknown, i) => readPolygon(NAME, `coordinates[${i}]`, polygon));
    return fillPolygons(NAME, polygons, size);
  },
});
