import { unexpected } from '../errors/index.js';
import type { Engine } from '../segmenter/engine.js';
import type { PredictionData } from '../segmenter/prediction.js';
import type { DraftMask } from '../segmenter/segmenter.js';
import type {
  AbandonMessage,
  EngineOperations,
  Operation,
  PortLike,
  RequestMessage,
  ResponseMessage,
} from './protocol.js';
import { abortedError } from './queue.js';
import { toErrorMessage } from './wire-error.js';

/**
 * Serves an engine over a port: sends `ready`, then answers requests one after another, in order. It notices abandoned
 * requests between the network's passes.
 *
 * @param load - makes the engine; if it fails, the client gets the error
 */
export async function serveEngine(port: PortLike, load: () => Promise<Engine>): Promise<void> {
  const post = (message: ResponseMessage, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, transfer);
  let engine: Engine;
  try {
    engine = await load();
  } catch (error) {
    post({ type: 'failed', error: toErrorMessage(error) });
    port.close();
    return;
  }
  /** Masks that are requested and not answered yet. */
  const asked = new Map<number, AbortController>();
  const handlers: {
    [O in Operation]: (request: EngineOperations[O]['request'], id: number) => Promise<EngineOperations[O]['response']>;
  } = {
    load: ({ key, source, shrink }) => engine.load(key, source, shrink),
    features: ({ key, view }) => engine.features(key, view),
    prepare: ({ key }) => engine.prepare(key).then(() => null),
    segment: ({ drafts = false, ...request }, id) =>
      engine.segment(
        request,
        drafts ? (draft) => post({ type: 'draft', id, draft }, buffersOf(draft)) : undefined,
        asked.get(id)?.signal,
      ),
    forget: ({ key }) => engine.forget(key).then(() => null),
    stats: () => engine.stats(),
    dispose: () => engine.dispose().then(() => null),
  };
  let tail: Promise<void> = Promise.resolve();
  const answer = async ({ id, operation, request }: RequestMessage) => {
    try {
      if (!Object.hasOwn(handlers, operation)) throw unexpected('internal', 'operation', 'a known one', operation);
      const handle = handlers[operation] as (
        request: unknown,
        id: number,
      ) => Promise<EngineOperations[Operation]['response']>;
      const response = await handle(request, id);
      post({ type: 'done', id, response }, operation === 'segment' ? buffersOf(response as PredictionData) : []);
    } catch (error) {
      post({ type: 'error', id, error: toErrorMessage(error) });
    }
    asked.delete(id);
    if (operation === 'dispose') port.close();
  };
  port.onMessage((raw) => {
    const message = raw as RequestMessage | AbandonMessage;
    if (typeof message?.id !== 'number') return;
    if (message.operation === 'abandon') return asked.get(message.id)?.abort(abortedError());
    if (message.operation === 'segment') asked.set(message.id, new AbortController());
    tail = tail.then(() => answer(message));
  });
  post({ type: 'ready', info: engine.info });
}

/** A mask's runs are new for every answer and can be transferred. A map is cached, so it is copied. */
function buffersOf({ runs }: DraftMask): readonly ArrayBuffer[] {
  return [runs.rows.buffer as ArrayBuffer, runs.spans.buffer as ArrayBuffer];
}
