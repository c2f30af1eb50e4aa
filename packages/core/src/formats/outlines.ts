import { type ClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import {
  type Mask,
  type MaskRuns,
  type Polygon,
  type Ring,
  rasterisePolygons,
  simplifyPolygons,
  toleranceForDetail,
  toRuns,
  traceContours,
} from '../mask/index.js';
import { asBadFormat, badFormat } from './codec.js';

/** How exact a mask's polygons are. The default is exact. */
export interface PolygonOptions {
  /**
   * Every removed corner lies within this distance of the line, in px; see `simplifyPolygons`. Cannot be combined with
   * `detail`.
   *
   * @defaultValue 0
   */
  readonly tolerance?: number;
  /** Level of detail, 0 (coarse) to 1 (exact), relative to the mask's size; see `toleranceForDetail`. */
  readonly detail?: number;
  /**
   * Rings with a smaller area, in px², are dropped.
   *
   * @defaultValue 0
   */
  readonly minRingArea?: number;
}

/**
 * The simplified polygons of a mask.
 *
 * @throws ClickmaskError `bad-mask`, `bad-option`
 *
 * @example
 * ```ts
 * import { polygonsFromMask } from '@clickmask/core/formats';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const polygons = polygonsFromMask(rectRuns({ width: 8, height: 6 }, { x: 1, y: 2, width: 3, height: 2 }), { detail: 0.8 });
 * console.log(polygons[0].outer.join(' ')); // 1 2 4 2 4 4 1 4
 * ```
 */
export function polygonsFromMask(mask: Mask | MaskRuns, options: PolygonOptions = {}): Polygon[] {
  const { detail, tolerance = 0, minRingArea = 0 } = options;
  if (detail !== undefined && options.tolerance !== undefined) {
    throw unexpected('bad-option', 'options', 'either tolerance or detail', 'both');
  }
  const polygons = traceContours(toRuns(mask));
  const allowed = detail === undefined ? tolerance : toleranceForDetail(detail, polygons);
  if (allowed === 0 && minRingArea === 0) return polygons;
  return simplifyPolygons(polygons, { tolerance: allowed, minRingArea });
}

/** Largest accepted coordinate, in px: far outside any image, and far from float overflow. */
const MAX_COORDINATE = 2 ** 31;

/** Whether a value of any type is a usable number. */
export function isCoordinate(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_COORDINATE;
}

export function badCoordinate(codec: string, name: string, value: unknown): ClickmaskError {
  return badFormat(codec, name, `a number of at most ${MAX_COORDINATE}`, value);
}

/** Reads a ring of `[x, y]` points. A last point equal to the first is dropped. */
export function readRing(codec: string, name: string, value: unknown): Ring {
  if (!Array.isArray(value) || value.length < 3) throw badFormat(codec, name, 'an array of at least 3 points', value);
  const ring = new Float64Array(2 * value.length);
  value.forEach((point: unknown, i) => {
    if (!Array.isArray(point) || point.length < 2) throw badFormat(codec, `${name}[${i}]`, '[x, y]', point);
    const [x, y] = point as unknown[];
    if (!isCoordinate(x)) throw badCoordinate(codec, `${name}[${i}][0]`, x);
    if (!isCoordinate(y)) throw badCoordinate(codec, `${name}[${i}][1]`, y);
    ring[2 * i] = x;
    ring[2 * i + 1] = y;
  });
  const last = ring.length - 2;
  const isClosed = ring[0] === ring[last] && ring[1] === ring[last + 1];
  return isClosed ? ring.slice(0, last) : ring;
}

/** Reads a polygon: its outer ring, then its holes. */
export function readPolygon(codec: string, name: string, value: unknown): Polygon {
  if (!Array.isArray(value) || value.length < 1) throw badFormat(codec, name, '[outer ring, ...holes]', value);
  const [outer, ...holes] = value.map((ring: unknown, i) => readRing(codec, `${name}[${i}]`, ring));
  return { outer, holes };
}

/** Fills polygons. Too much work counts as an error of the value. */
export function fillPolygons(codec: string, polygons: readonly Polygon[], size: Size): MaskRuns {
  return asBadFormat(codec, () => rasterisePolygons(polygons, size));
}

/** A ring as `[x, y]` points, optionally with the first repeated at the end. */
export function ringPoints(ring: Ring, isClosed: boolean): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i < ring.length; i += 2) points.push([ring[i], ring[i + 1]]);
  if (isClosed) points.push([ring[0], ring[1]]);
  return points;
}
