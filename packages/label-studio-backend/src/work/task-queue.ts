import { untilAborted } from './deadline.js';

/** One request for a task in the queue. */
export interface TaskJob<T> {
  /** Equal for requests with the same answer. */
  readonly signature: string;
  /** Ids of the clicks and boxes in the request. */
  readonly members: ReadonlySet<string>;
  /** Its signal aborts when nobody waits for the answer any more. */
  readonly run: (signal: AbortSignal) => Promise<T>;
}

/** A queue of requests per task. See {@link createTaskQueue}. */
export interface TaskQueue {
  /** @throws the job's error, or the signal's reason as soon as it aborts */
  run<T>(task: string, job: TaskJob<T>, signal?: AbortSignal): Promise<T>;
  readonly active: number;
  readonly queued: number;
}

interface Entry {
  job: TaskJob<unknown>;
  /** Number of callers that wait for the answer. */
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
 * Coalesces the requests of each task. One is served at a time. An equal request shares its answer. A newer request
 * that contains all clicks of a waiting one replaces it, and both get the newer answer: Label Studio shows only the
 * latest anyway. Requests of different tasks do not wait for each other here. Two annotators of one task never replace
 * each other's requests, because their clicks have different ids.
 *
 * @param capacity - maximum number of waiting requests per task
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
  // All callers may have left.
  answer.catch(() => {});
  return { job, users: 0, abort: new AbortController(), answer, settle };
}
