import type { RequestHandler } from 'express';
import type { LabelStudioEvent } from '../../options/index.js';
import { isRecord } from '../../prompts/index.js';
import { parseBody, projectId, webhookSchema } from '../../requests/index.js';
import type { AccessLog } from '../access-log.js';
import type { Services } from '../services.js';

/** `/webhook` and `/train`: answered at once; listeners are called afterwards. */
export function eventRoute(services: Services, log: AccessLog, kind: 'webhook' | 'train'): RequestHandler {
  const { memory, trainer } = services;
  return (request, response) => {
    const raw: unknown = request.body;
    const body = parseBody(
      webhookSchema,
      kind === 'train' && isRecord(raw) ? { ...raw, action: 'START_TRAINING' } : raw,
    );
    const { action } = body;
    const project = projectId(typeof body.project === 'string' ? body.project : body.project?.id);
    const task = (typeof body.task === 'string' ? body.task : body.task?.id) ?? undefined;
    log.note(request, { kind: action === 'START_TRAINING' ? 'train' : 'webhook', project, task, remarks: [action] });
    // A stored annotation ends the work on its task: what follows are new objects.
    if (task !== undefined && action.startsWith('ANNOTATION')) memory.forget(project, task);
    const message = action === 'START_TRAINING' ? trainer.start(project) : 'Noted.';
    response.status(201).json({
      status: 'ok',
      result: { model_version: services.modelVersion, message },
    });
    tell(services, { action, project, task, body });
  };
}

function tell({ options: { onEvent }, logger }: Services, event: LabelStudioEvent): void {
  if (onEvent === undefined) return;
  setImmediate(() => {
    Promise.resolve()
      .then(() => onEvent(event))
      .catch((error: unknown) => logger.error({ action: event.action, error: String(error) }, 'onEvent failed'));
  });
}
