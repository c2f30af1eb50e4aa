import type { LabelStudioAnnotation, LabelStudioClient } from '../client/index.js';

const pageSize = 50;

/** All annotations of a project, in the order of its tasks. */
export async function* annotationsOf(
  client: LabelStudioClient,
  project: number,
): AsyncGenerator<{ readonly task: number; readonly annotation: LabelStudioAnnotation }> {
  for (let after = 0; ; ) {
    const page = await client.annotatedTasks(project, after, pageSize);
    for (const { id: task, annotations } of page) for (const annotation of annotations) yield { task, annotation };
    const last = page.at(-1)?.id;
    if (last === undefined || last <= after) return;
    after = last;
  }
}
