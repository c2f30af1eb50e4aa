import { createHash } from 'node:crypto';
import {
  type Box,
  bounds,
  ClickmaskError,
  type MaskRuns,
  type PostprocessOptions,
  type Segmenter,
  type SegmenterImage,
} from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import type { CvatClient, CvatLabel, CvatShape } from '../client/index.js';
import { withDefaults } from '../options/with-defaults.js';
import { type SourceKind, shapePrompt, sourceKinds } from './shape-prompt.js';

/** What is done of a job. */
export interface RefineState {
  /** Ids of the shapes that are finished, and of the masks that were made of them. */
  readonly finished: readonly number[];
  /** Finished shapes that are still there beside their masks. */
  readonly kept: readonly KeptShape[];
}

/** A shape whose mask was saved and which was not deleted. */
export interface KeptShape {
  readonly id: number;
  /** Id of the mask. */
  readonly mask: number;
  /** Tells whether the shape is still what the mask was made of. */
  readonly digest: string;
}

/** Keeps what is done of a job, so that an interrupted run goes on where it stopped. */
export interface RefineMemory {
  load(): Promise<RefineState>;
  save(state: RefineState): Promise<void>;
}

export interface RefineOptions {
  readonly client: CvatClient;
  readonly segmenter: Segmenter;
  readonly job: number;
  /** Shapes to make masks of. Default: rectangles. */
  readonly kinds?: readonly SourceKind[];
  /** Names of labels; default all. */
  readonly labels?: readonly string[];
  /** First and last frame; default the whole job. */
  readonly frames?: readonly [number, number];
  /**
   * Deletes a shape once its mask is saved; with a memory, those of earlier runs too. Default false: masks are added,
   * everything else stays.
   */
  readonly replace?: boolean;
  /** Saves nothing. Default false. */
  readonly dryRun?: boolean;
  /**
   * A mask whose own box overlaps the shape's box less than this (intersection over union) is not saved. Default 0.4.
   */
  readonly minOverlap?: number;
  readonly postprocess?: PostprocessOptions;
  /** Default: nothing is remembered; masks that are there already are found again all the same. */
  readonly memory?: RefineMemory;
  readonly onProgress?: (progress: RefineProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RefineProgress {
  readonly frame: number;
  /** Shapes finished, and all that are to be. */
  readonly done: number;
  readonly total: number;
}

export interface RefineReport {
  readonly job: number;
  /** Shapes that were looked at. */
  readonly shapes: number;
  /** Masks saved, or that would have been in a dry run. */
  readonly saved: number;
  /** Shapes deleted, where they were to be replaced. */
  readonly deleted: number;
  /** Shapes finished in an earlier run, or whose mask was there. */
  readonly skipped: number;
  /** Shapes whose mask was empty or too far from the shape. */
  readonly unsure: readonly number[];
  /** Shapes that were not deleted, since somebody changed them or their mask meanwhile. */
  readonly changed: readonly number[];
  readonly failed: readonly { readonly shape: number; readonly reason: string }[];
}

/**
 * The defaults of {@link RefineOptions}.
 *
 * @example
 * ```ts
 * import { refineDefaults } from '@clickmask/cvat-serverless';
 *
 * console.log(refineDefaults.kinds, refineDefaults.replace); // [ 'rectangle' ] false
 * ```
 */
export const refineDefaults = Object.freeze({
  kinds: Object.freeze(['rectangle'] as const),
  replace: false,
  dryRun: false,
  minOverlap: 0.4,
});

/**
 * Makes masks of the boxes, ellipses, polygons or masks of a job, and saves them with the same label. Works frame by frame
 * and can be interrupted at any time: what is saved is not saved again.
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
 * const report = await refineJob({ client, segmenter, job: 12, memory: createFileMemory('job-12.json', url, 12) });
 * console.log(report.saved);
 * await segmenter.close();
 * ```
 */
export async function refineJob(options: RefineOptions): Promise<RefineReport> {
  const settings = withDefaults(refineDefaults, options);
  const { client, segmenter, job, signal, memory, onProgress = () => {} } = settings;
  for (const kind of settings.kinds) {
    if (!sourceKinds.includes(kind)) {
      throw new ClickmaskError(
        'bad-option',
        `Expected ${sourceKinds.join(', ')} for kinds but received ${String(kind)}.`,
      );
    }
  }
  const call = { signal };
  const [info, meta, labels, annotations] = await Promise.all([
    client.jobs.get(job, call),
    client.jobs.meta(job, call),
    client.jobs.labels(job, call),
    client.jobs.annotations(job, call),
  ]);
  const wanted = labelIds(settings.labels, labels);
  const [first, last] = settings.frames ?? [info.start_frame, info.stop_frame];
  const deletedFrames = new Set(meta.deleted_frames);
  const state = await memory?.load();
  const finished = new Set(state?.finished);
  const kept = new Map(state?.kept.map((shape) => [shape.id, shape]));
  const remember = () => memory?.save({ finished: [...finished], kept: [...kept.values()] });
  const isSource = (shape: CvatShape): boolean =>
    shape.id !== undefined &&
    (settings.kinds as readonly string[]).includes(shape.type) &&
    (wanted === null || wanted.has(shape.label_id)) &&
    shape.frame >= first &&
    shape.frame <= last &&
    !deletedFrames.has(shape.frame);
  const sources = annotations.shapes.filter(isSource);
  const existing = new Map(
    annotations.shapes.filter(({ type }) => type === 'mask').map((shape) => [identity(shape), shape.id]),
  );

  let saved = 0;
  let deleted = 0;
  let skipped = 0;
  let done = 0;
  const unsure: number[] = [];
  const changed: number[] = [];
  const failed: { shape: number; reason: string }[] = [];

  async function makeMasks(frame: number, pending: readonly CvatShape[]): Promise<void> {
    let image: SegmenterImage;
    try {
      image = await segmenter.open(await client.jobs.frame(job, frame, call), { signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      for (const { id } of pending) failed.push({ shape: id as number, reason: `frame ${frame}: ${reason(error)}` });
      done += pending.length;
      return;
    }
    const made: CvatShape[] = [];
    const replaced: { readonly shape: CvatShape; readonly mask: string }[] = [];
    try {
      for (const shape of pending) {
        const id = shape.id as number;
        done += 1;
        try {
          const runs = await maskOf(shape, image, settings);
          if (runs === null) {
            unsure.push(id);
            continue;
          }
          const mask = maskShape(shape, runs);
          const name = identity(mask);
          if (existing.has(name)) skipped += 1;
          else {
            made.push(mask);
            existing.set(name, undefined);
          }
          // A mask that came out as it was is not to be deleted: it is the result.
          if (name !== identity(shape)) replaced.push({ shape, mask: name });
        } catch (error) {
          if (signal?.aborted) throw error;
          failed.push({ shape: id, reason: reason(error) });
        }
        onProgress({ frame, done, total: sources.length });
      }
    } finally {
      await image.close();
    }
    saved += made.length;
    if (settings.dryRun) return;
    const created = made.length === 0 ? [] : await client.jobs.createShapes(job, made, call);
    for (const shape of created) {
      existing.set(identity(shape), shape.id);
      if (shape.id !== undefined) finished.add(shape.id);
    }
    for (const { shape, mask: name } of replaced) {
      const mask = existing.get(name);
      const id = shape.id as number;
      if (mask !== undefined) kept.set(id, { id, mask, digest: digest(shape) });
    }
    const failures = new Set(failed.map(({ shape }) => shape));
    for (const { id } of pending) if (!failures.has(id as number)) finished.add(id as number);
    await remember();
  }

  /** Only what is beside its mask is deleted: an interruption leaves too much, never too little. */
  async function deleteReplaced(shapes: readonly CvatShape[]): Promise<void> {
    const due = shapes.flatMap(({ id }) => kept.get(id as number) ?? []);
    if (due.length === 0) return;
    const now = new Map((await client.jobs.annotations(job, call)).shapes.map((shape) => [shape.id, shape]));
    const same: CvatShape[] = [];
    for (const { id, mask, digest: before } of due) {
      const shape = now.get(id);
      if (shape === undefined) kept.delete(id);
      else if (digest(shape) === before && now.get(mask)?.type === 'mask') same.push(shape);
      else changed.push(id);
    }
    if (same.length > 0) await client.jobs.deleteShapes(job, same, call);
    for (const { id } of same) kept.delete(id as number);
    deleted += same.length;
    await remember();
  }

  for (const [frame, shapes] of byFrame(sources)) {
    const pending = shapes.filter(({ id }) => !finished.has(id as number));
    skipped += shapes.length - pending.length;
    done += shapes.length - pending.length;
    onProgress({ frame, done, total: sources.length });
    signal?.throwIfAborted();
    if (pending.length > 0) await makeMasks(frame, pending);
    if (settings.replace && !settings.dryRun) await deleteReplaced(shapes);
  }
  return { job, shapes: sources.length, saved, deleted, skipped, unsure, changed, failed };
}

async function maskOf(
  shape: CvatShape,
  image: SegmenterImage,
  settings: Pick<RefineOptions, 'segmenter' | 'postprocess' | 'signal'> & { readonly minOverlap: number },
): Promise<MaskRuns | null> {
  const found = shapePrompt(shape, image);
  if (found === null) return null;
  const { postprocess, signal } = settings;
  const { runs } = await settings.segmenter.segment(image, found.prompt, { postprocess, signal });
  const rect = bounds(runs);
  if (rect === null) return null;
  const box = { x1: rect.x, y1: rect.y, x2: rect.x + rect.width, y2: rect.y + rect.height };
  return overlap(box, found.box) < settings.minOverlap ? null : runs;
}

/** A mask in place of a shape: same frame, label, group, layer and attributes. */
function maskShape(shape: CvatShape, runs: MaskRuns): CvatShape {
  return {
    type: 'mask',
    frame: shape.frame,
    label_id: shape.label_id,
    group: shape.group ?? 0,
    source: 'semi-auto',
    occluded: shape.occluded,
    outside: false,
    z_order: shape.z_order,
    rotation: 0,
    points: cvatMask.serialize(runs),
    attributes: shape.attributes,
  };
}

/** Two shapes with the same text are the same for whoever looks at them. */
function identity(shape: CvatShape): string {
  return `${shape.type}:${shape.frame}:${shape.label_id}:${shape.points.join(',')}`;
}

const digest = (shape: CvatShape) => createHash('sha256').update(identity(shape)).digest('base64url');

function labelIds(names: readonly string[] | undefined, labels: readonly CvatLabel[]): ReadonlySet<number> | null {
  if (names === undefined || names.length === 0) return null;
  const missing = names.filter((name) => !labels.some((label) => label.name === name));
  if (missing.length > 0) {
    const known = labels.map(({ name }) => name).join(', ');
    throw new ClickmaskError('bad-option', `The job has no label ${missing.join(', ')}. It has: ${known}.`);
  }
  return new Set(labels.filter(({ name }) => names.includes(name)).map(({ id }) => id));
}

function byFrame(shapes: readonly CvatShape[]): [number, CvatShape[]][] {
  const frames = new Map<number, CvatShape[]>();
  for (const shape of shapes) {
    const list = frames.get(shape.frame);
    if (list === undefined) frames.set(shape.frame, [shape]);
    else list.push(shape);
  }
  return [...frames].sort(([a], [b]) => a - b);
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
