import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { withDefaults } from '../options/with-defaults.js';
import { createLineReader } from './line-reader.js';

/** How a folder is run. Names and defaults are those of nuclio's `function.yaml`. */
export interface LocalProcessorOptions {
  /** The function's folder. */
  readonly directory: string;
  /** File and export, as `main:handler`. Default `main:handler`. */
  readonly handler?: string;
  /** The wrapper that runs the function. */
  readonly wrapper: string;
  /** Added to the environment of the workers. */
  readonly env?: Readonly<Record<string, string>>;
  /** Processes that answer requests. Default 1. */
  readonly workers?: number;
  /** An event that takes longer is answered 408 and its worker is replaced. Default 30 s. */
  readonly eventTimeoutMs?: number;
  /** How long a request waits for a free worker. Default 10 s. */
  readonly workerAvailabilityTimeoutMs?: number;
  /** How long a worker may take to start. Default 120 s. */
  readonly startTimeoutMs?: number;
  /** Larger requests are refused. Default 128 MiB. */
  readonly maxRequestBodySize?: number;
  /** Receives what the function logs and prints. Default: dropped. */
  readonly log?: (level: string, message: string) => void;
}

/** Runs a nuclio function without nuclio and without containers. */
export interface LocalProcessor {
  /** Starts to answer HTTP; port 0 takes a free one. Loopback unless a host is named. */
  listen(port?: number, host?: string): Promise<string>;
  /** Process ids of the workers. */
  readonly pids: readonly number[];
  /** Seconds each answered event took inside the function, as the workers reported them. */
  readonly durations: readonly number[];
  /** Finishes the events in hand, stops the workers, frees the port. Resolves with the workers' exit codes. */
  close(): Promise<readonly (number | null)[]>;
}

/**
 * A small nuclio processor: starts one process per worker, speaks the processor's line protocol with it over a unix
 * socket, and puts HTTP in front. For checks and tests on a machine without containers; not a server for many users.
 *
 * @throws ClickmaskError `backend-failed` where a worker does not start
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
  const settings: Settings = withDefaults(processorDefaults, options);
  const directory = await mkdtemp(join(tmpdir(), 'nuclio-rpc-'));
  const durations: number[] = [];
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const workers = new Set<Worker>();
  let closed = false;
  let serial = 0;
  let events = 0;
  let server: Server | null = null;

  const release = (worker: Worker): void => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };

  const start = async (): Promise<void> => {
    const worker = await startWorker(join(directory, `${++serial}.sock`), settings, (seconds) =>
      durations.push(seconds),
    );
    workers.add(worker);
    worker.exited.then(
      () => {
        workers.delete(worker);
        const index = idle.indexOf(worker);
        if (index !== -1) idle.splice(index, 1);
        // nuclio's container ends here and its restart policy brings it back.
        if (!closed) start().catch((error: unknown) => settings.log('error', String(error)));
      },
      () => {},
    );
    release(worker);
  };

  const allocate = (): Promise<Worker | null> => {
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
      }, settings.workerAvailabilityTimeoutMs);
      waiting.push(take);
    });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, settings.maxRequestBodySize);
    if (body === null) return reply(response, 400, 'text/plain', 'body size exceeds the given limit');
    const worker = await allocate();
    if (worker === null) return reply(response, 503, 'text/plain', 'no worker available');
    const result = await worker.process(eventLine(request, body, ++events), settings.eventTimeoutMs);
    if (result === 'timeout') {
      worker.kill();
      return reply(response, 408, 'application/json', '{"error": "handler timed out"}');
    }
    if (result === 'gone') {
      request.socket.destroy();
      return undefined;
    }
    release(worker);
    return sendResult(response, result);
  };

  try {
    await Promise.all(Array.from({ length: settings.workers }, start));
  } catch (error) {
    closed = true;
    for (const worker of workers) worker.kill();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }

  return {
    durations,
    get pids() {
      return [...workers].map((worker) => worker.pid);
    },
    listen(port = 0, host = '127.0.0.1') {
      server = createHttpServer((request, response) => {
        answer(request, response).catch((error: unknown) => {
          settings.log('error', String(error));
          if (response.headersSent) response.destroy();
          else reply(response, 500, 'text/plain', 'the processor failed');
        });
      });
      const opened = server;
      return new Promise((resolve, reject) => {
        opened.once('error', reject);
        opened.listen(port, host, () => {
          const address = opened.address();
          resolve(`http://${host}:${typeof address === 'object' && address !== null ? address.port : port}`);
        });
      });
    },
    async close() {
      closed = true;
      const stopped = server;
      if (stopped) {
        await new Promise<void>((resolve) => {
          stopped.close(() => resolve());
          stopped.closeIdleConnections();
        });
      }
      const codes = await Promise.all(
        [...workers].map((worker) => {
          worker.stop();
          return worker.exited;
        }),
      );
      await rm(directory, { recursive: true, force: true });
      return codes;
    },
  };
}

const processorDefaults = Object.freeze({
  handler: 'main:handler',
  workers: 1,
  eventTimeoutMs: 30_000,
  workerAvailabilityTimeoutMs: 10_000,
  startTimeoutMs: 120_000,
  maxRequestBodySize: 128 * 1024 * 1024,
  env: {},
  log: () => {},
});

interface WorkerResult {
  readonly body?: string;
  readonly body_encoding?: string;
  readonly content_type?: string;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly status_code?: number;
}

interface Worker {
  readonly pid: number;
  readonly exited: Promise<number | null>;
  process(line: string, timeoutMs: number): Promise<WorkerResult | 'timeout' | 'gone'>;
  stop(): void;
  kill(): void;
}

type Settings = Required<LocalProcessorOptions>;

async function startWorker(path: string, settings: Settings, onDuration: (seconds: number) => void): Promise<Worker> {
  const { directory, handler, wrapper, env, log, startTimeoutMs } = settings;
  const separator = handler.lastIndexOf(':');
  const file = separator === -1 ? 'handler.js' : handler.slice(0, separator);
  const listener = createSocketServer();
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(path, resolve);
  });
  const child = spawn(process.execPath, [wrapper, path, join(directory, file), handler.slice(separator + 1)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  forward(child, log);
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code) => resolve(code));
  });
  try {
    const socket = await within(
      startTimeoutMs,
      new Promise<Socket>((resolve) => listener.once('connection', resolve)),
      exited,
    );
    listener.close();
    return await within(startTimeoutMs, serveWorker(child, socket, exited, log, onDuration), exited);
  } catch (error) {
    listener.close();
    child.kill('SIGKILL');
    throw error;
  }
}

/** Resolves with the worker once it says that it has started. */
function serveWorker(
  child: ChildProcess,
  socket: Socket,
  exited: Promise<number | null>,
  log: Settings['log'],
  onDuration: (seconds: number) => void,
): Promise<Worker> {
  return new Promise((resolve) => {
    let settle: ((result: WorkerResult | 'timeout' | 'gone') => void) | null = null;
    const worker: Worker = {
      pid: child.pid ?? -1,
      exited,
      process: (line, timeoutMs) =>
        new Promise((done) => {
          const timer = setTimeout(() => settle?.('timeout'), timeoutMs);
          settle = (result) => {
            clearTimeout(timer);
            settle = null;
            done(result);
          };
          if (socket.destroyed) settle('gone');
          else socket.write(line);
        }),
      stop: () => child.kill('SIGTERM'),
      kill: () => child.kill('SIGKILL'),
    };
    const take = (line: Buffer): void => {
      const rest = line.subarray(1);
      switch (String.fromCharCode(line[0])) {
        case 's':
          resolve(worker);
          break;
        case 'l': {
          const record = JSON.parse(rest.toString()) as { level: string; message: string; with?: object };
          const data = record.with && Object.keys(record.with).length > 0 ? ` ${JSON.stringify(record.with)}` : '';
          log(record.level, `${record.message}${data}`);
          break;
        }
        case 'm':
          onDuration((JSON.parse(rest.toString()) as { duration: number }).duration);
          break;
        case 'r':
          settle?.(JSON.parse(rest.toString()) as WorkerResult);
          break;
        default:
          log('warning', `Unknown line from the worker: ${line.subarray(0, 80).toString()}`);
      }
    };
    const reader = createLineReader((line) => {
      try {
        take(line);
      } catch (error) {
        log('error', `A line from the worker cannot be read: ${String(error)}`);
        settle?.({ status_code: 500, body: 'the worker sent a broken line', body_encoding: 'text' });
      }
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => settle?.('gone'));
    void exited.then(() => settle?.('gone'));
  });
}

async function within<T>(timeoutMs: number, work: Promise<T>, exited: Promise<number | null>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ClickmaskError('backend-failed', `The function did not start within ${timeoutMs} ms.`)),
      timeoutMs,
    );
  });
  const ended = exited.then((code): never => {
    throw new ClickmaskError('backend-failed', `The function ended with code ${code} before it had started.`, {
      details: { code },
    });
  });
  ended.catch(() => {});
  try {
    return await Promise.race([work, late, ended]);
  } finally {
    clearTimeout(timer);
  }
}

function forward(child: ChildProcess, log: Settings['log']): void {
  for (const stream of [child.stdout, child.stderr]) {
    const reader = createLineReader((line) => log('print', line.toString()));
    stream?.on('data', (chunk: Buffer) => reader.push(chunk));
  }
}

/** The whole request, or null where it is too large; the rest of such a request is read and dropped. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > limit ? null : Buffer.concat(chunks, size);
}

/** Field names and order as the processor writes them. */
function eventLine(request: IncomingMessage, body: Buffer, id: number): string {
  const contentType = request.headers['content-type'] ?? '';
  const event = {
    'content-type': contentType,
    content_type: contentType,
    fields: {},
    headers: request.headers,
    id: String(id),
    method: request.method,
    num_shards: 0,
    offset: 0,
    path: (request.url ?? '/').split('?')[0],
    shard_id: 0,
    size: body.length,
    timestamp: Math.floor(Date.now() / 1000),
    topic: '',
    trigger: { kind: 'http', name: 'http' },
    type: '',
    type_version: '',
    url: request.url,
    version: '',
  };
  return `{"body":"${body.toString('base64')}",${JSON.stringify(event).slice(1)}\n`;
}

async function sendResult(response: ServerResponse, result: WorkerResult): Promise<void> {
  const { body = '', body_encoding: encoding, content_type: contentType, status_code: status } = result;
  let file: string | null = null;
  let deleteFile = false;
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    if (/^x-nuclio-filestream-delete-after-send$/i.test(name)) deleteFile = true;
    else if (/^x-nuclio-filestream-path$/i.test(name) && typeof value === 'string') file = value;
    else if (typeof value === 'string' || Number.isInteger(value)) response.setHeader(name, value as string | number);
  }
  if (encoding !== 'text' && encoding !== 'base64') {
    return reply(response, 500, 'text/plain', `Unknown body encoding - "${encoding}"`);
  }
  if (file === null) {
    return reply(
      response,
      status || 200,
      contentType ?? '',
      encoding === 'base64' ? Buffer.from(body, 'base64') : body,
    );
  }
  const path = file;
  await new Promise<void>((resolve) => {
    const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
    stream.once('error', () => {
      reply(response, 404, 'text/plain', '');
      resolve();
    });
    stream.once('open', () => response.writeHead(status || 200, { 'content-type': contentType || 'text/plain' }));
    response.once('close', resolve);
    stream.pipe(response);
  });
  if (deleteFile) await rm(path, { force: true });
  return undefined;
}

function reply(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  if (contentType !== '') response.setHeader('content-type', contentType);
  response.statusCode = status;
  response.end(body);
}
