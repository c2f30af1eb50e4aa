import { type RequestHandler, Router } from 'express';
import { Problem } from '../../problems/index.js';
import { type AccessLog, createAccessLog } from '../access-log.js';
import { answerErrors } from '../answer-errors.js';
import { createGates } from '../auth.js';
import { noForeignPage } from '../no-foreign-page.js';
import { onlyJson } from '../only-json.js';
import { readBodies } from '../read-body.js';
import type { Services } from '../services.js';
import { diagnosticsRoute } from './diagnostics.js';
import { eventRoute } from './events.js';
import { healthRoute, readyRoute } from './health.js';
import { predictRoute } from './predict.js';
import { setupRoute } from './setup.js';

/** All routes of a backend. */
export function createRouter(services: Services): Router {
  const { limits, logger, metrics } = services;
  const gates = createGates(services.options.auth);
  const log = createAccessLog(services);
  const body = readBodies(limits);
  const inside = noForeignPage(services.options.auth);
  const router = Router();
  router.use(arrive(log));
  // Before the general gate, because they have their own.
  router.post('/webhook', gates.events, onlyJson, body, eventRoute(services, log, 'webhook'));
  router.post('/train', gates.events, onlyJson, body, eventRoute(services, log, 'train'));
  router.use(gates.rest);
  router.get(['/', '/health'], healthRoute(services));
  router.get('/ready', readyRoute(services));
  router.get('/versions', (_request, response) => {
    response.json({ versions: [services.modelVersion] });
  });
  router.get('/metrics', inside, async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text());
  });
  router.get('/diagnostics', inside, diagnosticsRoute(services));
  router.post('/setup', onlyJson, body, setupRoute(services, log));
  router.post('/predict', onlyJson, body, predictRoute(services, log));
  router.use(notFound);
  router.use(answerErrors(log, logger));
  return router;
}

function arrive(log: AccessLog): RequestHandler {
  return (request, response, next) => {
    log.begin(request, response);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}

const notFound: RequestHandler = (request) => {
  throw new Problem(
    'not-found',
    `Expected one of the routes of a backend but received ${request.method} ${request.path.slice(0, 100)}.`,
  );
};
