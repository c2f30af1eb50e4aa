import type { Polygon, Ring } from './polygon.js';

/** Above this many comparisons, bridges are no longer searched: each hole is then connected to the previous one. */
const MAX_COMPARISONS = 2 ** 26;

/**
 * One line through all rings. Holes are handled from left to right. From the leftmost corner of each, a bridge runs
 * straight left to the existing line, so bridges do not cross it. Even if one did, running there and back would change
 * no pixel.
 */
export function bridgeHoles({ outer, holes }: Polygon): number[] {
  const corners = [outer, ...holes].reduce((sum, ring) => sum + ring.length / 2, 0);
  const isSought = corners * holes.length <= MAX_COMPARISONS;
  // The existing line, as a linked list.
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
