import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { ClickmaskError, messageOf } from '../../errors/index.js';
import type { InferenceBackend, InferenceSession, Provider, Tensor, TensorInfo, TensorType } from '../backend.js';
import { refuseExternalData } from './external-data.js';
import { turnOffTelemetry } from './no-telemetry.js';

/** Best first. WebGPU comes after the CPU unless it is named: on servers it is often a software renderer. */
const preference: readonly Provider[] = ['cuda', 'cpu', 'webgpu'];

/** Options of {@link createOnnxNodeBackend}. */
export interface OnnxNodeOptions {
  /**
   * Whether waiting threads spin instead of sleeping. Default false. On an otherwise idle machine it saves a
   * millisecond or two per click. On any other machine it takes the core that the working thread needs.
   */
  readonly spin?: boolean;
}

/**
 * onnxruntime-node as an {@link InferenceBackend}.
 *
 * `run` blocks the calling thread, so servers use it inside a worker. The runtime's telemetry is turned off by the
 * environment variable `ORT_DISABLE_TELEMETRY`; in a worker of your own, set it in the main thread.
 *
 * @param options - how the runtime's own threads behave
 * @throws ClickmaskError `backend-unavailable` if onnxruntime-node is not installed or has no binary for this system
 *
 * @example
 * ```ts
 * import { createOnnxNodeBackend } from '@clickmask/core/node';
 *
 * const backend = await createOnnxNodeBackend();
 * console.log((await backend.providers()).includes('cpu')); // true
 * ```
 */
export async function createOnnxNodeBackend({ spin = false }: OnnxNodeOptions = {}): Promise<InferenceBackend> {
  const ort = loadRuntime();
  const available = ort
    .listSupportedBackends()
    .filter((backend) => backend.bundled || hasLibrary(backend.name))
    .map((backend) => backend.name);
  return {
    name: 'onnxruntime-node',
    async providers() {
      return preference.filter((provider) => available.includes(provider));
    },
    async createSession(source, { providers, threads }) {
      const graph = await source.read();
      refuseExternalData(graph);
      const refused: string[] = [];
      for (const provider of providers) {
        // The runtime silently drops an unknown provider, so it is checked here.
        if (!available.includes(provider)) {
          refused.push(`${provider}: not offered by this build of onnxruntime-node`);
          continue;
        }
        try {
          const session = await ort.InferenceSession.create(graph, {
            executionProviders: [provider],
            ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
            interOpNumThreads: 1,
            extra: { session: { intra_op: { allow_spinning: spin ? '1' : '0' } } },
            logSeverityLevel: 4,
          });
          return wrap(ort, session, provider);
        } catch (cause) {
          if (provider === 'cpu') {
            const message = `The graph cannot be loaded: ${messageOf(cause)} Export the model again, or install it again.`;
            throw new ClickmaskError('bad-model', message, { cause });
          }
          refused.push(`${provider}: ${messageOf(cause)}`);
        }
      }
      const message = `None of the wanted execution providers works here. ${refused.join('; ')}. Use 'auto' or 'cpu'.`;
      throw new ClickmaskError('provider-unavailable', message, { details: { wanted: [...providers], available } });
    },
  };
}

function loadRuntime(): typeof Ort {
  turnOffTelemetry();
  try {
    // Resolved from here, so it is found wherever the package manager installed it.
    return createRequire(import.meta.url)('onnxruntime-node') as typeof Ort;
  } catch (cause) {
    const message =
      'onnxruntime-node is not installed, or has no binary for this system. Install it beside @clickmask/core with: ' +
      'npm install --ignore-scripts onnxruntime-node@1.30.0 (its install script only fetches CUDA files).';
    throw new ClickmaskError('backend-unavailable', message, { cause });
  }
}

/** Whether the files of an optional provider are installed. Asking the runtime would work too, but prints an error. */
function hasLibrary(provider: string): boolean {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const file =
    process.platform === 'win32' ? `onnxruntime_providers_${provider}.dll` : `libonnxruntime_providers_${provider}.so`;
  return existsSync(join(root, 'bin', 'napi-v6', process.platform, process.arch, file));
}

function wrap(ort: typeof Ort, session: Ort.InferenceSession, provider: Provider): InferenceSession {
  const outputs = session.outputMetadata.map(describeTensor);
  return {
    provider,
    inputs: session.inputMetadata.map(describeTensor),
    outputs,
    async run(feeds) {
      try {
        const given: Record<string, Ort.Tensor> = {};
        for (const [name, tensor] of Object.entries(feeds)) given[name] = toOrt(ort, tensor);
        const result = await session.run(given);
        return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, fromOrt(value)]));
      } catch (cause) {
        throw new ClickmaskError('backend-failed', `The network failed to run: ${messageOf(cause)}`, { cause });
      }
    },
    async dispose() {
      await session.release();
    },
  };
}

function toOrt(ort: typeof Ort, tensor: Tensor): Ort.Tensor {
  return new ort.Tensor(tensor.type as 'float32', tensor.data as Float32Array, tensor.shape);
}

function fromOrt(value: Ort.OnnxValue): Tensor {
  const tensor = value as Ort.Tensor;
  return { type: tensor.type as TensorType, shape: tensor.dims, data: tensor.data as Float32Array };
}

function describeTensor(value: Ort.InferenceSession.ValueMetadata): TensorInfo {
  if (!value.isTensor) throw new ClickmaskError('bad-model', `Expected only tensors but '${value.name}' is none.`);
  return { name: value.name, type: value.type as TensorType, shape: value.shape };
}
