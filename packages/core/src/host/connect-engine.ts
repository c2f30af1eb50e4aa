import { ClickmaskError } from '../errors/index.js';
import type { Engine } from '../segmenter/engine.js';
import type { DraftMask } from '../segmenter/segmenter.js';
import type { AbandonMessage, EngineOperations, Operation, PortLike, ResponseMessage } from './protocol.js';
import { closedError } from './queue.js';
import { fromErrorMessage } from './wire-error.js';

/** An engine on the other side of a port. */
export interface ConnectedEngine extends Engine {
  /** Reports that the other side is gone: all running and later requests fail with this error. */
  lost(error: ClickmaskError): void;
  readonly isLost: boolean;
}

/**
 * Connects to {@link serveEngine}.
 *
 * @throws ClickmaskError that the other side reports when its model fails to load
 */
export function connectEngine(port: PortLike): {
  readonly ready: Promise<ConnectedEngine>;
  lost(error: ClickmaskError): void;
} {
  const pending = new Map<
    number,
    { resolve(value: unknown): void; reject(error: unknown): void; onDraft?: (draft: DraftMask) => void }
  >();
  let nextId = 1;
  let gone: ClickmaskError | null = null;
  let settleReady: { resolve(engine: ConnectedEngine): void; reject(error: unknown): void };
  const ready = new Promise<ConnectedEngine>((resolve, reject) => {
    settleReady = { resolve, reject };
  });

  const call = <O extends Operation>(
    operation: O,
    request: EngineOperations[O]['request'],
    onDraft?: (draft: DraftMask) => void,
    signal?: AbortSignal,
  ): Promise<EngineOperations[O]['response']> =>
    new Promise((resolve, reject) => {
      if (gone !== null) return reject(gone);
      if (signal?.aborted === true) return reject(signal.reason);
      const id = nextId++;
      const abandon = { id, operation: 'abandon' } satisfies AbandonMessage;
      signal?.addEventListener('abort', () => pending.has(id) && port.postMessage(abandon, []), { once: true });
      pending.set(id, { resolve: resolve as (value: unknown) => void, reject, onDraft });
      try {
        port.postMessage({ id, operation, request }, []);
      } catch (cause) {
        pending.delete(id);
        reject(new ClickmaskError('internal', 'The request could not be sent to the worker.', { cause }));
      }
    });

  const lost = (error: ClickmaskError) => {
    if (gone !== null) return;
    gone = error;
    settleReady.reject(error);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };

  port.onMessage((raw) => {
    const message = raw as ResponseMessage;
    switch (message.type) {
      case 'ready':
        settleReady.resolve({
          info: message.info,
          load: (key, source, shrink) => call('load', { key, source, shrink }),
          prepare: async (key) => void (await call('prepare', { key })),
          segment: (request, onDraft, signal) =>
            call('segment', onDraft === undefined ? request : { ...request, drafts: true }, onDraft, signal),
          features: (key, view) => call('features', { key, view }),
          forget: async (key) => void (await call('forget', { key })),
          stats: () => call('stats', null),
          async dispose() {
            if (gone !== null) return;
            await call('dispose', null);
            lost(closedError());
          },
          lost,
          get isLost() {
            return gone !== null;
          },
        });
        break;
      case 'failed':
        lost(fromErrorMessage(message.error));
        break;
      case 'draft':
        pending.get(message.id)?.onDraft?.(message.draft);
        break;
      case 'done':
      case 'error': {
        const waiting = pending.get(message.id);
        pending.delete(message.id);
        if (message.type === 'done') waiting?.resolve(message.response);
        else waiting?.reject(fromErrorMessage(message.error));
        break;
      }
      default:
        message satisfies never;
    }
  });
  return { ready, lost };
}
