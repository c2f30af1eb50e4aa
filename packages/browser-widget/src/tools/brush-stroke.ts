import type { MaskRuns, Size } from '@clickmask/core';
import { type ImagePoint, RunBuilder } from '@clickmask/core/masks';

/**
 * The pixels under a round brush that is drawn along a line: all pixels whose centre is within `radius` of it.
 *
 * @param points - in image px, at least one
 * @param radius - in image px; at least the pixel under the pointer is covered
 */
export function strokeRuns(points: readonly ImagePoint[], radius: number, size: Size): MaskRuns {
  const builder = new RunBuilder(size);
  if (points.length === 0) return builder.finish();
  const reach = Math.max(radius, 0.71);
  const segments = points.length === 1 ? [[points[0], points[0]] as const] : pairs(points);
  let top = size.height;
  let bottom = 0;
  for (const point of points) {
    top = Math.min(top, Math.floor(point.y - reach));
    bottom = Math.max(bottom, Math.ceil(point.y + reach));
  }
  const rows: [number, number][][] = [];
  const first = Math.max(0, top);
  const last = Math.min(size.height, bottom);
  for (let y = first; y < last; y++) rows.push([]);
  for (const [a, b] of segments) {
    const from = Math.max(first, Math.floor(Math.min(a.y, b.y) - reach));
    const to = Math.min(last, Math.ceil(Math.max(a.y, b.y) + reach));
    for (let y = from; y < to; y++) {
      const span = capsuleSpan(a, b, reach, y + 0.5);
      if (span === null) continue;
      const start = Math.max(0, Math.ceil(span[0] - 0.5));
      const end = Math.min(size.width, Math.floor(span[1] - 0.5) + 1);
      if (end > start) rows[y - first].push([start, end]);
    }
  }
  rows.forEach((spans, index) => {
    spans.sort((a, b) => a[0] - b[0]);
    for (const [start, end] of spans) builder.add(first + index, start, end);
  });
  return builder.finish();
}

function pairs(points: readonly ImagePoint[]): (readonly [ImagePoint, ImagePoint])[] {
  return points.slice(1).map((point, index) => [points[index], point] as const);
}

/**
 * The span of the horizontal line at `y` inside the capsule of `radius` around the segment. The capsule is convex, so
 * there is at most one span.
 */
function capsuleSpan(a: ImagePoint, b: ImagePoint, radius: number, y: number): [number, number] | null {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  const take = (x: number) => {
    if (x < left) left = x;
    if (x > right) right = x;
  };
  for (const end of [a, b]) {
    const dy = y - end.y;
    if (Math.abs(dy) <= radius) {
      const half = Math.sqrt(radius * radius - dy * dy);
      take(end.x - half);
      take(end.x + half);
    }
  }
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = Math.hypot(dx, dy);
  if (length > 0) {
    const nx = (-dy / length) * radius;
    const ny = (dx / length) * radius;
    for (const side of [1, -1]) {
      const ay = a.y + side * ny;
      const by = b.y + side * ny;
      if (ay === by ? ay === y : (y - ay) * (y - by) <= 0) {
        if (ay === by) {
          take(a.x + side * nx);
          take(b.x + side * nx);
        } else {
          take(a.x + side * nx + ((y - ay) / (by - ay)) * dx);
        }
      }
    }
  }
  return right >= left ? [left, right] : null;
}
