import {
  type Polygon,
  type Ring,
  ringArea,
  simplifyPolygons,
  toleranceForDetail,
  traceContours,
} from '@clickmask/core/masks';
import { cutHoles } from './cut-holes.js';
import { labelValue, type Region, type RegionOptions, type RegionRequest, regionFrame } from './region.js';
import { regionId } from './region-id.js';

/**
 * Polygon regions, in percent. A Label Studio polygon is a single ring, so each part of the mask is a region: the
 * largest first, the others as its children in the outliner. The meta text says what was left out or filled.
 */
export function polygonRegions(request: RegionRequest, options: RegionOptions = {}): Region[] {
  const { polygonDetail = 0.8, polygonMaxPoints = 300, polygonHoles = 'fill', polygonMinPart = 0.01 } = options;
  const traced = traceContours(request.mask).sort((a, b) => ringArea(b.outer) - ringArea(a.outer));
  if (traced.length === 0) return [];
  const smallest = polygonMinPart * ringArea(traced[0].outer);
  const parts = traced.filter((part) => ringArea(part.outer) >= smallest);
  const dropped = traced.length - parts.length;
  return parts.map((part, index) => {
    const isCut = (hole: Ring) => polygonHoles === 'cut' && Math.abs(ringArea(hole)) >= smallest;
    // Filled holes use no points.
    const kept = { outer: part.outer, holes: part.holes.filter(isCut) };
    const { ring, filled } = cutHoles(simplified(kept, polygonDetail, polygonMaxPoints));
    const lost = [...part.holes.filter((hole) => !isCut(hole)), ...filled];
    const remarks = [
      ...(parts.length > 1 ? [`part ${index + 1} of ${parts.length}`] : []),
      ...(lost.length > 0 ? [describeHoles(lost, polygonHoles)] : []),
      ...(index === 0 && dropped > 0 ? [`${dropped} small parts left out`] : []),
    ];
    return {
      id: index === 0 ? request.id : regionId(request.id, index),
      ...regionFrame(request),
      ...(index === 0 ? {} : { parentID: request.id }),
      ...(remarks.length === 0 ? {} : { meta: { text: remarks } }),
      value: { points: toPercent(ring, request.mask.width, request.mask.height), closed: true, ...labelValue(request) },
    };
  });
}

/** Simplifies more and more until there are few enough points, or only three corners. */
function simplified(polygon: Polygon, detail: number, maxPoints: number): Polygon {
  const points = (one: Polygon) => (one.outer.length + one.holes.reduce((sum, hole) => sum + hole.length, 0)) / 2;
  let tolerance = detail >= 1 ? 0 : Math.max(0.75, toleranceForDetail(detail, [polygon]));
  for (let attempt = 0; ; attempt++) {
    const [result] = simplifyPolygons([polygon], { tolerance });
    if (points(result) <= maxPoints || attempt === 12) return result;
    tolerance = Math.max(0.75, tolerance * 1.6);
  }
}

function describeHoles(holes: readonly Ring[], mode: 'fill' | 'cut'): string {
  const area = holes.reduce((sum, hole) => sum + Math.abs(ringArea(hole)), 0);
  const count = holes.length === 1 ? '1 hole' : `${holes.length} holes`;
  const why = mode === 'fill' ? 'a polygon cannot have holes' : 'too small, or out of reach of a slit';
  return `${count} of ${Math.round(area)} px² filled: ${why}`;
}

function toPercent(ring: Ring, width: number, height: number): number[][] {
  const points: number[][] = [];
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  for (let i = 0; i < ring.length; i += 2) {
    points.push([round((ring[i] / width) * 100), round((ring[i + 1] / height) * 100)]);
  }
  return points;
}
