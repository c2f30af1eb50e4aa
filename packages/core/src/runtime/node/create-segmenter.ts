import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ClickmaskError, expectInteger } from '../../errors/index.js';
import { createHost } from '../../host/index.js';
import { families, type ModelFamily } from '../../models/index.js';
import type { RefinementOptions } from '../../refinement/index.js';
import type { CacheBudgets, EngineLimits, Segmenter } from '../../segmenter/index.js';
import type { Provider } from '../backend.js';
import { type InferenceServer, resolveServer } from '../oip/address.js';
import { budgetShare } from './budget-share.js';
import { checkReading, type PictureReading } from './deep-picture.js';
import { loadEngine } from './load-engine.js';
import { embeddedModel, findModelFolder } from './model-folder.js';
import { usableCores } from './usable-cores.js';
import { workerSlot } from './worker-slot.js';

/** Options of {@link createSegmenter}. All have defaults. */
export interface NodeSegmenterOptions {
  /** Name or folder of a model. Default: the embedded `clickmask-small`. */
  readonly model?: string;
  /** Where the network runs. `auto` (default) takes the best provider that works on this machine. */
  readonly provider?: 'auto' | Provider;
  /**
   * An inference server that runs the network (Triton, KServe, MLServer): its address, or options. `clickmask models
   * export-triton`, `export-kserve` and `export-mlserver` write its model repository. Only `model.json` is needed here.
   */
  readonly engine?: string | InferenceServer;
  /**
   * Worker threads. 0 runs the network in the calling thread and blocks its event loop: for scripts, not for servers.
   * `auto` has one for each core, at most 4: for servers with many users. Default 1, or 4 with an `engine`, because
   * workers mostly wait for it.
   */
  readonly workers?: number | 'auto';
  /**
   * Intra-op threads of each worker. Default: the cores divided by the workers. Only cores that the process and its
   * container may use count.
   */
  readonly threads?: number;
  /** Waiting threads spin instead of sleeping. For a machine that does nothing else. Masks are the same. Default false. */
  readonly spin?: boolean;
  /** Maximum waiting requests per worker; more fail with `queue-full`. Default 64. */
  readonly queueCapacity?: number;
  /** Milliseconds after which a request fails with `deadline-exceeded`. Default: none. */
  readonly deadlineMs?: number;
  /** Byte budgets of the caches, shared by all workers. */
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  /**
   * Replaces the model's defaults for every request, field by field. A request's own options take precedence. Click
   * logs do not include this option: replay them with a segmenter that has it too.
   */
  readonly refinement?: RefinementOptions;
  /** How images with more than 8 bits or three bands are read. */
  readonly reading?: PictureReading;
  /** Model families to choose from. Families of your own need `workers: 0`. */
  readonly families?: readonly ModelFamily[];
  /** Folder of models by name. Default `~/.clickmask/models`, or CLICKMASK_HOME. */
  readonly modelsFolder?: string;
}

/**
 * Where `clickmask models add` puts models: `CLICKMASK_HOME/models`, else `~/.clickmask/models`.
 *
 * @example
 * ```ts
 * import { basename } from 'node:path';
 * import { defaultModelsFolder } from '@clickmask/core/node';
 *
 * console.log(basename(defaultModelsFolder())); // models
 * ```
 */
export function defaultModelsFolder(): string {
  return join(process.env.CLICKMASK_HOME ?? join(homedir(), '.clickmask'), 'models');
}

/**
 * Makes a segmenter in Node.
 *
 * @throws ClickmaskError `model-not-found`, `bad-model`, `provider-unavailable`, `backend-unavailable`, `bad-option`
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { createSegmenter } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('examples/photos/cat.jpg'));
 * const prediction = await segmenter.segment(image, { clicks: [{ x: 200, y: 160, label: 'positive' }] });
 * console.log(prediction.area > 10_000); // true
 * await segmenter.close();
 * ```
 */
export async function createSegmenter(options: NodeSegmenterOptions = {}): Promise<Segmenter> {
  const {
    model = embeddedModel,
    provider = 'auto',
    engine,
    spin,
    queueCapacity,
    deadlineMs,
    limits,
    refinement,
    reading = {},
  } = options;
  checkReading(reading);
  const cores = usableCores();
  const workers = resolveWorkers(options, cores);
  const slots = Math.max(1, workers);
  const threads = options.threads ?? Math.max(1, Math.floor(cores / slots));
  expectInteger('bad-option', 'threads', threads, 1, 1024);
  const budgets = budgetShare(options.budgets ?? {}, slots);
  const folder = findModelFolder(model, options.modelsFolder ?? defaultModelsFolder());
  if (engine !== undefined) resolveServer(engine);
  const settings = { folder, provider, engine, threads, spin, budgets, limits, refinement, reading };
  if (workers === 0) {
    const start = () => loadEngine(settings, options.families ?? families);
    return createHost({ slots: [{ start }], queueCapacity, deadlineMs, workers: 0 });
  }
  if (options.families !== undefined) {
    throw new ClickmaskError('bad-option', 'Families of your own run in the calling thread only: set workers to 0.');
  }
  const script = workerScript();
  return createHost({
    slots: Array.from({ length: workers }, () => workerSlot(settings, script)),
    queueCapacity,
    deadlineMs,
  });
}

/**
 * One for each core, because two threads of one network take a quarter more CPU time than two networks of one thread.
 * At most four, because each holds the weights.
 */
function resolveWorkers({ workers, engine }: NodeSegmenterOptions, cores: number): number {
  if (workers === undefined || workers === 'auto') {
    if (engine !== undefined) return 4;
    return workers === undefined ? 1 : Math.min(4, cores);
  }
  expectInteger('bad-option', 'workers', workers, 0, 256);
  return workers;
}

/** The worker is beside this file. When this is part of a program or runs from source, it is elsewhere in dist/. */
function workerScript(): URL {
  const dist = ['..', '../..', '../../../dist'].map((path) => `${path}/runtime/node/worker.js`);
  const tried = ['./worker.js', ...dist].map((path) => new URL(path, import.meta.url));
  const found = tried.find((url) => existsSync(url));
  if (found === undefined) {
    throw new ClickmaskError(
      'internal',
      'The worker script is missing from the package. Install it again, or build it first.',
    );
  }
  return found;
}
