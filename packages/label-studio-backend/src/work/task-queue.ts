/** What a request for a task brings to the queue. */
export interface TaskJob<T> {
  /** Equal for requests that would give the same answer. */
  readonly signature: string;
  /** Ids of the clicks and boxes in the request. */
  readonly members: ReadonlySet<string>;
  readonly run: () => Promise<T>;
}

/** {@link createTaskQueue} */
export interface TaskQueue {
  run<T>(task: string, job: TaskJob<T>): Promise<T>;
  readonly active: number;
  readonly queued: number;
}

interface Waiting {
  job: TaskJob<unknown>;
  readonly waiters: { resolve(value: unknown): void; reject(error: unknown): void }[];
}

interface Lane {
  running?: { readonly signature: string; readonly result: Promise<unknown> };
  waiting: Waiting[];
}

/**
 * Coalesces the requests of each task: one is served at a time, an equal one shares its answer, and a newer one that
 * contains all clicks of a waiting one takes its place, so that both get the newer answer. Label Studio shows only the
 * latest answer anyway. Requests of different tasks do not wait for each other here, and two annotators of one task never
 * replace each other's, since the ids of their clicks differ.
 *
 * @param capacity - how many requests may wait for one task
 * @param full - makes the error for one more
 */
export function createTaskQueue(capacity: number, full: () => Error): TaskQueue {
  const lanes = new Map<string, Lane>();

  function next(task: string, lane: Lane): void {
    const entry = lane.waiting.shift();
    if (entry === undefined) {
      lane.running = undefined;
      lanes.delete(task);
      return;
    }
    const result = entry.job.run();
    lane.running = { signature: entry.job.signature, result };
    result
      .then(
        (value) => {
          for (const waiter of entry.waiters) waiter.resolve(value);
        },
        (error: unknown) => {
          for (const waiter of entry.waiters) waiter.reject(error);
        },
      )
      .finally(() => next(task, lane));
  }

  return {
    run<T>(task: string, job: TaskJob<T>): Promise<T> {
      const lane = lanes.get(task) ?? { waiting: [] };
      lanes.set(task, lane);
      if (lane.running?.signature === job.signature) return lane.running.result as Promise<T>;
      return new Promise<T>((resolve, reject) => {
        const waiter = { resolve: resolve as (value: unknown) => void, reject };
        const older = lane.waiting.find(
          (entry) =>
            entry.job.signature === job.signature ||
            (entry.job.members.size > 0 && [...entry.job.members].every((id) => job.members.has(id))),
        );
        if (older !== undefined) {
          older.job = job;
          older.waiters.push(waiter);
          return;
        }
        if (lane.waiting.length >= capacity) return reject(full());
        lane.waiting.push({ job, waiters: [waiter] });
        if (lane.running === undefined) next(task, lane);
      });
    },
    get active() {
      return lanes.size;
    },
    get queued() {
      let sum = 0;
      for (const lane of lanes.values()) sum += lane.waiting.length;
      return sum;
    },
  };
}
