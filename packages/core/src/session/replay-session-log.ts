import { ClickmaskError } from '../errors/index.js';
import { cocoRle } from '../formats/coco-rle.js';
import type { MaskRuns } from '../mask/index.js';
import type { Segmenter, SegmenterImage, SegmentOptions } from '../segmenter/segmenter.js';
import { parseSessionLog } from './parse-session-log.js';
import { checksum, type LogEntry } from './session-log.js';
import { toPrompt } from './value.js';

/** The comparison of a log's masks with newly computed ones. */
export interface ReplayReport {
  readonly total: number;
  readonly identical: number;
  /** Indices of entries whose mask differs. */
  readonly different: readonly number[];
}

/** Options of {@link replaySessionLog}. */
export interface ReplayOptions extends Pick<SegmentOptions, 'refinement' | 'postprocess' | 'deadlineMs' | 'signal'> {
  /** Replays even if the log was made with another model; masks then differ. Default false. */
  readonly anyModel?: boolean;
  /** Called with each computed mask. */
  readonly onMask?: (runs: MaskRuns, entry: LogEntry, index: number) => void;
}

/**
 * Requests every answer of a log again, in order, and compares the masks. Entries without a checksum count as
 * identical, because there is nothing to compare with.
 *
 * @param log - any input of `parseSessionLog`; its own options apply unless others are given
 * @throws ClickmaskError `bad-format`; `bad-image` if the log was made on another image; `bad-model` if it was made
 * with another model; errors that `segment` throws
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { addClick, answerSession, createSession, createSessionLog, replaySessionLog } from '@clickmask/core/session';
 * import { createSegmenter } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('photo.jpg'));
 * const log = createSessionLog();
 * log.start(image);
 * log.open(image.key, segmenter.info.model);
 * const session = createSession();
 * session.edit(addClick({ x: 320, y: 240, label: 'positive' }));
 * await answerSession(session, segmenter, image, { log });
 * const saved = JSON.stringify(log.export());
 *
 * console.log((await replaySessionLog(saved, segmenter, image)).identical); // 1
 * await segmenter.close();
 * ```
 */
export async function replaySessionLog(
  log: unknown,
  segmenter: Pick<Segmenter, 'info' | 'segment'>,
  image: SegmenterImage,
  { anyModel = false, onMask, ...options }: ReplayOptions = {},
): Promise<ReplayReport> {
  const { image: picture, model, options: logged, entries } = parseSessionLog(log);
  const otherContent = [picture.key, image.key].every((key) => key.startsWith('sha256:')) && picture.key !== image.key;
  if (picture.width !== image.width || picture.height !== image.height || otherContent) {
    const made = `the image '${picture.key}', ${picture.width} x ${picture.height} px`;
    const message = `Expected ${made}, on which the log was made, but received '${image.key}', ${image.width} x ${image.height} px.`;
    throw new ClickmaskError('bad-image', message);
  }
  if (!anyModel && model !== segmenter.info.model) {
    const message = `Expected the model '${model}', with which the log was made, but received '${segmenter.info.model}'. Load that model, or allow any (anyModel).`;
    throw new ClickmaskError('bad-model', message);
  }
  const different: number[] = [];
  for (const [index, entry] of entries.entries()) {
    const { clicks, box, start, candidate } = entry;
    const prompt = { clicks, box, start: start === null ? null : cocoRle.parse(start, { size: image }), candidate };
    const { runs } = await segmenter.segment(image, toPrompt(prompt), {
      ...logged,
      ...options,
      candidate: candidate ?? 'best',
    });
    if (entry.checksum !== null && checksum(runs) !== entry.checksum) different.push(index);
    onMask?.(runs, entry, index);
  }
  return { total: entries.length, identical: entries.length - different.length, different };
}
