import type { Terminal } from '../../src/runtime/node/command-line/index.js';

/** Progress of a batch: on a terminal, one line that is rewritten; elsewhere, a line now and then. */
export interface BatchProgress {
  /** @param done - finished images of this run, including failed ones */
  show(done: number, failed: number): void;
  clear(): void;
}

const linesEveryMs = 10_000;

/** @param total - images of this run */
export function createBatchProgress(
  total: number,
  isQuiet: boolean,
  { status, err, isScreen }: Terminal,
  now = () => performance.now(),
): BatchProgress {
  const start = now();
  let lastLine = start;
  return {
    show(done, failed) {
      if (isQuiet) return;
      const text = progressText(done, failed, total, now() - start);
      status(text);
      if (isScreen || now() - lastLine < linesEveryMs) return;
      lastLine = now();
      err(text);
    },
    clear: () => status(''),
  };
}

/** `37 of 100 pictures, 2.1 a second, 30 s left, 1 failed` */
export function progressText(done: number, failed: number, total: number, ms: number): string {
  const rate = done / Math.max(ms / 1000, 1e-3);
  const left = done === 0 ? '' : `, ${durationText((total - done) / rate)} left`;
  return `${done} of ${total} images, ${rateText(rate)}${left}${failed === 0 ? '' : `, ${failed} failed`}`;
}

/** A rate, in the unit that gives a number of about one or more. */
export function rateText(perSecond: number): string {
  if (perSecond >= 1 || perSecond === 0) return `${perSecond.toFixed(1)} a second`;
  return `${(perSecond * 60).toFixed(1)} a minute`;
}

/** `45 s`, `12 min`, `3 h 05 min` */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
