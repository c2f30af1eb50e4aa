import { join } from 'node:path';
import { errorText } from '../text/plain.js';
import { startWorker, type Worker, type WorkerOptions } from './worker-process.js';

export interface WorkerPoolOptions extends Omit<WorkerOptions, 'socket' | 'signal'> {
  readonly workers: number;
  readonly workerAvailabilityTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Folder of the sockets. */
  readonly sockets: string;
}

/** Processes that answer events, each one at a time. A process that ends is restarted. */
export interface WorkerPool {
  readonly pids: readonly number[];
  /** Starts all workers. Rejects if one does not start. */
  start(): Promise<void>;
  /** A free worker, or null if none becomes free in time. It must be released. */
  allocate(): Promise<Worker | null>;
  release(worker: Worker): void;
  /** Stops all workers, by force if they do not end in time. Resolves to their exit codes. */
  close(): Promise<readonly (number | null)[]>;
}

/** Milliseconds before an ended worker is restarted: the first time, and at most if it keeps ending. */
const RESTART_MS = { first: 50, most: 10_000 };

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const restarts = new Set<NodeJS.Timeout>();
  const starting = new Map<Promise<Worker>, AbortController>();
  let closed = false;
  let serial = 0;

  const release = (worker: Worker): void => {
    if (!workers.has(worker)) return;
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };

  const start = async (delayMs: number): Promise<void> => {
    const stop = new AbortController();
    const socket = join(options.sockets, `${++serial}.sock`);
    const attempt = startWorker({ ...options, socket, signal: stop.signal });
    starting.set(attempt, stop);
    const worker = await attempt.finally(() => starting.delete(attempt));
    workers.add(worker);
    void worker.exited.then(() => {
      workers.delete(worker);
      const index = idle.indexOf(worker);
      if (index !== -1) idle.splice(index, 1);
      // A worker that has answered restarts at once. One that keeps ending waits longer and longer.
      restart(worker.answered ? RESTART_MS.first : delayMs);
    });
    if (closed) worker.stop();
    else release(worker);
  };

  // In nuclio, the container ends with its worker, and its restart policy brings it back.
  const restart = (delayMs: number): void => {
    if (closed) return;
    const timer = setTimeout(() => {
      restarts.delete(timer);
      const next = Math.min(2 * delayMs, RESTART_MS.most);
      start(next).catch((error: unknown) => {
        options.log('error', `A worker does not start, and is tried again in ${next} ms: ${errorText(error)}`);
        restart(next);
      });
    }, delayMs);
    restarts.add(timer);
  };

  return {
    get pids() {
      return [...workers].map(({ pid }) => pid);
    },
    async start() {
      await Promise.all(Array.from({ length: options.workers }, () => start(RESTART_MS.first)));
    },
    allocate: () => takeFree(idle, waiting, options.workerAvailabilityTimeoutMs),
    release,
    async close() {
      closed = true;
      for (const timer of restarts) clearTimeout(timer);
      for (const stop of starting.values()) stop.abort();
      await Promise.allSettled(starting.keys());
      return Promise.all([...workers].map((worker) => end(worker, options.stopTimeoutMs)));
    },
  };
}

/** An idle worker, or the next one to become free; null after the time. */
function takeFree(idle: Worker[], waiting: ((worker: Worker) => void)[], timeoutMs: number): Promise<Worker | null> {
  const worker = idle.shift();
  if (worker) return Promise.resolve(worker);
  return new Promise((resolve) => {
    const take = (free: Worker): void => {
      clearTimeout(timer);
      resolve(free);
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(take), 1);
      resolve(null);
    }, timeoutMs);
    waiting.push(take);
  });
}

async function end(worker: Worker, timeoutMs: number): Promise<number | null> {
  worker.stop();
  const timer = setTimeout(() => worker.kill(), timeoutMs);
  return worker.exited.finally(() => clearTimeout(timer));
}
