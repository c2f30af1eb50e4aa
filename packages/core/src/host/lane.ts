import type { Engine } from '../segmenter/engine.js';
import { closedError, createJobQueue, type JobQueue } from './queue.js';

/** A place for engines: this thread, a worker, or a server. */
export interface EngineSlot {
  /**
   * Starts the engine, or restarts it after it was lost.
   *
   * @param onLost - called when a running engine is lost, so that a new one starts before it is needed
   */
  start(onLost?: () => void): Promise<Engine>;
}

/** A queue and its engine. */
export interface Lane {
  readonly queue: JobQueue;
  /**
   * The engine, or its replacement.
   *
   * @throws ClickmaskError `closed`, and errors from starting it
   */
  engine(): Promise<Engine>;
  /** Whether an engine is ready. */
  readonly isUp: boolean;
  /** Closes the queue and the engine. */
  close(): Promise<void>;
}

/** Milliseconds before a failed engine is restarted: the first time, and at most. */
const firstPauseMs = 100;
const longestPauseMs = 2000;
/** An engine that ran for this long did not fail at its start. */
const steadyMs = 10_000;

/**
 * Keeps an engine running. A lost engine is replaced at once. If engines are lost repeatedly, the pauses grow, so that
 * an engine that cannot start does not use up a core.
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
      // A failed first start is the caller's error. A later one is retried, because it worked before.
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

  /** In Node, a pending restart does not keep the process alive. */
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
