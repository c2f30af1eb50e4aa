/**
 * The process that nuclio's processor starts for each worker, in place of nuclio's own wrapper. It reads events of any
 * size, waits for an asynchronous `initContext`, accepts a reply from the callback or from the returned promise,
 * survives rejections, and finishes its work before it stops.
 *
 * Start it as `node wrapper.mjs SOCKET HANDLER_FILE EXPORT`. nuclio uses it if `NUCLIO_NODEJS_WRAPPER_PATH` names it.
 */
import { createRequire } from 'node:module';
import { createConnection, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { type NuclioEvent, readEvents } from './event.js';
import { createLineReader } from './line-reader.js';
import { NuclioResponse, toResponse, writeBatch, writeResponse } from './response.js';

/** Milliseconds for a module to export its handler after loading, as in nuclio. */
const EXPORT_TIMEOUT_MS = 10_000;
const EXPORT_POLL_MS = 50;
/** Milliseconds for the last event and the function's own clean-up after a stop is requested. */
const DRAIN_TIMEOUT_MS = 30_000;

type Exports = Record<string, unknown>;
type Handler = (context: object, event: NuclioEvent) => unknown;

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`clickmask wrapper: ${text(error)}`);
  process.exit(1);
});

async function main(args: readonly string[]): Promise<void> {
  if (args.length !== 3) throw new Error(`Expected SOCKET HANDLER_FILE EXPORT but received ${args.length} arguments.`);
  const [socketPath, handlerPath, handlerName] = args;

  // Connect before loading anything: the processor waits two minutes for a connection, but without limit for a start.
  const socket = await connect(socketPath);
  socket.on('error', (error) => console.error(`clickmask wrapper: ${text(error)}`));
  const send = (line: string): boolean => !socket.destroyed && socket.write(line);
  const logger = createLogger(send);
  const context = { userData: {}, logger, Response: NuclioResponse };

  process.on('unhandledRejection', (reason) => {
    logger.error(`Unhandled rejection: ${text(reason)}`);
  });

  const module = await loadModule(handlerPath, handlerName);
  const handler = module[handlerName] as Handler;
  if (typeof module.initContext === 'function') await (module.initContext as (context: object) => unknown)(context);

  const queue = createQueue();
  let stopping: Promise<void> | null = null;
  const stop = (reason: string): Promise<void> => {
    stopping ??= (async () => {
      const timer = setTimeout(() => process.exit(1), DRAIN_TIMEOUT_MS);
      timer.unref();
      await queue.drained();
      try {
        if (typeof module.closeContext === 'function') await (module.closeContext as () => unknown)();
      } catch (error) {
        console.error(`clickmask wrapper: closeContext failed after ${reason}: ${text(error)}`);
      }
      if (!socket.destroyed) await new Promise<void>((resolve) => socket.end(resolve));
      process.exit(0);
    })();
    return stopping;
  };

  let answerNow: ((value: unknown) => void) | null = null;
  process.on('uncaughtException', (error) => {
    // The process state is now unknown: the running event is answered, then nuclio starts a new process.
    logger.error(`Uncaught exception: ${text(error)}`);
    answerNow?.([500, 'Uncaught exception in the function; see its log.']);
    setTimeout(() => process.exit(1), 200);
  });

  const respond = async (event: NuclioEvent): Promise<NuclioResponse> => {
    const started = performance.now();
    const response = await callHandler(handler, context, event, (answer) => {
      answerNow = answer;
    });
    answerNow = null;
    const duration = Math.max(1e-9, (performance.now() - started) / 1000);
    send(`m${JSON.stringify({ duration })}\n`);
    return response;
  };

  const reader = createLineReader((line) => {
    if (stopping !== null || line.length === 0) return;
    queue.add(async () => {
      try {
        const { batch, events } = readEvents(line);
        if (!batch) {
          send(writeResponse(await respond(events[0]), events[0].id));
          return;
        }
        const replies: [NuclioResponse, string][] = [];
        for (const event of events) replies.push([await respond(event), event.id]);
        send(writeBatch(replies));
      } catch (error) {
        logger.error(`The event could not be read or answered: ${text(error)}`);
        send(writeResponse(new NuclioResponse('The event could not be read.', {}, 'text/plain', 500), ''));
      }
    });
  });

  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  socket.on('end', () => void stop('the processor closed the connection'));
  socket.on('close', () => void stop('the connection broke'));
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));

  send('s\n');
}

/** Calls a handler once and settles with its first answer, from the callback or the returned value. */
function callHandler(
  handler: Handler,
  shared: object,
  event: NuclioEvent,
  expose: (answer: (value: unknown) => void) => void,
): Promise<NuclioResponse> {
  return new Promise((resolve) => {
    let answered = false;
    const answer = (value: unknown): void => {
      // A second or very late answer reaches nobody: each event has its own context.
      if (answered) return;
      answered = true;
      try {
        resolve(toResponse(value));
      } catch (error) {
        resolve(failure(error));
      }
    };
    expose(answer);
    const context = Object.assign(Object.create(shared) as object, { callback: answer });
    const fail = (error: unknown): void => {
      console.error(`clickmask wrapper: the handler failed: ${text(error)}`);
      answer(failure(error));
    };
    try {
      const returned = handler(context, event);
      // The return value of a plain function is not an answer (often it is a timer's handle). An asynchronous function
      // that resolves to undefined may still call back later.
      if (returned instanceof Promise) {
        returned.then((value: unknown) => {
          if (value !== undefined) answer(value);
        }, fail);
      }
    } catch (error) {
      fail(error);
    }
  });
}

function failure(error: unknown): NuclioResponse {
  const name = error instanceof Error ? error.name : 'Error';
  return new NuclioResponse(`${name} in the function; see its log.`, {}, 'text/plain', 500);
}

/** Runs tasks one after another, in order. */
function createQueue(): { add(task: () => Promise<void>): void; drained(): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  return {
    add: (task) => {
      last = last.then(task);
    },
    drained: () => last,
  };
}

function createLogger(send: (line: string) => boolean): Record<string, (message: unknown, data?: unknown) => void> {
  const write =
    (level: string) =>
    (message: unknown, data: unknown = {}): void => {
      const record = { datetime: new Date().toISOString(), level, message: String(message), with: data };
      send(`l${safeJson(record)}\n`);
    };
  const levels = { error: 'error', warn: 'warning', info: 'info', debug: 'debug' };
  return Object.fromEntries(
    Object.entries(levels).flatMap(([name, level]) => [
      [name, write(level)],
      [`${name}With`, write(level)],
    ]),
  );
}

function safeJson(record: { readonly with: unknown }): string {
  try {
    // For anything but a plain object in `with`, the processor would drop the record.
    const data = record.with;
    const plain = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : { value: data };
    return JSON.stringify({ ...record, with: plain });
  } catch {
    return JSON.stringify({ ...record, with: {} });
  }
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const tcp = /^(.*):(\d+)$/.exec(path);
    const socket = tcp ? createConnection(Number(tcp[2]), tcp[1]) : createConnection(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Loads the function, a CommonJS or ES module, and waits until it exports the handler. */
async function loadModule(path: string, name: string): Promise<Exports> {
  const imported = (await import(pathToFileURL(resolveModule(path)).href)) as Exports;
  // A CommonJS module may fill its exports later; `default` is the live object.
  const live = typeof imported.default === 'object' && imported.default !== null ? (imported.default as Exports) : {};
  const deadline = performance.now() + EXPORT_TIMEOUT_MS;
  for (;;) {
    for (const exports of [imported, live]) if (typeof exports[name] === 'function') return exports;
    if (performance.now() > deadline) {
      const found = Object.keys({ ...imported, ...live }).join(', ') || 'none';
      throw new Error(`Expected an exported function "${name}" in ${path} but found: ${found}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, EXPORT_POLL_MS));
  }
}

function resolveModule(path: string): string {
  const require = createRequire(import.meta.url);
  for (const candidate of [path, `${path}.mjs`, `${path}.cjs`]) {
    try {
      return require.resolve(candidate);
    } catch {
      // Try the next file extension.
    }
  }
  throw new Error(`Expected the function's file at ${path} (.js, .mjs or .cjs) but found none.`);
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
