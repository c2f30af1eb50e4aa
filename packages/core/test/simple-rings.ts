/**
 * Throws unless the rings are simple and do not cross: edges meet at corners only, and lines that meet there do not pass
 * through each other. Compares each edge with each, so for small inputs.
 */
export function checkSimpleRings(rings: readonly Float64Array[]): void {
  const edges = rings.flatMap((ring, r) =>
    Array.from({ length: ring.length / 2 }, (_, i) => {
      const at = (k: number) => (2 * (k + ring.length / 2)) % ring.length;
      return {
        ring: r,
        before: [ring[at(i - 1)], ring[at(i - 1) + 1]] as Point,
        a: [ring[at(i)], ring[at(i) + 1]] as Point,
        b: [ring[at(i + 1)], ring[at(i + 1) + 1]] as Point,
      };
    }),
  );
  for (let i = 0; i < edges.length; i++) {
    for (let j = i + 1; j < edges.length; j++) {
      const p = edges[i];
      const q = edges[j];
      const fail = (what: string) => {
        throw new Error(`${what}: ${p.a}-${p.b} of ring ${p.ring}, ${q.a}-${q.b} of ring ${q.ring}`);
      };
      const shared = [p.a, p.b].filter((point) => same(point, q.a) || same(point, q.b)).length;
      if (shared === 2) fail('the same edge twice');
      const turns = [turn(p.a, p.b, q.a), turn(p.a, p.b, q.b), turn(q.a, q.b, p.a), turn(q.a, q.b, p.b)].map(Math.sign);
      if (turns[0] * turns[1] < 0 && turns[2] * turns[3] < 0) fail('edges cross');
      const onto = [
        [q.a, p, turns[0]],
        [q.b, p, turns[1]],
        [p.a, q, turns[2]],
        [p.b, q, turns[3]],
      ] as const;
      for (const [point, edge, side] of onto) {
        const isCorner = same(point, edge.a) || same(point, edge.b);
        if (side === 0 && !isCorner && isBetween(point, edge.a, edge.b)) fail('a corner lies on an edge');
      }
      if (!same(p.a, q.a)) continue;
      if (p.ring === q.ring) fail('a ring passes a corner twice');
      // The two lines of one ring divide the plane around the corner: the other ring's must lie in one part.
      const angle = (point: Point) => Math.atan2(point[1] - p.a[1], point[0] - p.a[0]);
      const full = (value: number) => (value + 4 * Math.PI) % (2 * Math.PI);
      const open = full(angle(p.b) - angle(p.before));
      const isInside = (point: Point) => full(angle(point) - angle(p.before)) < open;
      if (isInside(q.b) !== isInside(q.before)) fail('rings cross at a corner');
    }
  }
}

type Point = readonly [number, number];

const same = (a: Point, b: Point) => a[0] === b[0] && a[1] === b[1];
const turn = (a: Point, b: Point, c: Point) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const isBetween = (p: Point, a: Point, b: Point) =>
  p[0] >= Math.min(a[0], b[0]) &&
  p[0] <= Math.max(a[0], b[0]) &&
  p[1] >= Math.min(a[1], b[1]) &&
  p[1] <= Math.max(a[1], b[1]);
