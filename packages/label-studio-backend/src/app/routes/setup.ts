import type { RequestHandler } from 'express';
import type { LabelingConfig } from '../../labeling-config/index.js';
import { reasons, toProblem } from '../../problems/index.js';
import { parseBody, projectId, setupSchema } from '../../requests/index.js';
import type { AccessLog } from '../access-log.js';
import type { Services } from '../services.js';

/** `/setup`: receives the labeling config and a token from Label Studio, and answers with the model's version. */
export function setupRoute(services: Services, log: AccessLog): RequestHandler {
  const { setups, configOf, options } = services;
  return (request, response) => {
    const body = parseBody(setupSchema, request.body);
    const project = projectId(body.project);
    const schema = body.schema ?? undefined;
    setups.remember(project, schema, body.access_token ?? undefined);
    const remarks =
      schema === undefined
        ? []
        : checkConfig(() => configOf(project, schema, undefined), options.output?.kind ?? 'auto');
    log.note(request, { kind: 'setup', project, remarks });
    response.json({ model_version: services.modelVersion });
  };
}

/** Problems of a labeling config, reported at setup rather than at the first click. */
function checkConfig(read: () => LabelingConfig, kind: string): string[] {
  let config: LabelingConfig;
  try {
    config = read();
  } catch (error) {
    return [toProblem(error).message];
  }
  const remarks: string[] = [];
  if (config.images.length === 0) remarks.push('the labeling config has no Image tag');
  const outputs = config.controls.filter((one) => one.kind !== 'keypoint' && (kind === 'auto' || one.kind === kind));
  if (outputs.filter((one) => !(one.kind === 'rectangle' && one.smartOnly)).length === 0) {
    remarks.push(reasons['no-output-tag'].advice);
  }
  if (!config.controls.some((one) => one.smart && (one.kind === 'keypoint' || one.kind === 'rectangle'))) {
    remarks.push('the labeling config has no keypoint or rectangle tag to click with');
  }
  return remarks;
}
