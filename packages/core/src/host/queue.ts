import { ClickmaskError, expectInteger, expectNumber } from '../errors/index.js';

/** A job for one lane. */
export interface QueuedJob<T> {
  /** @param signal - aborted when the caller has given up, with the error that it was told */
  readonly run: (signal: AbortSignal) => Promise<T>;
  /** A newer job of the same session replaces a queued one, which is refused with `superseded`. */
  readonly session?: string;
  readonly signal?: AbortSignal;
  /** Above 24 days, or left out: none. */
  readonly deadlineMs?: number;
  /** Waits even where the queue is full: for what frees memory. */
  readonly always?: boolean;
}

/**
 * A first-in, first-out queue with one job running at a time, where the latest click wins.
 *
 * When the caller of a running job gives up (signal or deadline), it is told at once, and the job by its own signal; the
 * next one begins when the job has ended, and a late result is thrown away.
 */
export interface JobQueue {
  readonly queued: number;
  readonly active: number;
  /**
   * @throws ClickmaskError `queue-full`, `superseded`, `aborted`, `deadline-exceeded`, `closed`, or what the job throws
   */
  push<T>(job: QueuedJob<T>): Promise<T>;
  /** Refuses what is queued (`closed`) and waits for what runs. */
  close(): Promise<void>;
}

interface Entry {
  readonly session?: string;
  readonly start: () => Promise<void>;
  readonly refuse: (error: ClickmaskError) => void;
}

/** What a timer can hold; it would take a longer time for none at all. */
const longestDelay = 2 ** 31 - 1;

/**
 * @param capacity - how many jobs may wait besides the one that runs
 * @throws ClickmaskError `bad-option`
 */
export function createJobQueue(capacity: number): JobQueue {
  expectInteger('bad-option', 'queueCapacity', capacity, 0);
  let waiting: Entry[] = [];
  let running: Promise<void> | null = null;
  let closed = false;

  const drop = (entry: Entry, error: ClickmaskError) => {
    waiting = waiting.filter((other) => other !== entry);
    entry.refuse(error);
  };
  const next = () => {
    const entry = waiting.shift();
    running = entry === undefined ? null : entry.start().then(next);
  };

  return {
    get queued() {
      return waiting.length;
    },
    get active() {
      return running === null ? 0 : 1;
    },
    push<T>({ run, session, signal, deadlineMs, always = false }: QueuedJob<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (deadlineMs !== undefined && deadlineMs !== Number.POSITIVE_INFINITY) {
          expectNumber('bad-option', 'deadlineMs', deadlineMs, 0);
        }
        if (closed) return reject(closedError());
        if (signal?.aborted === true) return reject(abortedError(signal));
        if (session !== undefined) {
          for (const entry of waiting.filter((other) => other.session === session)) {
            drop(entry, new ClickmaskError('superseded', 'A newer click of the same session took this one’s place.'));
          }
        }
        if (running !== null && waiting.length >= capacity && !always) {
          const message = `The queue is full: ${waiting.length} requests wait already. Try again in a moment, or add workers.`;
          return reject(new ClickmaskError('queue-full', message, { details: { capacity } }));
        }
        const gone = new AbortController();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const settle = (act: () => void) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          act();
        };
        const entry: Entry = {
          session,
          start: () =>
            invoke(() => run(gone.signal)).then(
              (value) => settle(() => resolve(value)),
              (error: unknown) => settle(() => reject(error)),
            ),
          refuse: (error) => {
            gone.abort(error);
            settle(() => reject(error));
          },
        };
        const onAbort = () => drop(entry, abortedError(signal));
        signal?.addEventListener('abort', onAbort, { once: true });
        if (deadlineMs !== undefined && deadlineMs <= longestDelay) {
          timer = setTimeout(() => {
            const message = `No answer within ${deadlineMs} ms. The picture may be large or the machine busy: try again, or raise the deadline.`;
            drop(entry, new ClickmaskError('deadline-exceeded', message, { details: { deadlineMs } }));
          }, deadlineMs);
        }
        waiting.push(entry);
        if (running === null) next();
      });
    },
    async close() {
      closed = true;
      for (const entry of [...waiting]) drop(entry, closedError());
      await running;
    },
  };
}

async function invoke<T>(run: () => Promise<T>): Promise<T> {
  return run();
}

export function abortedError(signal?: AbortSignal): ClickmaskError {
  return new ClickmaskError('aborted', 'The request was aborted by its caller.', { cause: signal?.reason });
}

export function closedError(): ClickmaskError {
  return new ClickmaskError('closed', 'The segmenter is closed. Create a new one.');
}
