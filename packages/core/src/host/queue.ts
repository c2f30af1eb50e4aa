import { ClickmaskError, expectInteger, expectNumber } from '../errors/index.js';
import { createTurns, type Owned } from './turns.js';

/** A job for one lane. */
export interface QueuedJob<T> {
  /** @param signal - aborted when the caller has given up, with the error that it was told */
  readonly run: (signal: AbortSignal) => Promise<T>;
  /** A newer job of the same session replaces a queued one, which is refused with `superseded`. */
  readonly session?: string;
  /** Whose it is: owners are served in turn. Default: nobody's, which is one owner. */
  readonly owner?: string;
  /** Waits until nothing else does, and gives up its place in a full queue. Default false. */
  readonly background?: boolean;
  readonly signal?: AbortSignal;
  /** Above 24 days, or left out: none. */
  readonly deadlineMs?: number;
  /** Waits even where the queue is full: for what frees memory. */
  readonly always?: boolean;
}

/**
 * A queue with one job running at a time, where owners take turns, each of them first in, first out, and where the latest
 * click of a session wins. No owner fills it: one who has fewer jobs waiting takes the place of the newest of one with more,
 * which is refused with `queue-full`.
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

interface Entry extends Owned {
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
  const message = `The queue is full: ${capacity} requests wait already. Try again in a moment, or add workers.`;
  return new ClickmaskError('queue-full', message, { details: { capacity } });
}

export function abortedError(signal?: AbortSignal): ClickmaskError {
  return new ClickmaskError('aborted', 'The request was aborted by its caller.', { cause: signal?.reason });
}

export function closedError(): ClickmaskError {
  return new ClickmaskError('closed', 'The segmenter is closed. Create a new one.');
}
