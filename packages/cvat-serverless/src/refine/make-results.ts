import { type Box, bounds, type SegmenterImage } from '@clickmask/core';
import type { CvatShape } from '../client/index.js';
import { isAsWritten } from './content.js';
import type { RefineChange } from './ledger.js';
import { resultShape } from './result-shape.js';
import { progress, type Run } from './run.js';
import { shapePrompt } from './shape-prompt.js';
import type { Source } from './source.js';

/** A result to save. */
interface Made {
  readonly source: Source;
  readonly written: CvatShape;
}

/** Whether a source needs a result. If not, records why. */
export function isPending({ ledger, settings, done, skipped, changed }: Run, source: Source): boolean {
  const { key, digest } = source;
  const record = ledger.get(key, settings.as);
  if (record === undefined || record.step === 'open') return true;
  const { step, was } = record;
  // Its former result was not saved. Its present content may do better.
  if ((step === 'unsure' || step === 'same') && was !== digest) return true;
  done.add(key);
  if (was === digest && step !== 'creating') skipped.add(key);
  else changed.add(key);
  return false;
}

/** Makes and saves the results of one frame. */
export async function refineFrame(run: Run, frame: number, sources: readonly Source[]): Promise<void> {
  const { client, segmenter, job, signal, dryRun } = run.settings;
  let image: SegmenterImage;
  try {
    image = await segmenter.open(await client.jobs.frame(job, frame, { signal }), { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    for (const { key } of sources) fail(run, key, `frame ${frame}: ${reason(error)}`);
    return;
  }
  const made: Made[] = [];
  const settled: RefineChange[] = [];
  try {
    for (const source of sources) {
      // On this frame it may have turned out to be another source's result.
      if (settled.some(({ result }) => result !== undefined && result === source.shape.id)) run.skipped.add(source.key);
      else await refineSource(run, source, image, made, settled);
      run.done.add(source.key);
      progress(run, frame);
    }
  } finally {
    await image.close();
  }
  run.saved += made.length;
  if (dryRun) return;
  await run.ledger.write(settled);
  await save(run, made);
}

async function refineSource(
  run: Run,
  source: Source,
  image: SegmenterImage,
  made: Made[],
  settled: RefineChange[],
): Promise<void> {
  const { key, digest: was, shape, tracked } = source;
  const { as } = run.settings;
  try {
    const written = await resultOf(run, shape, image);
    if (written === null) {
      run.unsure.add(key);
      settled.push({ source: key, as, step: 'unsure', was });
    } else if (!tracked && isAsWritten({ ...written, source: shape.source }, shape)) {
      // Such a result must not be saved again.
      run.skipped.add(key);
      settled.push({ source: key, as, step: 'same', was });
    } else {
      const found = run.find(written);
      if (found === undefined) made.push({ source, written });
      else {
        run.skipped.add(key);
        settled.push({ source: key, as, step: 'created', was, written, result: found.id });
      }
    }
  } catch (error) {
    if (run.settings.signal?.aborted) throw error;
    fail(run, key, reason(error));
  }
}

/** Makes the result of a shape; null if nothing fits. */
async function resultOf({ settings }: Run, shape: CvatShape, image: SegmenterImage): Promise<CvatShape | null> {
  const found = shapePrompt(shape, image);
  if (found === null) return null;
  const { segmenter, postprocess, signal, minOverlap, as } = settings;
  const { runs } = await segmenter.segment(image, found.prompt, { postprocess, signal });
  const rect = bounds(runs);
  if (rect === null) return null;
  const box = { x1: rect.x, y1: rect.y, x2: rect.x + rect.width, y2: rect.y + rect.height };
  return overlap(box, found.box) < minOverlap ? null : resultShape(shape, runs, as);
}

/** Saves results. The sending is recorded before, the ids afterwards. */
async function save({ settings, ledger, highest: after }: Run, made: readonly Made[]): Promise<void> {
  if (made.length === 0) return;
  const { client, job, signal, as } = settings;
  await ledger.write(
    made.map(({ source, written }) => ({
      source: source.key,
      as,
      step: 'creating',
      was: source.digest,
      written,
      after,
    })),
  );
  const created = await client.jobs.createShapes(
    job,
    made.map(({ written }) => written),
    { signal },
  );
  const inOrder = created.length === made.length && created.every((shape, i) => isAsWritten(made[i].written, shape));
  // In any other order, the results are matched when they are read back.
  if (inOrder) {
    await ledger.write(
      made.map(({ source }, i) => ({ source: source.key, as, step: 'created', result: created[i].id })),
    );
  }
}

function fail({ failed, done }: Run, key: string, why: string): void {
  failed.set(key, why);
  done.add(key);
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const height = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const common = width * height;
  return common / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - common);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
