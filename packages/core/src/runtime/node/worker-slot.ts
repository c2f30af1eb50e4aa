import { Worker } from 'node:worker_threads';
import { ClickmaskError } from '../../errors/index.js';
import { connectEngine, type EngineSlot } from '../../host/index.js';
import type { EngineSettings } from './load-engine.js';
import { turnOffTelemetry } from './no-telemetry.js';
import { nodePort } from './node-port.js';

/** An engine in its own worker thread. If the thread is lost, it reports this and starts a new one. */
export function workerSlot(settings: EngineSettings, script: URL): EngineSlot {
  return {
    async start(onLost) {
      turnOffTelemetry();
      // The process's own flags are not passed on: some, such as --input-type, would prevent the worker's start.
      const worker = new Worker(script, { workerData: settings, name: 'clickmask', execArgv: [] });
      const { ready, lost } = connectEngine(nodePort(worker));
      worker.on('error', (cause) => lost(lostError(cause)));
      worker.on('exit', (code) => {
        lost(lostError(new Error(`exit code ${code}`)));
        onLost?.();
      });
      const engine = await ready;
      // An idle worker does not keep the process alive. While one works, the promise that its caller awaits does.
      worker.unref();
      return keepAlive(engine, worker);
    },
  };
}

/** Keeps the process alive while a call is running. */
function keepAlive<T extends object>(engine: T, worker: Worker): T {
  let active = 0;
  return new Proxy(engine, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function' || name === 'lost') return value;
      return async (...args: unknown[]) => {
        if (active++ === 0) worker.ref();
        try {
          return await (value as (...args: unknown[]) => Promise<unknown>).apply(target, args);
        } finally {
          if (--active === 0) worker.unref();
        }
      };
    },
  });
}

function lostError(cause: unknown): ClickmaskError {
  const message =
    'The worker that served this request ended unexpectedly. A new one is started for the next request: try again.';
  return new ClickmaskError('worker-lost', message, { cause });
}
