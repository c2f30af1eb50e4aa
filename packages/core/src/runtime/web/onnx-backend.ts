import type * as Ort from 'onnxruntime-web/webgpu';
import { ClickmaskError, messageOf } from '../../errors/index.js';
import type { InferenceBackend, InferenceSession, Provider, Tensor, TensorInfo, TensorType } from '../backend.js';

export interface OnnxWebOptions {
  /** Folder of the runtime's `.wasm` and `.mjs` files, as an address. Default: beside the runtime's script. */
  readonly wasmPaths?: string;
  /** The bytes of `ort-wasm-simd-threaded.wasm`, for pages in a single file. Cannot be used with WebGPU. */
  readonly wasmBinary?: ArrayBuffer;
  /** Whether a software adapter counts as WebGPU. It is slower than WASM; for tests. Default false. */
  readonly allowSoftwareGpu?: boolean;
}

/**
 * One queue for all session creations and runs of onnxruntime-web in this thread. Two overlapping calls on WebGPU, even
 * in different sessions, hang the thread for good. The runtime exists once per thread, and so does its queue.
 */
let tail: Promise<unknown> = Promise.resolve();

function inTurn<T>(job: () => Promise<T>): Promise<T> {
  const result = tail.then(job, job);
  tail = result.catch(() => {});
  return result;
}

/**
 * onnxruntime-web as an {@link InferenceBackend}. `run` blocks its thread on WASM, so it belongs in a Web Worker.
 *
 * The GPU build and the smaller CPU build are separate downloads. The GPU build is fetched only if there is a GPU.
 *
 * @example
 * ```ts browser
 * import { createOnnxWebBackend } from '@clickmask/core/web';
 *
 * const backend = await createOnnxWebBackend();
 * console.log((await backend.providers()).includes('wasm')); // true
 * ```
 *
 * @example
 * ```ts browser
 * import { createOnnxWebBackend } from '@clickmask/core/web';
 *
 * const backend = await createOnnxWebBackend();
 * console.log((await backend.providers()).includes('wasm')); // true
 * ```
 */
export async function createOnnxWebBackend(options: OnnxWebOptions = {}): Promise<InferenceBackend> {
  const gpu = options.wasmBinary === undefined ? await findAdapter(options.allowSoftwareGpu === true) : null;
  const available: readonly Provider[] = gpu === null ? ['wasm'] : ['webgpu', 'wasm'];
  return {
    name: 'onnxruntime-web',
    async providers() {
      return available;
    },
    async createSession(source, { providers, threads }) {
      const graph = await source.read();
      const refused: string[] = [];
      for (const provider of providers) {
        if (!available.includes(provider)) {
          refused.push(`${provider}: ${provider === 'webgpu' ? 'no usable GPU adapter' : 'not offered in a browser'}`);
          continue;
        }
        const ort = await loadRuntime(provider, options, threads);
        try {
          const session = await inTurn(() =>
            ort.InferenceSession.create(graph, { executionProviders: [provider], logSeverityLevel: 4 }),
          );
          return wrap(ort, session, provider);
        } catch (cause) {
          if (isMissingRuntime(cause)) throw missingRuntime(cause);
          if (provider === 'wasm') {
            const message = `The graph cannot be loaded: ${messageOf(cause)} Export the model again, or install it again.`;
            throw new ClickmaskError('bad-model', message, { cause });
          }
          refused.push(`${provider}: ${messageOf(cause)}`);
        }
      }
      const message = `None of the wanted execution providers works here. ${refused.join('; ')}. Use 'auto' or 'wasm'.`;
      throw new ClickmaskError('provider-unavailable', message, { details: { wanted: [...providers], available } });
    },
  };
}

interface AdapterLike {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
}

/** A usable GPU adapter, or null. */
async function findAdapter(allowSoftware: boolean): Promise<AdapterLike | null> {
  const { gpu } = globalThis.navigator as { gpu?: { requestAdapter(): Promise<AdapterLike | null> } };
  if (gpu === undefined) return null;
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return null;
    const software =
      adapter.isFallbackAdapter === true ||
      adapter.info?.isFallbackAdapter === true ||
      adapter.info?.architecture === 'swiftshader';
    return software && !allowSoftware ? null : adapter;
  } catch {
    return null;
  }
}

/** A build of the runtime: its script, and the file that the script loads. */
interface Build {
  readonly file: string;
  load(): Promise<unknown>;
}

function buildFor(provider: Provider): Build {
  if (provider !== 'webgpu') {
    return { file: 'ort-wasm-simd-threaded.wasm', load: () => import('onnxruntime-web/wasm') };
  }
  // A browser that can suspend WebAssembly takes the smaller build, which saves 10 MB.
  return 'Suspending' in WebAssembly
    ? { file: 'ort-wasm-simd-threaded.jspi.wasm', load: () => import('onnxruntime-web/jspi') }
    : { file: 'ort-wasm-simd-threaded.asyncify.wasm', load: () => import('onnxruntime-web/webgpu') };
}

async function loadRuntime(provider: Provider, options: OnnxWebOptions, threads?: number): Promise<typeof Ort> {
  const { file, load } = buildFor(provider);
  let ort: typeof Ort;
  try {
    ort = (await load()) as typeof Ort;
  } catch (cause) {
    throw missingRuntime(cause);
  }
  const { wasm } = ort.env;
  if (options.wasmPaths !== undefined) {
    // Only the .wasm file: its script is part of the runtime's bundle.
    wasm.wasmPaths = { wasm: new URL(file, options.wasmPaths).href };
  }
  if (options.wasmBinary !== undefined) wasm.wasmBinary = options.wasmBinary;
  // Threads need cross-origin isolation. Without it, the runtime would use one thread and print a warning.
  wasm.numThreads = globalThis.crossOriginIsolated ? (threads ?? Math.min(4, navigator.hardwareConcurrency || 1)) : 1;
  return ort;
}

function wrap(ort: typeof Ort, session: Ort.InferenceSession, provider: Provider): InferenceSession {
  return {
    provider,
    inputs: session.inputMetadata.map(describeTensor),
    outputs: session.outputMetadata.map(describeTensor),
    run: (feeds) =>
      inTurn(async () => {
        const given: Record<string, Ort.Tensor> = {};
        try {
          for (const [name, tensor] of Object.entries(feeds)) given[name] = toOrt(ort, tensor);
          const result = await session.run(given);
          return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, fromOrt(value)]));
        } catch (cause) {
          throw new ClickmaskError('backend-failed', `The network failed to run: ${messageOf(cause)}`, {
            details: { provider },
            cause,
          });
        }
      }),
    dispose: () => inTurn(() => session.release()),
  };
}

function toOrt(ort: typeof Ort, tensor: Tensor): Ort.Tensor {
  return new ort.Tensor(tensor.type as 'float32', tensor.data as Float32Array, tensor.shape);
}

function fromOrt(value: Ort.Tensor): Tensor {
  return { type: value.type as TensorType, shape: value.dims, data: value.data as Float32Array };
}

function describeTensor(value: Ort.InferenceSession.ValueMetadata): TensorInfo {
  if (!value.isTensor) throw new ClickmaskError('bad-model', `Expected only tensors but '${value.name}' is none.`);
  return { name: value.name, type: value.type as TensorType, shape: value.shape };
}

/** The runtime reports only by text that its own files could not be fetched. */
function isMissingRuntime(error: unknown): boolean {
  return /no available backend found|dynamically imported module|wasm.*(fetch|404|MIME)|(fetch|404|MIME).*wasm/i.test(
    String(error),
  );
}

function missingRuntime(cause: unknown): ClickmaskError {
  const message =
    'The inference runtime could not be loaded. Serve the .wasm files of onnxruntime-web beside its script, or say where ' +
    `they are (wasmPaths). The browser said: ${messageOf(cause)}`;
  return new ClickmaskError('backend-unavailable', message, { cause });
}
