import type { LabeledObject, LabeledPicture } from '../../src/datasets.js';
import { ClickmaskError } from '../../src/errors.js';
import type { PostprocessOptions, RefinementOptions, Segmenter } from '../../src/node.js';
import { isClickmaskError } from '../../src/node.js';
import { type PicturePrompts, toPrompt } from './prompts.js';

/** The result for one image. */
export type BatchOutcome =
  | { readonly picture: LabeledPicture; readonly notes: readonly string[]; readonly ms: number }
  | { readonly error: unknown };

/** How to run a batch. */
export interface BatchRun {
  readonly pictures: readonly PicturePrompts[];
  /** Each segmenter handles one image at a time. */
  readonly segmenters: readonly Segmenter[];
  readonly read: (picture: string) => Promise<Uint8Array>;
  readonly refinement: RefinementOptions;
  readonly postprocess: PostprocessOptions;
  /**
   * Called for each finished image, in the order of finishing. Returning false ends the run after the running images.
   */
  readonly onDone: (prompts: PicturePrompts, outcome: BatchOutcome) => Promise<boolean>;
  /** Ends the run after the running images. */
  readonly signal: AbortSignal;
}

/** Number of files that are read before a segmenter is free. */
const readAhead = 2;

/** Segments images, one per segmenter at a time, and reads files ahead. */
export async function runBatch(run: BatchRun): Promise<void> {
  let next = 0;
  let isOver = false;
  const reading = new Map<number, Promise<Uint8Array>>();
  const take = (i: number): Promise<Uint8Array> => {
    for (let ahead = i; ahead <= i + readAhead && ahead < run.pictures.length; ahead++) {
      if (reading.has(ahead)) continue;
      const bytes = run.read(run.pictures[ahead].picture);
      // An error here is handled when the image's turn comes.
      bytes.catch(() => {});
      reading.set(ahead, bytes);
    }
    const mine = reading.get(i) as Promise<Uint8Array>;
    reading.delete(i);
    return mine;
  };
  const work = async (segmenter: Segmenter): Promise<void> => {
    while (!isOver && !run.signal.aborted && next < run.pictures.length) {
      const i = next++;
      const outcome = await segmentPicture(run, segmenter, run.pictures[i], take(i));
      if (!(await run.onDone(run.pictures[i], outcome))) isOver = true;
    }
  };
  await Promise.all(run.segmenters.map(work));
}

async function segmentPicture(
  { refinement, postprocess }: BatchRun,
  segmenter: Segmenter,
  prompts: PicturePrompts,
  reading: Promise<Uint8Array>,
): Promise<BatchOutcome> {
  const start = performance.now();
  try {
    const image = await segmenter.open(await reading, { key: prompts.picture.replaceAll('\n', ' ') });
    try {
      const notes = new Set<string>();
      const objects: LabeledObject[] = [];
      for (const [i, object] of prompts.objects.entries()) {
        const prediction = await segmenter
          .segment(image, toPrompt(object), { refinement, postprocess })
          .catch((error: unknown) => Promise.reject(withObject(error, i, prompts)));
        for (const note of prediction.notes) notes.add(note);
        const { className, id, isCrowd } = object;
        objects.push({ runs: prediction.runs, score: prediction.score, className, id, isCrowd });
      }
      const picture = { name: prompts.picture, width: image.width, height: image.height, objects };
      return { picture, notes: [...notes], ms: performance.now() - start };
    } finally {
      await image.close();
    }
  } catch (error) {
    return { error };
  }
}

/** Adds to an error which of several objects it is about. */
function withObject(error: unknown, index: number, { objects }: PicturePrompts): unknown {
  if (objects.length === 1 || !isClickmaskError(error)) return error;
  const { id, className } = objects[index];
  const message = `Object ${index + 1} (${id ?? className}): ${error.message}`;
  return new ClickmaskError(error.code, message, { details: error.details, cause: error });
}
