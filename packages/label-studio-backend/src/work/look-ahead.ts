/** Prepares pictures while nobody clicks. */
export interface LookAhead {
  /** Adds work, most urgent last; what is waiting beyond the limit is forgotten. */
  push(key: string, work: () => Promise<unknown>): void;
  /** Says that a click has begun, and gives what to call at its end. */
  busy(): () => void;
  readonly waiting: number;
  close(): void;
}

/**
 * Runs one piece of work at a time, and only after a moment without any click, so that looking ahead never competes with
 * an annotator.
 *
 * @param idleMs - how long that moment is
 * @param limit - how many pieces may wait
 */
export function createLookAhead(idleMs = 250, limit = 16): LookAhead {
  const waiting = new Map<string, () => Promise<unknown>>();
  let clicks = 0;
  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function plan(): void {
    clearTimeout(timer);
    if (closed || running || clicks > 0 || waiting.size === 0) return;
    timer = setTimeout(start, idleMs);
    timer.unref();
  }

  function start(): void {
    if (closed || running || clicks > 0) return;
    const first = waiting.entries().next().value;
    if (first === undefined) return;
    waiting.delete(first[0]);
    running = true;
    first[1]()
      // Looking ahead is a courtesy: a click on that picture will report what is wrong with it.
      .catch(() => {})
      .finally(() => {
        running = false;
        plan();
      });
  }

  return {
    push(key, work) {
      waiting.delete(key);
      waiting.set(key, work);
      for (const oldest of waiting.keys()) {
        if (waiting.size <= limit) break;
        waiting.delete(oldest);
      }
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
      return waiting.size;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
