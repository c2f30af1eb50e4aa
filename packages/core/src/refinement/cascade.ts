import type { CascadeOptions } from './options.js';

export interface CascadeResult<T> {
  readonly last: T;
  /** Pixels changed by each step after the first pass. */
  readonly changedPixels: readonly number[];
  readonly settled: boolean;
}

/**
 * Cascade-forward refinement: feeds a prediction back with the same clicks, a fixed number of times (CFR-n) or until a
 * step changes next to nothing (A-CFR). Sits outside zoom-in and flip: `forward` is the whole pass.
 *
 * @param forward - one pass; given the result before it, or null at first
 * @param changed - pixels that differ between two results, at full resolution
 */
export async function runCascade<T>(
  forward: (last: T | null) => Promise<T>,
  changed: (a: T, b: T) => number,
  clickCount: number,
  options: CascadeOptions,
): Promise<CascadeResult<T>> {
  let last = await forward(null);
  const changedPixels: number[] = [];
  if (!goesOn(clickCount, options)) return { last, changedPixels, settled: false };
  for (let step = 0; step < options.steps; step++) {
    const next = await forward(last);
    const pixels = changed(last, next);
    changedPixels.push(pixels);
    last = next;
    if (options.settledPixels !== null && pixels <= options.settledPixels) {
      return { last, changedPixels, settled: true };
    }
  }
  return { last, changedPixels, settled: false };
}

/** Whether a cascade has passes after the first one, with so many clicks. */
export function goesOn(clickCount: number, { steps, clicks }: CascadeOptions): boolean {
  return steps > 0 && !(clicks === 'first' && clickCount > 1);
}
