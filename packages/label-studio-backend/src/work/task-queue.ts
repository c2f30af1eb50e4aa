import { untilAborted } from './deadline.js';

/** What a request for a task brings to the queue. */
export interface TaskJob<T> {
  /** Equal for requests that would give the same answer. */
  readonly signature: string;
  /** Ids of the clicks and boxes in the request. */
  readonly members: ReadonlySet<string>;
  /** Its signal aborts when nobody waits for the answer any more. */
  readonly run: (signal: AbortSignal) => Promise<T>;
}

/** {@link createTaskQueue} */
export interface TaskQueue {
  /** @throws what the job throws, or the reason of the signal as soon as it aborts */
  run<T>(task: string, job: TaskJob<T>, signal?: AbortSignal): Promise<T>;
  readonly active: number;
  readonly queued: number;
}

interface Entry {
  job: TaskJob<unknown>;
  /** How many wait for the answer. */
  users: number;
  readonly abort: AbortController;
  readonly answer: Promise<unknown>;
  readonly settle: (work: Promise<unknown>) => void;
}

interface Lane {
  running?: Entry;
  waiting: Entry[];
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
    lane.running = entry;
    if (entry === undefined) {
      lanes.delete(task);
      return;
    }
    const work = entry.job.run(entry.abort.signal);
    entry.settle(work);
    const after = () => next(task, lane);
    work.then(after, after);
  }

  async function join(lane: Lane, entry: Entry, signal: AbortSignal | undefined): Promise<unknown> {
    entry.users++;
    try {
      return await untilAborted(entry.answer, signal);
    } finally {
      if (--entry.users === 0) {
        lane.waiting = lane.waiting.filter((one) => one !== entry);
        entry.abort.abort(signal?.reason);
      }
    }
  }

  /** The entry whose answer a request can share. */
  function shared({ running, waiting }: Lane, job: TaskJob<unknown>): Entry | undefined {
    if (running?.job.signature === job.signature && !running.abort.signal.aborted) return running;
    const older = waiting.find(
      (entry) =>
        entry.job.signature === job.signature ||
        (entry.job.members.size > 0 && [...entry.job.members].every((id) => job.members.has(id))),
    );
    if (older !== undefined) older.job = job;
    return older;
  }

  return {
    async run<T>(task: string, job: TaskJob<T>, signal?: AbortSignal): Promise<T> {
      signal?.throwIfAborted();
      const lane = lanes.get(task) ?? { waiting: [] };
      let entry = shared(lane, job);
      if (entry === undefined) {
        if (lane.waiting.length >= capacity) throw full();
        entry = createEntry(job);
        lane.waiting.push(entry);
        lanes.set(task, lane);
        if (lane.running === undefined) next(task, lane);
      }
      return join(lane, entry, signal) as Promise<T>;
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

function createEntry(job: TaskJob<unknown>): Entry {
  let settle: Entry['settle'] = () => {};
  const answer = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  // Everybody who waited may have gone.
  answer.catch(() => {});
  return { job, users: 0, abort: new AbortController(), answer, settle };
}
