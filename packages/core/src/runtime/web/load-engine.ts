import { ClickmaskError } from '../../errors/index.js';
import { families, loadModel, type ModelHandle } from '../../models/index.js';
import type { RefinementOptions } from '../../refinement/index.js';
import {
  type CacheBudgets,
  createEngine,
  type Engine,
  type EngineLimits,
  type EngineOptions,
} from '../../segmenter/index.js';
import type { InferenceBackend, Provider } from '../backend.js';
import type { ServerAddress } from '../remote/client.js';
import { createSplitParts, encoderGraph } from '../remote/split-engine.js';
import { decodeImage } from './decode-image.js';
import { type DownloadProgress, type PortableSource, webModelFiles } from './model-source.js';
import { createOnnxWebBackend, type OnnxWebOptions } from './onnx-backend.js';

/** What an engine needs to start: plain data that can be sent to a worker. */
export interface EngineSettings extends OnnxWebOptions {
  readonly source: PortableSource;
  readonly provider: 'auto' | Provider;
  readonly cache: boolean;
  readonly threads?: number;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  readonly refinement?: RefinementOptions;
  /** The server that computes the features. Default: none. */
  readonly split?: ServerAddress;
}

/** Loads a model into an engine in this thread. */
export async function loadEngine(
  settings: EngineSettings,
  onProgress?: (progress: DownloadProgress) => void,
): Promise<Engine> {
  const { source, provider, cache, threads, split } = settings;
  checkWebAssembly();
  const backend = await createOnnxWebBackend(settings);
  const handle = await loadModel(webModelFiles(source, { cache, onProgress }), {
    backend,
    families,
    providers: await wantedProviders(provider, backend),
    threads,
    without: split === undefined ? [] : [encoderGraph],
  });
  if (split === undefined) return engineOf(handle, decodeImage, settings);
  const { name, version } = handle.model.manifest;
  const parts = await createSplitParts(split, `${name} ${version}`);
  const wrapped = { ...handle, model: parts.wrapModel(handle.model) };
  return parts.wrapEngine(engineOf(wrapped, decodeImage, settings));
}

/** Reported before any download: the runtime's own message comes late and gives no advice. */
function checkWebAssembly(): void {
  if (typeof WebAssembly !== 'object') {
    const message =
      'WebAssembly is switched off in this browser, as by a lockdown mode. Allow it for this site, or compute on a server (mode="remote").';
    throw new ClickmaskError('backend-unavailable', message);
  }
  try {
    // The smallest WebAssembly module: its magic number and version.
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  } catch (cause) {
    const message =
      "The content security policy forbids WebAssembly. Add 'wasm-unsafe-eval' to script-src, for the page and for the worker's script, or compute on a server (mode=\"remote\").";
    throw new ClickmaskError('backend-unavailable', message, { cause });
  }
}

function engineOf(
  handle: ModelHandle,
  decode: EngineOptions['decodeImage'],
  { threads, budgets, limits, refinement }: EngineSettings,
): Engine {
  const used = globalThis.crossOriginIsolated ? (threads ?? Math.min(4, navigator.hardwareConcurrency || 1)) : 1;
  return createEngine({ handle, decodeImage: decode, threads: used, budgets, limits, refinement });
}

async function wantedProviders(wanted: 'auto' | Provider, backend: InferenceBackend): Promise<readonly Provider[]> {
  const offered = await backend.providers();
  if (wanted === 'auto') return offered;
  if (!offered.includes(wanted)) {
    const message = `Expected one of the execution providers that this browser offers (${offered.join(', ')}) but received '${wanted}'. Use 'auto' or 'wasm'.`;
    throw new ClickmaskError('provider-unavailable', message, { details: { wanted, offered } });
  }
  return [wanted];
}
