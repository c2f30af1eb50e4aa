import { Problem } from '../problems/index.js';
import { predictBatch } from './batch.js';
import { predictClick } from './click.js';
import { prewarm } from './prepare.js';
import type { PredictAnswer, PredictCall, PredictServices } from './services.js';

/** Answers `/predict`: clicks, opened tasks, and batches. */
export async function predict(services: PredictServices, call: PredictCall): Promise<PredictAnswer> {
  const { request } = call;
  const context = request.params?.context;
  if (context === null || context === undefined) return predictBatch(services, call);
  if (context.event === 'prewarm') return prewarm(services, call);
  const task = request.tasks[0];
  if (task === undefined) throw new Problem('bad-request', 'Expected a task with the click but received none.');
  const done = services.lookAhead.busy();
  try {
    return await predictClick(services, call, task, context.result);
  } finally {
    done();
  }
}
