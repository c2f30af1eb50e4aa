import { ClickmaskError } from '../../errors/index.js';
import { families, loadModel, type ModelFamily } from '../../models/index.js';
import type { RefinementOptions } from '../../refinement/index.js';
import { type CacheBudgets, createEngine, type Engine, type EngineLimits } from '../../segmenter/index.js';
import type { DecodeImage } from '../../segmenter/picture-store.js';
import type { InferenceBackend, Provider } from '../backend.js';
import type { InferenceServer } from '../oip/index.js';
import { decodeReduced } from './decode-image.js';
import type { PictureReading } from './deep-picture.js';
import { folderFiles } from './model-folder.js';
import { createOnnxNodeBackend } from './onnx-backend.js';

/** What an engine needs to start: plain data that can be sent to a worker. */
export interface EngineSettings {
  readonly folder: string;
  readonly provider: 'auto' | Provider;
  readonly engine?: string | InferenceServer;
  readonly threads: number;
  readonly spin?: boolean;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  readonly refinement?: RefinementOptions;
  readonly reading?: PictureReading;
}

/** Loads a model from a folder into an engine in this thread. */
export async function loadEngine(settings: EngineSettings, known: readonly ModelFamily[] = families): Promise<Engine> {
  const backend = await backendOf(settings);
  const handle = await loadModel(folderFiles(settings.folder), {
    backend,
    families: known,
    providers: await wantedProviders(settings, backend),
    threads: settings.threads,
  });
  const { threads, budgets, limits, refinement, reading } = settings;
  const decodeImage: DecodeImage = (bytes, maxPixels, shrink) => decodeReduced(bytes, maxPixels, shrink, reading);
  return createEngine({ handle, decodeImage, threads, budgets, limits, refinement });
}

/**
 * Where the network runs: an inference server, plus this machine's runtime for graphs that stay here; or only this
 * machine's runtime.
 */
async function backendOf({ engine, spin }: EngineSettings): Promise<InferenceBackend> {
  const local = () => createOnnxNodeBackend({ spin });
  if (engine === undefined) return local();
  // Only when asked for, because it brings Node's HTTP and TLS.
  const { createOipBackend } = await import('../oip/oip-backend.js');
  return createOipBackend(engine, local);
}

async function wantedProviders(
  { provider: wanted, engine }: EngineSettings,
  backend: InferenceBackend,
): Promise<readonly Provider[]> {
  if (wanted === 'auto') return backend.providers();
  // With an engine, the provider applies to the graphs that run here. Their runtime checks it when the first is loaded.
  if (engine !== undefined) return [wanted];
  const offered = await backend.providers();
  if (!offered.includes(wanted)) {
    const message = `Expected one of the execution providers that this machine offers (${offered.join(', ')}) but received '${wanted}'. Use 'auto' or 'cpu'.`;
    throw new ClickmaskError('provider-unavailable', message, { details: { wanted, offered } });
  }
  return [wanted];
}
