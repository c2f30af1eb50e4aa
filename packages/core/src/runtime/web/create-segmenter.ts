import { ClickmaskError, expectInteger, unexpected } from '../../errors/index.js';
import { createHost } from '../../host/index.js';
import type { RefinementOptions } from '../../refinement/index.js';
import type { CacheBudgets, EngineLimits, Segmenter } from '../../segmenter/index.js';
import type { Provider } from '../backend.js';
import type { ServerAddress } from '../remote/client.js';
import { type DownloadProgress, type ModelSource, portableSource } from './model-source.js';
import { forbidden, startWorker } from './start-worker.js';
import { type Fallback, webWorkerSlot } from './worker-slot.js';

/** Options of {@link createSegmenter}. All have defaults. */
export interface WebSegmenterOptions {
  /** Default: the embedded model, from its package beside this one. */
  readonly model?: ModelSource;
  /** Where the network runs. `auto` (default) takes a GPU if there is one, and the processor if that fails. */
  readonly provider?: 'auto' | Extract<Provider, 'webgpu' | 'wasm'>;
  /** A server that computes the features. Clicks are decoded here and send nothing. Default: none. */
  readonly split?: ServerAddress;
  /** The worker: the address of its script, or a function that makes it. Default: the script beside this one. */
  readonly worker?: string | URL | (() => Worker);
  /** Folder of the runtime's `.wasm` files. Default: beside the worker's script. */
  readonly wasmPaths?: string | URL;
  /** The bytes of `ort-wasm-simd-threaded.wasm`, for pages that may not fetch. Cannot be used with a GPU. */
  readonly wasmBinary?: ArrayBuffer;
  /** Keeps the model in the browser's Cache API. Default true. */
  readonly cache?: boolean;
  /** Threads of the processor. Default: up to 4 on a cross-origin isolated page, else 1. */
  readonly threads?: number;
  /** Maximum waiting requests; more fail with `queue-full`. Default 64. */
  readonly queueCapacity?: number;
  /** Milliseconds after which a request fails with `deadline-exceeded`. Default: none. */
  readonly deadlineMs?: number;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  /**
   * Replaces the model's defaults for every request, field by field. A request's own options take precedence. Click
   * logs do not include this option: replay them with a segmenter that has it too.
   */
  readonly refinement?: RefinementOptions;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called when the GPU failed and the processor took over. */
  readonly onFallback?: (fallback: Fallback) => void;
  /** A GPU call that takes longer, in milliseconds, counts as hung: the processor takes over. Default 60,000. */
  readonly gpuPatienceMs?: number;
  /** Also uses a GPU that is emulated in software, which is slower than WASM. Default false. */
  readonly allowSoftwareGpu?: boolean;
}

/**
 * A segmenter in the browser. The whole pipeline runs in a Web Worker, so the page stays responsive.
 *
 * @throws ClickmaskError `model-not-found`, `bad-model`, `provider-unavailable`, `backend-unavailable`, `bad-option`
 *
 * @example
 * ```ts browser
 * import { createSegmenter } from '@clickmask/core/web';
 *
 * const segmenter = await createSegmenter();
 * const bytes = new Uint8Array(await (await fetch('photos/cat.jpg')).arrayBuffer());
 * const image = await segmenter.open(bytes, { prepare: true });
 * const prediction = await segmenter.segment(image, { clicks: [{ x: 200, y: 160, label: 'positive' }] });
 * console.log(prediction.area > 10_000); // true
 * await segmenter.close();
 * ```
 */
export async function createSegmenter(options: WebSegmenterOptions = {}): Promise<Segmenter> {
  const { model, provider = 'auto', worker, wasmPaths, wasmBinary, cache = true, threads } = options;
  const {
    split,
    gpuPatienceMs = 60_000,
    queueCapacity,
    deadlineMs,
    budgets,
    limits,
    refinement,
    allowSoftwareGpu,
  } = options;
  if (!['auto', 'webgpu', 'wasm'].includes(provider)) {
    throw unexpected('bad-option', 'provider', "'auto', 'webgpu' or 'wasm'", provider);
  }
  if (threads !== undefined) expectInteger('bad-option', 'threads', threads, 1, 64);
  const base = globalThis.document?.baseURI ?? globalThis.location?.href ?? import.meta.url;
  const script = typeof worker === 'string' || worker instanceof URL ? new URL(worker, base) : null;
  const slot = webWorkerSlot({
    settings: {
      source: portableSource(model ?? embeddedModel(), base),
      provider,
      cache,
      threads,
      budgets,
      limits,
      refinement,
      allowSoftwareGpu,
      wasmBinary,
      split: split === undefined ? undefined : { ...split, url: new URL(split.url, base).href },
      wasmPaths: wasmPaths === undefined ? undefined : new URL(wasmPaths, base).href,
    },
    createWorker: typeof worker === 'function' ? worker : script === null ? followedWorker : () => startWorker(script),
    script,
    onProgress: options.onProgress,
    onFallback: options.onFallback,
    gpuPatienceMs,
  });
  let host: Segmenter;
  try {
    host = await createHost({ slots: [slot], queueCapacity, deadlineMs, workers: 1 });
  } catch (error) {
    slot.terminate();
    throw error;
  }
  return {
    // The engine's present information: it may have moved from the GPU to the processor.
    get info() {
      return { ...host.info, ...slot.info, workers: 1 };
    },
    open: host.open,
    segment: host.segment,
    stats: host.stats,
    async close() {
      try {
        await host.close();
      } finally {
        slot.terminate();
      }
    },
  };
}

/** The worker beside this script, in the only form that bundlers recognise. */
function followedWorker(): Worker {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'clickmask' });
  } catch (cause) {
    throw forbidden(cause);
  }
}

/** The files of the embedded model's package, which lies beside this one. Bundlers find and copy them. */
function embeddedModel(): ModelSource {
  try {
    return {
      'model.json': new URL('../../../../clickmask-small/model.json', import.meta.url),
      'encoder.onnx': new URL('../../../../clickmask-small/encoder.onnx', import.meta.url),
      'decoder.onnx': new URL('../../../../clickmask-small/decoder.onnx', import.meta.url),
    };
  } catch (cause) {
    const message =
      "Expected the bundler to keep import.meta.url, by which the embedded model is found. Bundle to ES modules, or say where the model's folder is (the option model, or assets of the widget).";
    throw new ClickmaskError('model-not-found', message, { cause });
  }
}
