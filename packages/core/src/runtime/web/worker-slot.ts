import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import { type ConnectedEngine, connectEngine, type EngineSlot } from '../../host/index.js';
import type { Engine } from '../../segmenter/index.js';
import type { EngineSettings } from './load-engine.js';
import type { DownloadProgress } from './model-source.js';
import { whyNotStarted } from './start-worker.js';
import { webPort } from './web-port.js';
import type { ProgressMessage, StartMessage } from './worker.js';

/** Why the network moved from the GPU to the processor. */
export interface Fallback {
  readonly from: 'webgpu';
  readonly to: 'wasm';
  readonly error: ClickmaskError;
}

export interface WorkerSlotOptions {
  readonly settings: EngineSettings;
  readonly createWorker: () => Worker;
  /** The address of its script, if known. */
  readonly script?: URL | null;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly onFallback?: (fallback: Fallback) => void;
  /** Milliseconds after which a GPU call counts as hung. */
  readonly gpuPatienceMs: number;
}

export interface WebSlot extends EngineSlot {
  /** The running engine's information about itself; null before the first start. */
  readonly info: Engine['info'] | null;
  /** Terminates the worker at once, whatever it does. */
  terminate(): void;
}

/**
 * An engine in a Web Worker. If the GPU is lost, fails or hangs, the worker is terminated (a browser's worker, unlike
 * Node's, may be at any time) and the next one computes on the processor. The host sends the images again.
 */
export function webWorkerSlot(options: WorkerSlotOptions): WebSlot {
  let provider = options.settings.provider;
  let worker: Worker | null = null;
  let info: Engine['info'] | null = null;

  const terminate = () => {
    worker?.terminate();
    worker = null;
  };

  const launch = async (): Promise<ConnectedEngine> => {
    // A worker lost by an error of its script may still be running.
    terminate();
    const mine = options.createWorker();
    worker = mine;
    const { port1, port2 } = new MessageChannel();
    const { ready, lost } = connectEngine(webPort(port1));
    let started = false;
    mine.onerror = ({ message }) => {
      if (started) lost(lostError(new Error(message || 'its script failed')));
      else void startError(options.script ?? null).then(lost);
    };
    mine.onmessage = ({ data }: MessageEvent<ProgressMessage>) => {
      started = true;
      if (data?.type === 'progress') options.onProgress?.(data.progress);
    };
    const message: StartMessage = { type: 'start', settings: { ...options.settings, provider }, port: port2 };
    mine.postMessage(message, [port2]);
    try {
      const engine = await ready;
      started = true;
      info = engine.info;
      return engine;
    } catch (error) {
      mine.terminate();
      throw error;
    }
  };

  const start = async (): Promise<Engine> => {
    const engine = await launch();
    return engine.info.provider === 'webgpu' ? guarded(engine) : engine;
  };

  /** Watches an engine on the GPU. If the GPU fails, replaces it by one on the processor. */
  const guarded = (engine: ConnectedEngine): Engine & { readonly isLost: boolean } => {
    const watch = async <T>(call: () => Promise<T>): Promise<T> => {
      // An engine with an explicitly chosen provider is not moved silently.
      if (options.settings.provider !== 'auto') return call();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const hung = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          const message = `The GPU did not answer within ${options.gpuPatienceMs} ms.`;
          reject(new ClickmaskError('backend-failed', message));
        }, options.gpuPatienceMs);
      });
      try {
        return await Promise.race([call(), hung]);
      } catch (error) {
        // In split mode, the server may be what failed.
        if (!isClickmaskError(error, 'backend-failed') || Object.hasOwn(error.details, 'server')) throw error;
        provider = 'wasm';
        terminate();
        engine.lost(error);
        options.onFallback?.({ from: 'webgpu', to: 'wasm', error });
        // The host then starts a new engine, and sends the image and the request again.
        const retry = new ClickmaskError(
          'image-not-loaded',
          'The GPU failed; the image is loaded again on the processor.',
        );
        throw retry;
      } finally {
        clearTimeout(timer);
      }
    };
    return {
      info: engine.info,
      load: (key, source, shrink) => engine.load(key, source, shrink),
      prepare: (key) => watch(() => engine.prepare(key)),
      segment: (...asked) => watch(() => engine.segment(...asked)),
      features: (key, view) => watch(() => engine.features(key, view)),
      forget: (key) => engine.forget(key),
      stats: () => engine.stats(),
      dispose: () => engine.dispose(),
      get isLost() {
        return engine.isLost;
      },
    };
  };

  return {
    start,
    terminate,
    get info() {
      return info;
    },
  };
}

async function startError(script: URL | null): Promise<ClickmaskError> {
  return new ClickmaskError(
    'worker-lost',
    `The worker that segments images did not start. ${await whyNotStarted(script)}`,
  );
}

function lostError(cause: unknown): ClickmaskError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  const message = `The worker that segments images ended unexpectedly${why}. A new one is started for the next click: try again.`;
  return new ClickmaskError('worker-lost', message, { cause });
}
