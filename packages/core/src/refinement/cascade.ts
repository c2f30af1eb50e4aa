import type { CascadeOptions } from './options.js';

export interface CascadeResult<T> {
  readonly last: T;
  /** Pixels changed by each step after the first pass. */
  readonly changedPixels: readonly number[];
  readonly settled: boolean;
  /** Whether no step is left. */
  readonly complete: boolean;
}

export interface CascadeRun<T> {
  /** One pass; given the result before it, or null at first. */
  readonly forward: (last: T | null) => Promise<T>;
  /** Pixels that differ between two results, at full resolution. */
  readonly changed: (a: T, b: T) => number;
  readonly clickCount: number;
  readonly options: CascadeOptions;
  /** Where an earlier run of the same cascade ended. */
  readonly from?: CascadeResult<T> | null;
  /** Passes after which to stop, complete or not; default: none. */
  readonly passes?: number | undefined;
  /** Aborted, it stops the cascade after the pass under way, complete or not. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Cascade-forward refinement: feeds a prediction back with the same clicks, a fixed number of times (CFR-n) or until a
 * step changes next to nothing (A-CFR). Sits outside zoom-in and flip: `forward` is the whole pass.
 */
export async function runCascade<T>(run: CascadeRun<T>): Promise<CascadeResult<T>> {
  const { forward, changed, options, from = null, passes = Number.POSITIVE_INFINITY } = run;
  const steps = goesOn(run.clickCount, options) ? options.steps : 0;
  const changedPixels = [...(from?.changedPixels ?? [])];
  let settled = from?.settled ?? false;
  let last = from?.last ?? (await forward(null));
  for (let left = from === null ? passes - 1 : passes; left > 0; left--) {
    if (settled || changedPixels.length >= steps || run.signal?.aborted === true) break;
    const next = await forward(last);
    const pixels = changed(last, next);
    changedPixels.push(pixels);
    last = next;
    settled = options.settledPixels !== null && pixels <= options.settledPixels;
  }
  return { last, changedPixels, settled, complete: settled || changedPixels.length >= steps };
}

/** Whether a cascade has passes after the first one, with so many clicks. */
export function goesOn(clickCount: number, { steps, clicks }: CascadeOptions): boolean {
  return steps > 0 && !(clicks === 'first' && clickCount > 1);
}
