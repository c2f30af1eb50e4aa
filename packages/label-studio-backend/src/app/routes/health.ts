import type { RequestHandler } from 'express';
import type { Services } from '../services.js';

/** `/health`: alive, and what works here. */
export function healthRoute({ segmenter, modelVersion, queue, url, tokenKind }: Services): RequestHandler {
  return async (_request, response) => {
    // Only where the network runs elsewhere: a worker that computes would keep the answer waiting.
    const stats = segmenter.info.provider === 'oip' ? await segmenter.stats().catch(() => undefined) : undefined;
    response.json({
      status: 'UP',
      model_class: 'Clickmask',
      model: segmenter.info.model,
      model_version: modelVersion,
      provider: segmenter.info.provider,
      workers: segmenter.info.workers,
      queued: queue.queued,
      active: queue.active,
      label_studio: url === undefined ? 'not configured' : 'configured',
      token: tokenKind(),
      ...(stats?.engine === undefined ? {} : { engine: stats.engine }),
    });
  };
}
