import type { LabelingConfig } from '../labeling-config/index.js';
import { type Problem, toProblem } from '../problems/index.js';
import type { PredictTask } from '../requests/index.js';
import { emptyPrediction, type Merged, mergeOutcomes, toPrediction } from './outcome.js';
import { preparePictures } from './prepare.js';
import { segmentAll } from './segment-objects.js';
import type { LabelStudioPrediction, PredictAnswer, PredictCall, PredictServices } from './services.js';
import { existingPrompts } from './task-content.js';
import { planWorks } from './works.js';

/**
 * Answers a batch or the opening of a task: Label Studio sends the same request for both. Tasks that already have
 * clicks and boxes get a prediction. For the other tasks, the images are prepared.
 */
export async function predictBatch(services: PredictServices, call: PredictCall): Promise<PredictAnswer> {
  const { request, project, signal } = call;
  const { modelVersion, options } = services;
  const isSingle = request.tasks.length === 1;
  const results: (LabelStudioPrediction | readonly LabelStudioPrediction[])[] = [];
  const remarks: string[] = [];
  let regions = 0;
  let predicted = 0;
  let failure: Problem | undefined;
  for (const [i, task] of request.tasks.entries()) {
    const config = services.configOf(project, request.label_config, task.data);
    try {
      const merged = await predictTask(services, task, project, config, isSingle, signal);
      if (merged === undefined) {
        results.push(options.emptyPredictions === 'store' ? emptyPrediction(modelVersion, 'task-opened') : []);
        preparePictures(services, task.data, { project, task: task.id ?? '' }, config, isSingle ? 0 : i + 1);
        continue;
      }
      predicted++;
      regions += merged.regions.length;
      results.push(toPrediction(modelVersion, merged));
    } catch (error) {
      failure = toProblem(error);
      if (remarks.length < 10) remarks.push(`task ${task.id ?? ''}: ${failure.message}`);
      results.push([]);
    }
  }
  if (failure !== undefined && predicted === 0) throw failure;
  const first = request.tasks[0]?.id ?? undefined;
  if (isSingle) services.planNext(project, first ?? '', request.label_config);
  const reason = predicted === 0 ? 'task-opened' : 'ok';
  const kind = isSingle && predicted === 0 ? 'open' : 'batch';
  return { results, journal: { kind, project, task: isSingle ? first : undefined, reason, regions, remarks } };
}

/** Undefined for a task without clicks and boxes. */
async function predictTask(
  services: PredictServices,
  task: PredictTask,
  project: string,
  config: LabelingConfig,
  isSingle: boolean,
  signal: AbortSignal,
): Promise<Merged | undefined> {
  const items = existingPrompts(task, config, services.options.negativeLabels);
  if (items.length === 0) return undefined;
  const asker = { project, task: task.id ?? '' };
  const works = planWorks(items, asker, config, task.data, (_key, group) => group, services.options.batchPoints);
  // Many tasks at once are bulk work, which gives way to clicks.
  const turn = { client: isSingle ? `${project} ${asker.task}` : `batch ${project}`, background: !isSingle };
  return mergeOutcomes(await segmentAll(services, works, config, turn, signal), []);
}
