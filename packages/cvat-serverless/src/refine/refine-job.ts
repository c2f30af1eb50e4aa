import { ClickmaskError } from '@clickmask/core';
import { withDefaults } from '../options/with-defaults.js';
import { isPending, refineFrame } from './make-results.js';
import { type RefineOptions, type RefineReport, type RefineSettings, refineDefaults } from './refine-options.js';
import { readBack } from './replace-sources.js';
import { resultKinds } from './result-shape.js';
import { progress, reportOf, startRun } from './run.js';
import { sourceKinds } from './shape-prompt.js';
import { byFrame, type Source } from './source.js';

/**
 * Number of frames after which their results are read back. A job's annotations come all at once, so this is not done
 * for each.
 */
const FRAMES_READ_BACK = 20;

/**
 * Turns a job's shapes and keyframes into masks, polygons or tight boxes, and saves them with the same label. It works
 * frame by frame and can be interrupted at any time: nothing is saved twice.
 *
 * With `replace`, a shape is deleted only if its content is as it was when its result was made, and its result is as it
 * was saved. {@link undoRefine} restores what was deleted.
 *
 * @throws ClickmaskError `bad-option`, `request-failed`, `aborted`
 *
 * @example
 * ```ts no-run
 * import { createSegmenter } from '@clickmask/core/node';
 * import { createCvatClient, createFileMemory, refineJob } from '@clickmask/cvat-serverless';
 *
 * const url = 'http://localhost:8080';
 * const client = createCvatClient({ url, auth: { accessToken: process.env.CVAT_ACCESS_TOKEN ?? '' } });
 * const segmenter = await createSegmenter();
 * const report = await refineJob({ client, segmenter, job: 12, memory: createFileMemory('job-12.jsonl', url, 12) });
 * console.log(report.saved);
 * await segmenter.close();
 * ```
 */
export async function refineJob(options: RefineOptions): Promise<RefineReport> {
  const settings = withDefaults(refineDefaults, options);
  checkSettings(settings);
  const run = await startRun(settings);
  let unread: Source[] = [];
  let frames = 0;
  for (const [frame, sources] of byFrame(run.sources)) {
    settings.signal?.throwIfAborted();
    const pending = sources.filter((source) => isPending(run, source));
    progress(run, frame);
    if (pending.length > 0) await refineFrame(run, frame, pending);
    unread.push(...sources);
    if (pending.length === 0 || ++frames % FRAMES_READ_BACK > 0) continue;
    await readBack(run, unread);
    unread = [];
  }
  await readBack(run, unread);
  return reportOf(run);
}

function checkSettings({ kinds, as }: RefineSettings): void {
  for (const kind of kinds) {
    if (sourceKinds.includes(kind)) continue;
    const message = `Expected ${sourceKinds.join(', ')} for kinds but received ${String(kind)}.`;
    throw new ClickmaskError('bad-option', message);
  }
  if (resultKinds.includes(as)) return;
  throw new ClickmaskError('bad-option', `Expected ${resultKinds.join(', ')} for as but received ${String(as)}.`);
}
