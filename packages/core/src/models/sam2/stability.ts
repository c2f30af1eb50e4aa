/** When a mask counts as stable. */
export interface Stability {
  /** How far the cutting level is moved, in logits. */
  readonly delta: number;
  /** Minimum share of the larger mask that the smaller one must cover, 0 to 1. */
  readonly threshold: number;
}

/** Share of the mask cut at `-delta` that is also in the mask cut at `delta`; 1 for an empty mask. */
export function stabilityOf(logits: Float32Array, delta: number): number {
  let inner = 0;
  let outer = 0;
  for (const value of logits) {
    if (value > delta) inner += 1;
    if (value > -delta) outer += 1;
  }
  return outer === 0 ? 1 : inner / outer;
}
