import type { LabelingConfig } from '../labeling-config/index.js';
import type { PictureOwner } from '../pictures/index.js';
import type { PredictTask } from '../requests/index.js';
import { findPicture } from './find-picture.js';
import { emptyPrediction } from './outcome.js';
import type { PredictAnswer, PredictCall, PredictServices } from './services.js';

/**
 * Starts to fetch a task's images and to compute their features. Nobody waits for it.
 *
 * @param distance - number of tasks from here. 0 is the open task, which is prepared at once; others wait for a moment
 * without clicks
 */
export function preparePictures(
  { pictures, lookAhead }: Pick<PredictServices, 'pictures' | 'lookAhead'>,
  data: PredictTask['data'],
  owner: PictureOwner,
  config: LabelingConfig,
  distance: number,
): void {
  for (const tag of config.images.slice(0, 4)) {
    let value: string;
    try {
      value = findPicture(config, tag.name, undefined, data).value;
    } catch {
      continue;
    }
    const work = () => pictures.use(value, owner, { prepare: true, background: distance > 0 }, async () => {});
    // A problem with the image is reported at the click, where the annotator sees it.
    if (distance === 0) work().catch(() => {});
    else lookAhead.push(JSON.stringify([owner, value]), work, distance);
  }
}

/** Answers `prewarm`, which says that the annotator has opened the task. */
export function prewarm(services: PredictServices, { request, project }: PredictCall): PredictAnswer {
  const task = request.tasks[0];
  const config = services.configOf(project, request.label_config, task?.data);
  if (task !== undefined) preparePictures(services, task.data, { project, task: task.id ?? '' }, config, 0);
  return {
    results: [emptyPrediction(services.modelVersion, 'task-opened')],
    journal: { kind: 'prewarm', project, task: task?.id ?? undefined, reason: 'task-opened' },
  };
}
