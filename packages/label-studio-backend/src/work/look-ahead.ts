/** Prepares images while nobody clicks. */
export interface LookAhead {
  /**
   * Adds work, or moves it. The nearest tasks come first. Over the limit, the farthest are dropped, and of equal ones
   * the latest.
   *
   * @param distance - number of tasks until it is needed
   */
  push(key: string, work: () => Promise<unknown>, distance: number): void;
  /** Reports that a click began. Returns the function to call at its end. */
  busy(): () => void;
  readonly waiting: number;
  close(): void;
}

interface Piece {
  readonly key: string;
  readonly work: () => Promise<unknown>;
  readonly distance: number;
}

/**
 * Runs one job at a time, only after a moment without clicks, so that it never competes with an annotator.
 *
 * @param idleMs - length of that moment
 * @param limit - maximum number of waiting jobs
 */
export function createLookAhead(idleMs = 250, limit = 16): LookAhead {
  /** By distance, then by arrival. */
  let waiting: Piece[] = [];
  let clicks = 0;
  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function plan(): void {
    clearTimeout(timer);
    if (running || clicks > 0 || waiting.length === 0) return;
    timer = setTimeout(start, idleMs);
    timer.unref();
  }

  function start(): void {
    running = true;
    // The timer runs only while something waits.
    const { work } = waiting.shift() as Piece;
    work()
      // Preparing is optional: a click on that image will report the problem.
      .catch(() => {})
      .finally(() => {
        running = false;
        plan();
      });
  }

  return {
    push(key, work, distance) {
      if (closed) return;
      const others = waiting.filter((piece) => piece.key !== key);
      waiting = [...others, { key, work, distance }].sort((a, b) => a.distance - b.distance).slice(0, limit);
      plan();
    },
    busy() {
      clicks++;
      clearTimeout(timer);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        clicks--;
        plan();
      };
    },
    get waiting() {
      return waiting.length;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      waiting = [];
    },
  };
}
