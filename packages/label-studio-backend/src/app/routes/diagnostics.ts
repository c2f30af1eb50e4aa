import { withoutSecrets } from '@clickmask/core/adapters';
import type { RequestHandler } from 'express';
import { type DiagnosticsReport, diagnosticsPage } from '../../diagnostics/index.js';
import type { Services } from '../services.js';

/** `/diagnostics`: the last requests, as a page or as JSON. */
export function diagnosticsRoute(services: Services): RequestHandler {
  return (request, response) => {
    const report = createReport(services);
    const asJson = request.query.format === 'json' || request.accepts(['html', 'json']) === 'json';
    if (asJson) return void response.json(report);
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(diagnosticsPage(report));
  };
}

export function createReport(services: Services): DiagnosticsReport {
  const { segmenter, modelVersion, options, url, pictures, journal, trainer } = services;
  return {
    model: segmenter.info.model,
    version: modelVersion,
    provider: segmenter.info.provider,
    output: options.output?.kind ?? 'auto',
    labelStudio: url === undefined ? 'not configured' : withoutSecrets(url),
    token: services.tokenKind(),
    pictures: pictures.count,
    training: trainer.state,
    requests: journal.entries(),
  };
}
