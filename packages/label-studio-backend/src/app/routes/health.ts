import type { RequestHandler } from 'express';
import type { Services } from '../services.js';

/** `/health`: alive, and what works here. */
export function healthRoute({ segmenter, modelVersion, queue, url, tokenKind }: Services): RequestHandler {
  return (_request, response) => {
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
    });
  };
}
