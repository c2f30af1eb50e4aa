import type { Segmenter, SegmenterImage, SegmentOptions } from '../segmenter/segmenter.js';
import { putResult } from './edits.js';
import type { Session } from './session.js';
import type { SessionLogBook } from './session-log.js';
import { needsResult, toPrompt, toResult } from './value.js';

/** Options of {@link answerSession}. */
export interface AnswerOptions extends Omit<SegmentOptions, 'candidate' | 'passes'> {
  /** Records every answer. */
  readonly log?: SessionLogBook;
}

/**
 * Requests every answer that a session needs, and stores it there, also for undo and redo.
 *
 * @throws ClickmaskError that `segment` throws; earlier answers stay
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { addClick, answerSession, createSession, maskOfObject } from '@clickmask/core/session';
 * import { createSegmenter } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('photo.jpg'));
 * const session = createSession();
 * session.edit(addClick({ x: 320, y: 240, label: 'positive' }));
 * await answerSession(session, segmenter, image);
 * const mask = maskOfObject(session.value.objects[0]);
 * console.log(mask?.width === image.width); // true
 * await segmenter.close();
 * ```
 */
export async function answerSession(
  session: Session,
  segmenter: Pick<Segmenter, 'segment'>,
  image: SegmenterImage,
  { log, ...options }: AnswerOptions = {},
): Promise<void> {
  for (;;) {
    const { active, value } = session;
    const next = active !== null && needsResult(active) ? active : value.objects.find(needsResult);
    if (next === undefined) return;
    const { prompt } = next;
    const since = performance.now();
    const prediction = await segmenter.segment(image, toPrompt(prompt), {
      ...options,
      candidate: prompt.candidate ?? 'best',
    });
    const result = toResult(prompt, prediction);
    log?.add(result, performance.now() - since, next.id);
    session.amend(putResult(result));
  }
}
