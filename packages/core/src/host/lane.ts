import type { Engine } from '../segmenter/engine.js';
import { closedError, createJobQueue, type JobQueue } from './queue.js';

/** A place where engines run: in this thread, in a worker, behind a server. */
export interface EngineSlot {
  /**
   * Starts the engine, or starts it anew after it was lost.
   *
   * @param onLost - to be called when an engine that was ready is lost, so that the next is started before it is asked for
   */
  start(onLost?: () => void): Promise<Engine>;
}

/** A queue, and the engine that works it off. */
export interface Lane {
  readonly queue: JobQueue;
  /**
   * The engine, or the one that replaces it.
   *
   * @throws ClickmaskError `closed`, and what starting it fails with
   */
  engine(): Promise<Engine>;
  /** Whether there is an engine that can answer. */
  readonly isUp: boolean;
  /** Ends the queue and the engine. */
  close(): Promise<void>;
}

/** Milliseconds before an engine that ended soon, or did not start, is started again: the first time, and at most. */
const firstPauseMs = 100;
const longestPauseMs = 2000;
/** An engine that lived so long was no failed start. */
const steadyMs = 10_000;

/**
 * Keeps an engine running: one that is lost is replaced at once, one that is lost again and again after pauses that grow,
 * so that what does not start takes no core for itself.
 */
export function createLane(slot: EngineSlot, capacity: number): Lane {
  const queue = createJobQueue(capacity);
  let current: Promise<Engine> | null = null;
  let pauseMs = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasReady = false;
  let up: Engine | null = null;
  let closed = false;

  function begin(): Promise<Engine> {
    let isReady = false;
    let startedAt = performance.now();
    const made = pause(pauseMs).then(() => {
      if (closed) throw closedError();
      startedAt = performance.now();
      return slot.start(replace);
    });
    pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, 2 * pauseMs));
    current = made;
    void made.then(
      (engine) => {
        isReady = true;
        wasReady = true;
        if (current === made) up = engine;
      },
      // The first start fails for its caller; a later one is tried again, since what was able once may be so again.
      () => {
        if (wasReady && !closed && current === made) void begin();
      },
    );

    function replace(): void {
      if (!isReady || closed || current !== made) return;
      if (performance.now() - startedAt > steadyMs) pauseMs = 0;
      void begin();
    }
    return made;
  }

  function pause(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
      keepProcess(false);
    });
  }

  /** In Node, a pause that nobody waits for does not keep the process. */
  function keepProcess(keep: boolean): void {
    const inNode = timer as { ref?: () => void; unref?: () => void } | undefined;
    if (keep) inNode?.ref?.();
    else inNode?.unref?.();
  }

  return {
    queue,
    get isUp() {
      return up !== null && (up as { readonly isLost?: boolean }).isLost !== true;
    },
    async engine() {
      for (;;) {
        const seen = current ?? begin();
        keepProcess(true);
        const engine = await seen;
        if ((engine as { readonly isLost?: boolean }).isLost !== true) return engine;
        if (seen === current) void begin();
      }
    },
    async close() {
      closed = true;
      await queue.close();
      const engine = await current?.catch(() => null);
      await engine?.dispose();
    },
  };
}
