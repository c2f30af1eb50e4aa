import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDefaults } from '../options/with-defaults.js';
import { createHttpFront } from './http-front.js';
import { createWorkerPool } from './worker-pool.js';

/** How to run a folder. Names and defaults are those of nuclio's `function.yaml`. */
export interface LocalProcessorOptions {
  /** The function's folder. */
  readonly directory: string;
  /** File and export, as `main:handler`. Default `main:handler`. */
  readonly handler?: string;
  /** The wrapper that runs the function. */
  readonly wrapper: string;
  /** Added to the workers' environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Number of worker processes. Default 1. */
  readonly workers?: number;
  /** Milliseconds. A longer event is answered 408, and its worker is replaced. Default 30,000. */
  readonly eventTimeoutMs?: number;
  /** Milliseconds that a request waits for a free worker. Default 10,000. */
  readonly workerAvailabilityTimeoutMs?: number;
  /** Milliseconds that a worker may take to start. Default 120,000. */
  readonly startTimeoutMs?: number;
  /** Milliseconds that workers and connections may take to end after `close`. Default 10,000. */
  readonly stopTimeoutMs?: number;
  /** Bytes of the largest request. Default 128 MiB. */
  readonly maxRequestBodySize?: number;
  /** Receives what the function logs and prints. Default: discarded. */
  readonly log?: (level: string, message: string) => void;
}

/** Runs a nuclio function without nuclio and without containers. */
export interface LocalProcessor {
  /** Starts to answer HTTP. Port 0 takes a free one. Default host: loopback. */
  listen(port?: number, host?: string): Promise<string>;
  /** Process ids of the workers. */
  readonly pids: readonly number[];
  /** Seconds that the latest events took inside the function, as reported by the workers; at most 10,000 entries. */
  readonly durations: readonly number[];
  /** Finishes running events, stops the workers and frees the port. Resolves to the workers' exit codes. */
  close(): Promise<readonly (number | null)[]>;
}

const processorDefaults = Object.freeze({
  handler: 'main:handler',
  workers: 1,
  eventTimeoutMs: 30_000,
  workerAvailabilityTimeoutMs: 10_000,
  startTimeoutMs: 120_000,
  stopTimeoutMs: 10_000,
  maxRequestBodySize: 128 * 1024 * 1024,
  env: {},
  log: () => {},
});

/** Maximum number of kept durations. */
const KEPT = 10_000;

/**
 * A small nuclio processor. It starts the worker processes, speaks the processor's line protocol with them over unix
 * sockets, and serves HTTP. For checks and tests on a machine without containers; not a server for many users.
 *
 * @throws ClickmaskError `backend-failed` if a worker does not start
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { createRequire } from 'node:module';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createLocalProcessor } from '@clickmask/cvat-serverless';
 *
 * const directory = await mkdtemp(join(tmpdir(), 'function-'));
 * await writeFile(join(directory, 'main.js'), 'exports.handler = (context) => context.callback("hello");');
 * const wrapper = createRequire(import.meta.url).resolve('@clickmask/cvat-serverless/wrapper');
 * const processor = await createLocalProcessor({ directory, wrapper });
 * console.log(await (await fetch(await processor.listen())).text()); // hello
 * await processor.close();
 * ```
 */
export async function createLocalProcessor(options: LocalProcessorOptions): Promise<LocalProcessor> {
  const settings = withDefaults(processorDefaults, options);
  const sockets = await mkdtemp(join(tmpdir(), 'nuclio-rpc-'));
  const durations: number[] = [];
  const onDuration = (seconds: number): void => {
    durations.push(seconds);
    if (durations.length > KEPT) durations.shift();
  };
  const pool = createWorkerPool({ ...settings, sockets, onDuration });
  const front = createHttpFront(pool, settings);
  const close = async (): Promise<readonly (number | null)[]> => {
    await front.close();
    const codes = await pool.close();
    await rm(sockets, { recursive: true, force: true });
    return codes;
  };
  try {
    await pool.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    durations,
    get pids() {
      return pool.pids;
    },
    listen: (port = 0, host = '127.0.0.1') => front.listen(port, host),
    close,
  };
}
