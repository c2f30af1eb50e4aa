import { ClickmaskError } from '../errors/index.js';
import type {
  BackendState,
  GraphSource,
  InferenceBackend,
  InferenceSession,
  Provider,
  Tensor,
  TensorInfo,
} from '../runtime/backend.js';
import type { LoadedModel, ModelFamily } from './family.js';
import { type DeclaredTensor, type ModelGraph, type ModelManifest, parseManifest } from './manifest.js';
import { findFamily } from './registry.js';
import { sha256 } from './sha256.js';

/** The source of a model's files: a folder, a package, a server, or a user's upload. */
export interface ModelFiles {
  /** For messages: a path or URL. */
  readonly location: string;
  /**
   * @param bytes - the expected size, if known; no more is read
   * @throws ClickmaskError `model-not-found`
   */
  read(file: string, bytes?: number): Promise<Uint8Array>;
}

export interface LoadOptions {
  readonly backend: InferenceBackend;
  readonly families: readonly ModelFamily[];
  /** Best first. */
  readonly providers: readonly Provider[];
  readonly threads?: number;
  /** Graphs that are not loaded because their results come from elsewhere. Running one is an error. */
  readonly without?: readonly string[];
}

/** A loaded model, with everything to free when it is closed. */
export interface ModelHandle {
  readonly model: LoadedModel;
  readonly provider: Provider;
  /** Whether another loader of this model, on another machine, can decode the result of `encode`. */
  readonly portable: boolean;
  /** Milliseconds spent inside the network so far. */
  networkMs(): number;
  /** Runs the work that `encode` postponed, if the network runs on a server, for the latest input. */
  warm(): Promise<void>;
  /** State of the server that runs the network; left out without a server. */
  state?(): BackendState;
  dispose(): Promise<void>;
}

/**
 * Reads and checks `model.json`.
 *
 * @throws ClickmaskError `bad-model`, `model-not-found`
 *
 * @example
 * ```ts
 * import { readManifest } from '@clickmask/core/models';
 * import { defaultModelsFolder, findModelFolder, folderFiles } from '@clickmask/core/node';
 *
 * const folder = findModelFolder('clickmask-small', defaultModelsFolder());
 * const manifest = await readManifest(folderFiles(folder));
 * console.log(manifest.family); // clickmask
 * ```
 */
export async function readManifest(files: ModelFiles): Promise<ModelManifest> {
  return manifestOf(await files.read('model.json'), files.location);
}

function manifestOf(bytes: Uint8Array, location: string): ModelManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ClickmaskError('bad-model', `Expected JSON in model.json at ${location}.`, { cause });
  }
  return parseManifest(json);
}

/**
 * Reads one graph and compares its size and SHA-256 with the manifest.
 *
 * @throws ClickmaskError `bad-model` if they differ
 */
export async function readGraph(files: ModelFiles, graph: ModelGraph): Promise<Uint8Array> {
  const bytes = await files.read(graph.file, graph.bytes);
  const where = `${graph.file} at ${files.location}`;
  if (bytes.length !== graph.bytes) {
    const message = `Expected ${graph.bytes} bytes in ${where} but found ${bytes.length}. The file is damaged or of another version: install the model again.`;
    throw new ClickmaskError('bad-model', message, { details: { file: graph.file } });
  }
  const found = await sha256(bytes);
  if (found !== graph.sha256) {
    const message = `Expected SHA-256 ${graph.sha256} for ${where} but found ${found}. The file is damaged or not the one that model.json describes: install the model again.`;
    throw new ClickmaskError('bad-model', message, { details: { file: graph.file, found } });
  }
  return bytes;
}

/**
 * Loads, checks and starts a model. If a later part fails, the earlier ones are stopped.
 *
 * @throws ClickmaskError `bad-model`, `model-not-found`, `provider-unavailable`
 *
 * @example
 * ```ts
 * import { families, loadModel } from '@clickmask/core/models';
 * import { createOnnxNodeBackend, defaultModelsFolder, findModelFolder, folderFiles } from '@clickmask/core/node';
 *
 * const folder = findModelFolder('clickmask-small', defaultModelsFolder());
 * const backend = await createOnnxNodeBackend();
 * const handle = await loadModel(folderFiles(folder), { backend, families, providers: ['cpu'] });
 * console.log(handle.provider, handle.model.capabilities.previousMask); // cpu true
 * await handle.dispose();
 * ```
 */
export async function loadModel(files: ModelFiles, options: LoadOptions): Promise<ModelHandle> {
  const json = await files.read('model.json');
  const manifest = manifestOf(json, files.location);
  const modelHash = await sha256(json);
  const family = findFamily(manifest.family, options.families);
  const missing = family.graphs.filter((name) => !Object.hasOwn(manifest.graphs, name));
  if (missing.length > 0) {
    const message = `Expected the graphs ${family.graphs.join(', ')} in model.json of family '${family.name}' but ${missing.join(', ')} is missing.`;
    throw new ClickmaskError('bad-model', message);
  }
  const sessions: Record<string, InferenceSession> = {};
  const clock = { network: 0 };
  const dispose = async () => {
    await Promise.all(Object.values(sessions).map((session) => session.dispose()));
  };
  try {
    let providers = options.providers;
    for (const name of family.graphs) {
      const graph = manifest.graphs[name];
      if (options.without?.includes(name) === true) {
        sessions[name] = absent(graph);
        continue;
      }
      const source: GraphSource = {
        manifest,
        graph: name,
        modelHash,
        bytePicture: family.bytePicture === true,
        read: () => readGraph(files, graph),
      };
      const session = await options.backend.createSession(source, { providers, threads: options.threads });
      sessions[name] = timed(session, clock);
      checkTensors(graph, 'input', graph.inputs, session.inputs);
      checkTensors(graph, 'output', graph.outputs, session.outputs);
      // All graphs that run here share a provider, so that the reported one is true for all of them.
      if (session.provider !== 'oip') providers = [session.provider];
    }
    const all = Object.values(sessions);
    return {
      model: family.load(manifest, sessions),
      provider: all.some(({ provider }) => provider === 'oip') ? 'oip' : providers[0],
      portable: all.every(({ opaque }) => opaque !== true),
      networkMs: () => clock.network,
      async warm() {
        for (const session of all) await session.warm?.();
      },
      state: options.backend.state,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Replaces a graph that was not loaded. */
function absent(graph: ModelGraph): InferenceSession {
  return {
    provider: 'remote',
    inputs: graph.inputs,
    outputs: graph.outputs,
    async run() {
      throw new ClickmaskError('backend-failed', `${graph.file} was not loaded here, so it cannot run.`);
    },
    async dispose() {},
  };
}

function timed(session: InferenceSession, clock: { network: number }): InferenceSession {
  return {
    ...session,
    async run(feeds: Readonly<Record<string, Tensor>>) {
      const start = performance.now();
      try {
        return await session.run(feeds);
      } finally {
        clock.network += performance.now() - start;
      }
    },
  };
}

/** A dimension that the graph leaves open matches any declared size. */
function checkTensors(
  graph: ModelGraph,
  kind: 'input' | 'output',
  declared: readonly DeclaredTensor[],
  found: readonly TensorInfo[],
): void {
  const fits = (info: TensorInfo, wanted: DeclaredTensor) =>
    info.type === wanted.type &&
    info.shape.length === wanted.shape.length &&
    info.shape.every((size, i) => typeof size !== 'number' || size < 1 || size === wanted.shape[i]);
  for (const wanted of declared) {
    const info = found.find((candidate) => candidate.name === wanted.name);
    if (info !== undefined && fits(info, wanted)) continue;
    const actual = info === undefined ? `only ${found.map(render).join(', ')}` : render(info);
    const message = `Expected ${kind} ${render(wanted)} in ${graph.file} but found ${actual}. model.json and the graph do not belong together: export the model again.`;
    throw new ClickmaskError('bad-model', message, { details: { file: graph.file, tensor: wanted.name } });
  }
  const unknown = kind === 'input' ? found.filter((info) => !declared.some((wanted) => wanted.name === info.name)) : [];
  if (unknown.length > 0) {
    const message = `Expected ${graph.file} to need no other inputs than ${declared.map(render).join(', ')} but found ${unknown.map(render).join(', ')}.`;
    throw new ClickmaskError('bad-model', message, { details: { file: graph.file } });
  }
}

function render(tensor: DeclaredTensor | TensorInfo): string {
  return `'${tensor.name}' ${tensor.type}[${tensor.shape.join(', ')}]`;
}
