import type { Request, RequestHandler, Response } from 'express';
import { predict } from '../../predict/index.js';
import { Problem } from '../../problems/index.js';
import { parseBody, predictSchema, projectId } from '../../requests/index.js';
import { createDeadline } from '../../work/index.js';
import type { AccessLog } from '../access-log.js';
import type { Services } from '../services.js';

/** `/predict`: clicks, opened tasks, and batches. */
export function predictRoute(services: Services, log: AccessLog): RequestHandler {
  return async (request, response) => {
    const body = parseBody(predictSchema, request.body);
    const project = projectId(body.project);
    log.note(request, {
      kind: body.params?.context ? 'click' : 'batch',
      project,
      task: body.tasks.length === 1 ? (body.tasks[0].id ?? undefined) : undefined,
    });
    const signal = startDeadline(services.limits.predictMs, request, response, log);
    const note = (fields: Parameters<AccessLog['note']>[1]) => log.note(request, fields);
    const { results, journal } = await predict(services, { request: body, project, note, signal });
    log.note(request, journal);
    response.json({ results });
    services.countFeatures();
  };
}

/** Starts when the request arrives, and ends early when the client disconnects. */
function startDeadline(limitMs: number, request: Request, response: Response, log: AccessLog): AbortSignal {
  const late = new Problem('too-slow', `Expected the answer to be ready within ${limitMs} ms.`);
  const deadline = createDeadline(limitMs - log.spent(request), late);
  response.once('close', () => {
    const gone = new Problem('client-gone', 'Expected the client to wait for the answer but it has disconnected.');
    deadline.stop(response.writableFinished ? undefined : gone);
  });
  return deadline.signal;
}
