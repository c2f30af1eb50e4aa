/** Prepares images while nobody clicks. */
export interface LookAhead {
  /**
   * Adds work, or puts it anew: what is nearest is done first. Beyond the limit, what is furthest is forgotten, and of that
   * the latest to come.
   *
   * @param distance - how many tasks away it is needed
   */
  push(key: string, work: () => Promise<unknown>, distance: number): void;
  /** Says that a click has begun, and gives what to call at its end. */
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
 * Runs one piece of work at a time, and only after a moment without any click, so that looking ahead never competes with
 * an annotator.
 *
 * @param idleMs - how long that moment is
 * @param limit - how many pieces may wait
 */
export function createLookAhead(idleMs = 250, limit = 16): LookAhead {
  /** By distance, then in the order of coming. */
  let waiting: Piece[] = [];
  let clicks = 0;
  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function plan(): void {
    clearTimeout(timer);
    if (closed || running || clicks > 0 || waiting.length === 0) return;
    timer = setTimeout(start, idleMs);
    timer.unref();
  }

  function start(): void {
    if (closed || running || clicks > 0) return;
    const first = waiting.shift();
    if (first === undefined) return;
    running = true;
    first
      .work()
      // Looking ahead is a courtesy: a click on that image will report what is wrong with it.
      .catch(() => {})
      .finally(() => {
        running = false;
        plan();
      });
  }

  return {
    push(key, work, distance) {
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
