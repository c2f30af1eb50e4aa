import type { Problem } from '../problems/index.js';

/** The time limit for one answer. */
export interface Deadline {
  /** Aborts with a Problem when the time is over or the work was stopped. */
  readonly signal: AbortSignal;
  /** Ends the limit: when the answer is sent, or with a reason when nobody wants it any more. */
  stop(reason?: Problem): void;
}

export function createDeadline(ms: number, late: Problem): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(late), Math.max(0, ms));
  return {
    signal: controller.signal,
    stop(reason) {
      clearTimeout(timer);
      if (reason !== undefined) controller.abort(reason);
    },
  };
}

/**
 * Resolves to the work's result, or rejects with the signal's reason as soon as it aborts. The work itself continues.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
