import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { createLineReader } from './line-reader.js';

export interface WorkerOptions {
  readonly directory: string;
  readonly handler: string;
  readonly wrapper: string;
  readonly env: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  /** Path of the worker's socket. */
  readonly socket: string;
  readonly log: (level: string, message: string) => void;
  /** Aborts the start of a worker. */
  readonly signal: AbortSignal;
  /** Receives the seconds that an event took inside the function. */
  readonly onDuration: (seconds: number) => void;
}

/** A worker's reply, in its own form. */
export interface WorkerResult {
  readonly body?: string;
  readonly body_encoding?: string;
  readonly content_type?: string;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly status_code?: number;
}

/** A process that answers events, one at a time. */
export interface Worker {
  readonly pid: number;
  /** Resolves to the exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  /** Whether it has ever answered. */
  readonly answered: boolean;
  process(line: string, timeoutMs: number): Promise<WorkerResult | 'timeout' | 'gone'>;
  stop(): void;
  kill(): void;
}

/**
 * Starts a worker and waits until it reports its start.
 *
 * @throws ClickmaskError `backend-failed` if it ends before or is too slow
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const listener = createServer();
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.socket, resolve);
  });
  const child = spawnWrapper(options);
  const stop = (): void => void child.kill('SIGKILL');
  options.signal.addEventListener('abort', stop);
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code) => resolve(code));
  });
  try {
    const connected = new Promise<Socket>((resolve) => listener.once('connection', resolve));
    const ready = connected.then((socket) => speak(child, socket, exited, options));
    return await within(options.startTimeoutMs, ready, exited);
  } catch (error) {
    stop();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    listener.close();
  }
}

function spawnWrapper({ directory, handler, wrapper, env, socket, log }: WorkerOptions): ChildProcess {
  const separator = handler.lastIndexOf(':');
  const file = separator === -1 ? 'handler.js' : handler.slice(0, separator);
  const child = spawn(process.execPath, [wrapper, socket, join(directory, file), handler.slice(separator + 1)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    const reader = createLineReader((line) => log('print', line.toString()));
    stream?.on('data', (chunk: Buffer) => reader.push(chunk));
  }
  return child;
}

/** Resolves to the worker once it reports its start. */
function speak(
  child: ChildProcess,
  socket: Socket,
  exited: Promise<number | null>,
  { log, onDuration }: WorkerOptions,
): Promise<Worker> {
  const event = createEventInHand(socket);
  let answered = false;
  const worker: Worker = {
    pid: child.pid ?? -1,
    exited,
    get answered() {
      return answered;
    },
    process: event.send,
    stop: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
  return new Promise((resolve) => {
    const reader = createLineReader((line) => {
      try {
        readLine(line, {
          started: () => resolve(worker),
          log,
          duration: onDuration,
          reply: (result) => {
            answered = true;
            event.settle(result);
          },
        });
      } catch (error) {
        log('error', `A line from the worker cannot be read: ${String(error)}`);
        event.settle({ status_code: 500, body: 'the worker sent a broken line', body_encoding: 'text' });
      }
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => event.settle('gone'));
    void exited.then(() => event.settle('gone'));
  });
}

type Outcome = WorkerResult | 'timeout' | 'gone';

/** The event that a worker is handling. */
function createEventInHand(socket: Socket) {
  let done: ((outcome: Outcome) => void) | null = null;
  const settle = (outcome: Outcome): void => {
    done?.(outcome);
    done = null;
  };
  return {
    settle,
    send: (line: string, timeoutMs: number): Promise<Outcome> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => settle('timeout'), timeoutMs);
        done = (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        };
        if (socket.destroyed) settle('gone');
        else socket.write(line);
      }),
  };
}

interface LineReaders {
  readonly started: () => void;
  readonly log: (level: string, message: string) => void;
  readonly duration: (seconds: number) => void;
  readonly reply: (result: WorkerResult) => void;
}

/** The meaning of a line's first letter. */
const readers: Readonly<Record<string, (text: string, to: LineReaders) => void>> = {
  s: (_, to) => to.started(),
  l: (text, to) => {
    const record = JSON.parse(text) as { level: string; message: string; with?: object };
    const data = record.with && Object.keys(record.with).length > 0 ? ` ${JSON.stringify(record.with)}` : '';
    to.log(record.level, `${record.message}${data}`);
  },
  m: (text, to) => to.duration((JSON.parse(text) as { duration: number }).duration),
  r: (text, to) => to.reply(JSON.parse(text) as WorkerResult),
};

function readLine(line: Buffer, to: LineReaders): void {
  const read = readers[String.fromCharCode(line[0])];
  if (read === undefined) to.log('warning', `Unknown line from the worker: ${line.toString('utf8', 0, 80)}`);
  else read(line.toString('utf8', 1), to);
}

async function within<T>(timeoutMs: number, work: Promise<T>, exited: Promise<number | null>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `The function did not start within ${timeoutMs} ms.`;
    timer = setTimeout(() => reject(new ClickmaskError('backend-failed', message)), timeoutMs);
  });
  const ended = exited.then((code): never => {
    const message = `The function ended with code ${code} before it had started.`;
    throw new ClickmaskError('backend-failed', message, { details: { code } });
  });
  ended.catch(() => {});
  try {
    return await Promise.race([work, late, ended]);
  } finally {
    clearTimeout(timer);
  }
}
