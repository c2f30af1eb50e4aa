import type { RequestHandler } from 'express';
import { Problem } from '../../problems/index.js';
import type { Services } from '../services.js';

/**
 * `/health`: the process is alive, and what works. It shows what Label Studio last said about the token, and asks again
 * in the background.
 */
export function healthRoute(services: Services): RequestHandler {
  const { segmenter, queue, url, tokenKind, tokenState } = services;
  return async (_request, response) => {
    // Only if the network runs elsewhere: a busy worker would delay the answer.
    const stats = segmenter.info.provider === 'oip' ? await segmenter.stats().catch(() => undefined) : undefined;
    response.json({
      status: 'UP',
      model_class: 'Clickmask',
      model: segmenter.info.model,
      model_version: services.modelVersion,
      provider: segmenter.info.provider,
      workers: segmenter.info.workers,
      queued: queue.queued,
      active: queue.active,
      label_studio: url === undefined ? 'not configured' : 'configured',
      token: tokenKind(),
      token_state: tokenState(),
      ...(stats?.engine === undefined ? {} : { engine: stats.engine }),
    });
  };
}

/**
 * `/ready`: whether a click would be answered. A busy server is ready. One that is closed or lost its workers is not.
 */
export function readyRoute(services: Services): RequestHandler {
  const { segmenter } = services;
  return async (_request, response) => {
    const busy = new Promise<'busy'>((resolve) => setTimeout(resolve, 500, 'busy').unref());
    const asked = segmenter.stats().then(({ ready }) => (ready > 0 ? ('ready' as const) : undefined));
    const state = await Promise.race([asked, busy]).catch(() => undefined);
    if (state === undefined) throw new Problem('closing', 'Expected the segmenter to answer but it is closed or lost.');
    response.json({ status: state, model_version: services.modelVersion });
  };
}
