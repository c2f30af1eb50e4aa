import type { Polygon, Ring } from '@clickmask/core/masks';

/**
 * Connects the holes of a polygon to its outline by slits of zero width, so that one ring describes the whole shape.
 * Filled by the even-odd or the non-zero rule, the ring leaves the holes out.
 *
 * A slit is the shortest line between a corner of the hole and a corner of the ring that crosses no other line. A hole
 * without such a line is filled.
 */
export function cutHoles(polygon: Polygon): { readonly ring: Ring; readonly filled: readonly Ring[] } {
  let ring = Array.from(polygon.outer);
  const left = polygon.holes.map((hole) => Array.from(hole));
  while (left.length > 0) {
    let best: { hole: number; at: number; from: number; distance: number } | undefined;
    for (let h = 0; h < left.length; h++) {
      for (let from = 0; from < left[h].length; from += 2) {
        for (let at = 0; at < ring.length; at += 2) {
          const distance = (left[h][from] - ring[at]) ** 2 + (left[h][from + 1] - ring[at + 1]) ** 2;
          if (best !== undefined && distance >= best.distance) continue;
          const slit = [left[h][from], left[h][from + 1], ring[at], ring[at + 1]] as const;
          if (![ring, ...left].some((other) => crosses(slit, other))) best = { hole: h, at, from, distance };
        }
      }
    }
    if (best === undefined) break;
    const [hole] = left.splice(best.hole, 1);
    const turned = [...hole.slice(best.from), ...hole.slice(0, best.from)];
    ring = [
      ...ring.slice(0, best.at + 2),
      ...turned,
      turned[0],
      turned[1],
      ring[best.at],
      ring[best.at + 1],
      ...ring.slice(best.at + 2),
    ];
  }
  return { ring: Float64Array.from(ring), filled: left.map((hole) => Float64Array.from(hole)) };
}

/** Whether a line crosses an edge of the ring. Sharing an end point does not count. */
function crosses(line: readonly [number, number, number, number], ring: readonly number[]): boolean {
  const [ax, ay, bx, by] = line;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [cx, cy, dx, dy] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
    const shared =
      (ax === cx && ay === cy) || (ax === dx && ay === dy) || (bx === cx && by === cy) || (bx === dx && by === dy);
    if (shared) continue;
    const side = (px: number, py: number, qx: number, qy: number, rx: number, ry: number) =>
      Math.sign((qx - px) * (ry - py) - (qy - py) * (rx - px));
    const c = side(ax, ay, bx, by, cx, cy);
    const d = side(ax, ay, bx, by, dx, dy);
    const a = side(cx, cy, dx, dy, ax, ay);
    const b = side(cx, cy, dx, dy, bx, by);
    if (c * d < 0 && a * b < 0) return true;
    // An end point of one line on the other line.
    const within = (px: number, py: number, qx: number, qy: number, rx: number, ry: number) =>
      Math.min(px, qx) <= rx && rx <= Math.max(px, qx) && Math.min(py, qy) <= ry && ry <= Math.max(py, qy);
    if (c === 0 && within(ax, ay, bx, by, cx, cy)) return true;
    if (d === 0 && within(ax, ay, bx, by, dx, dy)) return true;
    if (a === 0 && within(cx, cy, dx, dy, ax, ay)) return true;
    if (b === 0 && within(cx, cy, dx, dy, bx, by)) return true;
  }
  return false;
}
