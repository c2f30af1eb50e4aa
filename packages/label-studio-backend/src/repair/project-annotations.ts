import { isClickmaskError } from '@clickmask/core';
import type { LabelStudioAnnotatedTask, LabelStudioAnnotation, LabelStudioClient } from '../client/index.js';

const pageSize = 50;

/** All annotations of a project, in the order of its tasks. */
export async function* annotationsOf(
  client: LabelStudioClient,
  project: number,
): AsyncGenerator<{ readonly task: number; readonly annotation: LabelStudioAnnotation }> {
  let size = pageSize;
  for (let after = 0; ; ) {
    let page: readonly LabelStudioAnnotatedTask[];
    try {
      page = await client.annotatedTasks(project, after, size);
    } catch (error) {
      if (size === 1 || !isTooLarge(error)) throw error;
      // Brush masks are long: fewer tasks at once.
      size = Math.ceil(size / 4);
      continue;
    }
    for (const { id: task, annotations } of page) for (const annotation of annotations) yield { task, annotation };
    const last = page.at(-1)?.id;
    if (last === undefined || last <= after) return;
    after = last;
  }
}

function isTooLarge(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isClickmaskError(cause, 'request-failed') && cause.details.reason === 'too-large';
}
