import { ClickmaskError, expectInteger, expectNumber, unexpected } from '../errors/index.js';
import { createTurns, type Owned } from './turns.js';

/** A job for one lane. */
export interface QueuedJob<T> {
  /** @param signal - aborts when the caller has given up, with the error that the caller got */
  readonly run: (signal: AbortSignal) => Promise<T>;
  /** A newer job of the same session replaces a queued one, which is rejected with `superseded`. */
  readonly session?: string;
  /** The owner. Owners are served in turn. Jobs without one share an owner. */
  readonly owner?: string;
  /** Runs only when nothing else waits, and gives up its place in a full queue. Default false. */
  readonly background?: boolean;
  readonly signal?: AbortSignal;
  /** Milliseconds. None if left out or above 24 days. */
  readonly deadlineMs?: number;
  /** Accepted even if the queue is full: for jobs that free memory. */
  readonly always?: boolean;
}

/**
 * A queue that runs one job at a time. Owners take turns, each first in, first out. The latest click of a session wins.
 * No owner can fill the queue: if it is full, a job of an owner with fewer waiting jobs replaces the newest job of an
 * owner with more, which is rejected with `queue-full`.
 *
 * If the caller of a running job gives up (signal or deadline), its promise rejects at once, and the job's own signal
 * aborts. The next job begins when this one has ended. A late result is dropped.
 */
export interface JobQueue {
  readonly queued: number;
  readonly active: number;
  /** @throws ClickmaskError `queue-full`, `superseded`, `aborted`, `deadline-exceeded`, `closed`, or the job's error */
  push<T>(job: QueuedJob<T>): Promise<T>;
  /** Rejects queued jobs (`closed`) and waits for the running one. */
  close(): Promise<void>;
}

interface Entry extends Owned {
  readonly session?: string;
  readonly start: () => Promise<void>;
  readonly refuse: (error: ClickmaskError) => void;
}

/** The longest timeout of a timer. Longer ones would fire at once. */
const longestDelay = 2 ** 31 - 1;

/**
 * @param capacity - maximum number of waiting jobs, not counting the running one
 * @throws ClickmaskError `bad-option`
 */
export function createJobQueue(capacity: number): JobQueue {
  expectInteger('bad-option', 'queueCapacity', capacity, 0);
  const waiting = createTurns<Entry>();
  let running: Promise<void> | null = null;
  let closed = false;

  const drop = (entry: Entry, error: ClickmaskError) => {
    waiting.delete(entry);
    entry.refuse(error);
  };
  const next = () => {
    const entry = waiting.next();
    running = entry === undefined ? null : entry.start().then(next);
  };

  return {
    get queued() {
      return waiting.size;
    },
    get active() {
      return running === null ? 0 : 1;
    },
    push<T>(job: QueuedJob<T>): Promise<T> {
      const { run, session, owner = '', background = false, signal, deadlineMs, always = false } = job;
      return new Promise<T>((resolve, reject) => {
        if (deadlineMs !== undefined && deadlineMs !== Number.POSITIVE_INFINITY) {
          expectNumber('bad-option', 'deadlineMs', deadlineMs, 0);
        }
        if (signal != null && typeof signal.addEventListener !== 'function') {
          throw unexpected('bad-option', 'signal', 'an AbortSignal', signal);
        }
        if (closed) return reject(closedError());
        if (signal?.aborted === true) return reject(abortedError(signal));
        const older = session === undefined ? [] : [...waiting].filter((entry) => entry.session === session);
        if (running !== null && waiting.size >= capacity && older.length === 0 && !always) {
          const yielding = waiting.yields({ owner, background });
          if (yielding === undefined) return reject(fullError(capacity));
          drop(yielding, fullError(capacity));
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
          owner,
          background,
          stays: always,
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
            const message = `No answer within ${deadlineMs} ms. The image may be large or the machine busy: try again, or raise the deadline.`;
            drop(entry, new ClickmaskError('deadline-exceeded', message, { details: { deadlineMs } }));
          }, deadlineMs);
        }
        waiting.add(entry);
        // Only now, so that the session keeps its turn.
        for (const one of older) {
          drop(one, new ClickmaskError('superseded', 'A newer click of the same session took this one’s place.'));
        }
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

function fullError(capacity: number): ClickmaskError {
  const message = `The queue is full: ${capacity} requests are already waiting. Try again in a moment, or add workers.`;
  return new ClickmaskError('queue-full', message, { details: { capacity } });
}

export function abortedError(signal?: AbortSignal): ClickmaskError {
  return new ClickmaskError('aborted', 'The request was aborted by its caller.', { cause: signal?.reason });
}

export function closedError(): ClickmaskError {
  return new ClickmaskError('closed', 'The segmenter is closed. Create a new one.');
}
