/** When a mask counts as stable. */
export interface Stability {
  /** By how much the level that a mask is cut at moves, in logits. */
  readonly delta: number;
  /** Least share of the larger mask that the smaller one must hold, 0 to 1. */
  readonly threshold: number;
}

/** Share of the mask cut at `-delta` that is also in the mask cut at `delta`; 1 for an empty one. */
export function stabilityOf(logits: Float32Array, delta: number): number {
  let inner = 0;
  let outer = 0;
  for (const value of logits) {
    if (value > delta) inner += 1;
    if (value > -delta) outer += 1;
  }
  return outer === 0 ? 1 : inner / outer;
}
