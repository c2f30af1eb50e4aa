import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import type { GraphSource, InferenceBackend, InferenceSession } from '../backend.js';
import { type InferenceServer, type ResolvedServer, resolveServer } from './address.js';
import { createBatchWatch } from './batch-watch.js';
import { clickContract, clickSessions, hasClickLevel } from './click-sessions.js';
import { createOipClient, type OipClient } from './client.js';
import { graphSession, openServed } from './graph-session.js';
import { createGrpcTransport } from './grpc.js';
import { createRestTransport } from './rest.js';
import { versionOf } from './served-model.js';

/**
 * An inference server (Triton, KServe, MLServer or another one with the Open Inference Protocol v2) as an {@link
 * InferenceBackend}. Its models come from `clickmask models export-triton` and the similar commands. A graph is named,
 * never uploaded, and checked before use.
 *
 * @param local - runs the graphs of `server.here`; called when the first of them is loaded
 * @throws ClickmaskError `bad-option`; `backend-unavailable` if gRPC is wanted and `@grpc/grpc-js` is not installed
 *
 * @example
 * ```ts no-run
 * import { families, loadModel } from '@clickmask/core/models';
 * import { defaultModelsFolder, findModelFolder, folderFiles } from '@clickmask/core/node';
 * import { createOipBackend } from '@clickmask/core/serving';
 *
 * const folder = findModelFolder('clickmask-small', defaultModelsFolder());
 * const backend = await createOipBackend('grpc://triton:8001');
 * const handle = await loadModel(folderFiles(folder), { backend, families, providers: ['oip'] });
 * console.log(handle.provider); // oip
 * ```
 */
export async function createOipBackend(
  server: string | InferenceServer,
  local?: () => Promise<InferenceBackend>,
): Promise<InferenceBackend> {
  const resolved = resolveServer(server);
  const client = await connect(resolved);
  const batches = createBatchWatch(client.transport);
  let here: Promise<InferenceBackend> | undefined;
  /** The sessions of the click level come in a pair; null: the plain level is used for this model. */
  let pair: Promise<ReturnType<typeof clickSessions> | null> | undefined;

  return {
    name: 'open-inference-protocol',
    async providers() {
      return ['oip'];
    },
    async createSession(source, options) {
      const { graph } = source;
      if (resolved.here.includes(graph)) {
        here ??= localBackend(local);
        const backend = await here;
        const offered = await backend.providers();
        const wanted = options.providers.filter((provider) => provider !== 'oip');
        return backend.createSession(source, { ...options, providers: wanted.length === 0 ? offered : wanted });
      }
      // At the click level too, each graph is a separate model that batches.
      batches.add(`${source.manifest.name}-${graph}`, resolved.weights === 'trust' ? '' : versionOf(source.modelHash));
      pair ??= openClickLevel(client, resolved, source);
      const sessions = await pair;
      if (sessions !== null) return sessions[graph as 'encoder' | 'decoder'];
      return openGraph(client, resolved, source);
    },
    state() {
      const state = client.state();
      return { ...state, largestBatch: batches.largest(state.circuit === 'closed') };
    },
  };
}

/** A client of the server, over the transport that its address names. */
export async function connect(server: ResolvedServer): Promise<OipClient> {
  const transport = server.transport === 'rest' ? createRestTransport(server) : await createGrpcTransport(server);
  return createOipClient(server, transport);
}

async function openClickLevel(client: OipClient, server: ResolvedServer, source: GraphSource) {
  const { level, here } = server;
  const { manifest } = source;
  if (level === 'plain' || here.length > 0) return null;
  if (!hasClickLevel(manifest)) {
    if (level === 'auto') return null;
    const message = `The model '${manifest.name}' cannot be served at the click level: it is not of an encoder and a decoder. Leave engine.level out.`;
    throw new ClickmaskError('bad-option', message);
  }
  try {
    return clickSessions(source, await openServed(client, server, source, clickContract(manifest)));
  } catch (error) {
    // If it is missing, the plain level may exist. Its error would say more.
    if (level === 'auto' && isClickmaskError(error, 'bad-model')) return null;
    throw error;
  }
}

async function openGraph(client: OipClient, server: ResolvedServer, source: GraphSource): Promise<InferenceSession> {
  const { manifest, graph } = source;
  const { inputs, outputs } = manifest.graphs[graph];
  const contract = { name: `${manifest.name}-${graph}`, inputs, outputs };
  // Half-precision values stay unchanged if everything that uses them is on the server.
  return graphSession(await openServed(client, server, source, contract), contract, server.here.length === 0);
}

async function localBackend(local: (() => Promise<InferenceBackend>) | undefined): Promise<InferenceBackend> {
  if (local !== undefined) return local();
  throw new ClickmaskError('bad-option', 'There is no backend for the graphs of engine.here.');
}
