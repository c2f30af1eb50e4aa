import type { CascadeOptions } from './options.js';

export interface CascadeResult<T> {
  readonly last: T;
  /** Number of pixels changed by each step after the first pass. */
  readonly changedPixels: readonly number[];
  readonly settled: boolean;
  /** Whether all steps are done. */
  readonly complete: boolean;
}

export interface CascadeRun<T> {
  /** One pass. Receives the previous result, or null at first. */
  readonly forward: (last: T | null) => Promise<T>;
  /** Number of pixels that differ between two results, at full resolution. */
  readonly changed: (a: T, b: T) => number;
  readonly clickCount: number;
  readonly options: CascadeOptions;
  /** The end of an earlier run of the same cascade. */
  readonly from?: CascadeResult<T> | null;
  /** Number of passes after which to stop, complete or not. Default: no limit. */
  readonly passes?: number | undefined;
  /** If aborted, the cascade stops after the running pass, complete or not. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Cascade-forward refinement: feeds a prediction back with the same clicks, a fixed number of times (CFR-n) or until a
 * step changes almost nothing (A-CFR). It is outside zoom-in and flip: `forward` is a whole pass.
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

/** Whether a cascade has passes after the first one at this number of clicks. */
export function goesOn(clickCount: number, { steps, clicks }: CascadeOptions): boolean {
  return steps > 0 && !(clicks === 'first' && clickCount > 1);
}
