import { ClickmaskError } from '../../errors/index.js';
import { families, loadModel, type ModelFamily } from '../../models/index.js';
import type { RefinementOptions } from '../../refinement/index.js';
import { type CacheBudgets, createEngine, type Engine, type EngineLimits } from '../../segmenter/index.js';
import type { Provider } from '../backend.js';
import { decodeImage } from './decode-image.js';
import { folderFiles } from './model-folder.js';
import { createOnnxNodeBackend } from './onnx-backend.js';

/** What an engine needs to start, as plain data that can be sent to a worker. */
export interface EngineSettings {
  readonly folder: string;
  readonly provider: 'auto' | Provider;
  readonly threads: number;
  readonly spin?: boolean;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  readonly refinement?: RefinementOptions;
}

/** Loads a model from a folder into an engine in this thread. */
export async function loadEngine(settings: EngineSettings, known: readonly ModelFamily[] = families): Promise<Engine> {
  const backend = await createOnnxNodeBackend({ spin: settings.spin });
  const handle = await loadModel(folderFiles(settings.folder), {
    backend,
    families: known,
    providers: await wantedProviders(settings.provider, await backend.providers()),
    threads: settings.threads,
  });
  const { threads, budgets, limits, refinement } = settings;
  return createEngine({ handle, decodeImage, threads, budgets, limits, refinement });
}

async function wantedProviders(wanted: 'auto' | Provider, offered: readonly Provider[]): Promise<readonly Provider[]> {
  if (wanted === 'auto') return offered;
  if (!offered.includes(wanted)) {
    const message = `Expected one of the execution providers that this machine offers (${offered.join(', ')}) but received '${wanted}'. Use 'auto' or 'cpu'.`;
    throw new ClickmaskError('provider-unavailable', message, { details: { wanted, offered } });
  }
  return [wanted];
}
