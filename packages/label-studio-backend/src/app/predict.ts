import {
  type Prediction,
  type Prompt,
  resizeMask,
  type Segmenter,
  type SegmenterImage,
  type Size,
} from '@clickmask/core';
import type { JournalFields } from '../diagnostics/index.js';
import { chooseOutput, findLabel, type LabelingConfig } from '../labeling-config/index.js';
import type { Metrics } from '../metrics/index.js';
import type { PictureOwner, PictureStore } from '../pictures/index.js';
import { Problem, type ReasonCode, toProblem } from '../problems/index.js';
import {
  groupObjects,
  type Item,
  isRecord,
  type ObjectKey,
  type ObjectPrompt,
  type PromptMemory,
  readPrompts,
} from '../prompts/index.js';
import { type Region, regionId, writeRegions } from '../regions/index.js';
import { type LookAhead, type TaskQueue, untilAborted } from '../work/index.js';
import { findPicture } from './find-picture.js';
import type { BackendLimits, LabelStudioBackendOptions } from './options.js';
import { type PredictRequest, type PredictTask, projectId } from './schemas.js';

/** One prediction, as Label Studio takes it. */
export interface LabelStudioPrediction {
  readonly model_version: string;
  readonly score: number;
  readonly result: readonly Region[];
  /** Not read by Label Studio; shows in the browser's network view why an answer is empty. */
  readonly clickmask?: { readonly outcome: ReasonCode; readonly advice?: string; readonly remarks?: readonly string[] };
}

export interface PredictAnswer {
  readonly results: readonly (LabelStudioPrediction | readonly LabelStudioPrediction[])[];
  readonly journal: JournalFields & { readonly reason: ReasonCode };
}

/** What {@link createPredictor} works with. */
export interface PredictorParts {
  readonly segmenter: Segmenter;
  readonly options: LabelStudioBackendOptions;
  readonly limits: BackendLimits;
  readonly modelVersion: string;
  readonly pictures: PictureStore;
  readonly memory: PromptMemory;
  readonly queue: TaskQueue;
  readonly lookAhead: LookAhead;
  readonly metrics: Metrics;
  /** The labeling config as parsed; the one of the last setup where the request has none. */
  readonly configOf: (project: string, xml: string | null | undefined) => LabelingConfig;
  /** Plans the pictures of the tasks that follow. */
  readonly planNext: (project: string, task: string, config: LabelingConfig) => void;
}

/** One object to be segmented, in a picture that is known by its address. */
interface Work {
  readonly key: ObjectKey;
  readonly object: ObjectPrompt;
  readonly picture: string;
}

interface Outcome {
  readonly key: ObjectKey;
  readonly regions: readonly Region[];
  readonly score: number;
  readonly reason: ReasonCode;
  readonly remarks: readonly string[];
  readonly output?: string;
}

/** Answers `/predict`: clicks, opened tasks, and batches. */
export function createPredictor(parts: PredictorParts) {
  const { segmenter, options, limits, modelVersion, pictures, memory, queue, lookAhead, metrics } = parts;

  /**
   * @param note - takes what is known of the request, in case that it fails later
   * @param signal - aborts, with a Problem as its reason, when the answer would come too late or nobody waits for it
   */
  async function predict(
    request: PredictRequest,
    note: (fields: JournalFields) => void,
    signal: AbortSignal,
  ): Promise<PredictAnswer> {
    const project = projectId(request.project);
    const context = request.params?.context;
    if (context === null || context === undefined) return batch(request, project, signal);
    if (context.event === 'prewarm') return prewarm(request, project);
    const task = request.tasks[0];
    if (task === undefined) throw new Problem('bad-request', 'Expected a task with the click but received none.');
    const done = lookAhead.busy();
    try {
      return await interactive(task, project, context.result, request, note, signal);
    } finally {
      done();
    }
  }

  async function interactive(
    task: PredictTask,
    project: string,
    result: unknown,
    request: PredictRequest,
    note: (fields: JournalFields) => void,
    signal: AbortSignal,
  ): Promise<PredictAnswer> {
    const taskId = task.id ?? '';
    const journal = { kind: 'click', project, task: taskId } as const;
    const regions = Array.isArray(result) ? (result as unknown[]) : [];
    if (regions.length === 0) {
      memory.forget(project, taskId);
      return { results: [emptyPrediction('empty-context')], journal: { ...journal, reason: 'empty-context' } };
    }
    const config = parts.configOf(project, request.label_config);
    const { items, remarks } = readPrompts(regions, config);
    if (items.length === 0) {
      const why = remarks[0] ?? 'no region is a keypoint or a rectangle';
      throw new Problem('bad-prompt', `Expected clicks or boxes in the context but ${why}.`);
    }
    const count = (pick: (item: Item) => boolean) => items.filter(pick).length;
    const counts = {
      label: items[0].label,
      positive: count((item) => item.kind === 'point' && item.positive),
      negative: count((item) => item.kind === 'point' && !item.positive),
      boxes: count((item) => item.kind === 'box'),
    };
    note(counts);
    const user = draftUser(task);
    memory.accepted(project, taskId, regionIdsOf(task));
    const works: Work[] = [];
    const base = { project, task: taskId, user };
    const labelled = items.map((item) => withLabel(item, items, base));
    for (const [key, group] of groupByObject(labelled, base)) {
      const { value } = findPicture(config, key.toName, key.itemIndex, task.data);
      // Without its number one task cannot be told from another.
      const all = taskId === '' ? group : memory.combine(key, group).items;
      for (const object of groupObjects(all)) works.push({ key, object, picture: value });
    }
    const run = (stop: AbortSignal) => segmentAll(works, config, stop);
    const shown = works.map(({ key, picture }) => [key.toName, key.itemIndex, picture].join(' '));
    const job = {
      signature: JSON.stringify([request.label_config, works.map((work) => [work.key, work.object])]),
      members: new Set(items.map((item) => item.id)),
      run,
    };
    const outcomes =
      taskId === ''
        ? await run(signal)
        : await queue.run(JSON.stringify([project, taskId, ...new Set(shown)]), job, signal);
    for (const { key, regions: made } of outcomes)
      memory.answered(
        key,
        made.map((region) => region.id),
      );
    parts.planNext(project, taskId, config);
    const merged = mergeOutcomes(outcomes, remarks);
    return {
      results: [toLabelStudio(merged)],
      journal: {
        ...journal,
        ...counts,
        reason: merged.reason,
        remarks: merged.remarks,
        regions: merged.regions.length,
        score: merged.score,
        output: merged.output,
      },
    };
  }

  /** A negative label that names no object means the one at hand: of this request, else the last one of the task. */
  function withLabel(item: Item, all: readonly Item[], base: Pick<ObjectKey, 'project' | 'task' | 'user'>): Item {
    if (item.label !== undefined || item.rawLabel === undefined) return item;
    const { toName, itemIndex } = item;
    const other = all.find((one) => one.label !== undefined && one.toName === toName && one.itemIndex === itemIndex);
    const label = other?.label ?? memory.latestLabel({ ...base, toName, itemIndex });
    return { ...item, label };
  }

  async function segmentAll(works: readonly Work[], config: LabelingConfig, signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const work of works.slice(0, limits.objects)) {
      signal.throwIfAborted();
      outcomes.push(await segmentOne(work, config, signal));
    }
    if (works.length > limits.objects) {
      const remarks = [`only the first ${limits.objects} of ${works.length} objects are answered`];
      outcomes.push({ key: works[0].key, regions: [], score: 0, reason: 'ok', remarks });
    }
    return outcomes;
  }

  async function segmentOne(
    { key, object, picture }: Work,
    config: LabelingConfig,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { label } = key;
    // Before the picture is fetched: a config without an output is the more common mistake, and it is known at once.
    const control = chooseOutput(config, key.toName || config.images[0].name, label, options.output?.kind ?? 'auto');
    if (object.box === undefined && object.points.every((point) => !point.positive)) {
      return { key, regions: [], score: 0, reason: 'only-negative', remarks: [], output: control.type };
    }
    const began = performance.now();
    const remarks: string[] = [];
    const segment = async (image: SegmenterImage) => {
      metrics.stage('picture', performance.now() - began);
      return untilAborted(segmenter.segment(image, toPrompt(object, image), { ...options.segment, signal }), signal);
    };
    const seen = object.anchor.imageSize;
    if (seen !== undefined && seen.width * seen.height > limits.pixels) {
      throw new Problem('picture-too-large', `Expected a picture of at most ${limits.pixels} pixels in the editor.`);
    }
    const prediction = await pictures.use(picture, key, { signal }, async (image) => {
      if (seen === undefined || !isTurned(seen, image)) return segment(image);
      // The browser did not apply the orientation that the file asks for, so neither may the model.
      remarks.push('the editor shows the picture without its EXIF orientation');
      return pictures.use(picture, key, { asStored: true, signal }, segment);
    });
    const size = seen ?? { width: prediction.width, height: prediction.height };
    for (const stage of ['decode', 'encode', 'predict', 'postprocess'] as const) {
      metrics.stage(stage, prediction.timings[stage]);
    }
    const writing = performance.now();
    const known = label === undefined ? soleLabel(control.labels) : findLabel(control, label)?.value;
    const shown = known ?? soleLabel(control.labels);
    const regions = await writeRegions(
      {
        id: regionId(key.project, key.task, key.toName, key.itemIndex, label, object.anchor.id),
        control,
        toName: key.toName || control.toName[0],
        label: shown,
        mask: fit(prediction, size),
        score: prediction.score,
        imageRotation: object.anchor.imageRotation,
        itemIndex: key.itemIndex,
      },
      options.output,
    );
    metrics.stage('write', performance.now() - writing);
    if (size.width !== prediction.width || size.height !== prediction.height) {
      const file = `${prediction.width} x ${prediction.height}`;
      remarks.push(`the editor shows ${size.width} x ${size.height} px, the file has ${file}`);
    }
    const reason = regions.length === 0 ? 'empty-mask' : shown === undefined ? 'label-missing' : 'ok';
    return {
      key,
      regions,
      score: prediction.score,
      reason,
      remarks: [...remarks, ...prediction.notes],
      output: control.type,
    };
  }

  async function batch(request: PredictRequest, project: string, signal: AbortSignal): Promise<PredictAnswer> {
    const config = request.tasks.length === 0 ? undefined : parts.configOf(project, request.label_config);
    const results: PredictAnswer['results'][number][] = [];
    const remarks: string[] = [];
    let regions = 0;
    let predicted = 0;
    let failure: Problem | undefined;
    for (const task of request.tasks) {
      const taskId = task.id ?? '';
      const items = config === undefined ? [] : existingPrompts(task, config);
      if (config === undefined || items.length === 0) {
        results.push(options.emptyPredictions === 'store' ? emptyPrediction('task-opened') : []);
        if (config !== undefined) prepare(task.data, { project, task: taskId }, config, request.tasks.length === 1);
        continue;
      }
      try {
        const works = [...groupByObject(items, { project, task: taskId })].flatMap(([key, group]) => {
          const { value } = findPicture(config, key.toName, key.itemIndex, task.data);
          return groupObjects(group, options.batchPoints).map((object) => ({ key, object, picture: value }));
        });
        const merged = mergeOutcomes(await segmentAll(works, config, signal), []);
        predicted++;
        regions += merged.regions.length;
        results.push(toLabelStudio(merged));
      } catch (error) {
        failure = toProblem(error);
        if (remarks.length < 10) remarks.push(`task ${taskId}: ${failure.message}`);
        results.push([]);
      }
    }
    if (failure !== undefined && predicted === 0) throw failure;
    const first = request.tasks[0]?.id ?? undefined;
    if (request.tasks.length === 1 && config !== undefined) parts.planNext(project, first ?? '', config);
    const reason = predicted === 0 ? 'task-opened' : 'ok';
    const kind = request.tasks.length === 1 && predicted === 0 ? 'open' : 'batch';
    return {
      results,
      journal: { kind, project, task: request.tasks.length === 1 ? first : undefined, reason, regions, remarks },
    };
  }

  async function prewarm(request: PredictRequest, project: string): Promise<PredictAnswer> {
    const config = parts.configOf(project, request.label_config);
    const task = request.tasks[0];
    if (task !== undefined) prepare(task.data, { project, task: task.id ?? '' }, config, true);
    return {
      results: [emptyPrediction('task-opened')],
      journal: { kind: 'prewarm', project, task: task?.id ?? undefined, reason: 'task-opened' },
    };
  }

  /** Begins to fetch the pictures of a task and to compute their features; nobody waits for it. */
  function prepare(data: PredictTask['data'], owner: PictureOwner, config: LabelingConfig, now: boolean): void {
    for (const tag of config.images.slice(0, 4)) {
      let value: string;
      try {
        value = findPicture(config, tag.name, undefined, data).value;
      } catch {
        continue;
      }
      const work = () => pictures.use(value, owner, { prepare: true }, async () => {});
      // What is wrong with the picture is reported when it is clicked, so that the reason stands beside the click.
      if (now) work().catch(() => {});
      else lookAhead.push(JSON.stringify([owner, value]), work);
    }
  }

  function emptyPrediction(outcome: ReasonCode): LabelStudioPrediction {
    return { model_version: modelVersion, score: 0, result: [], clickmask: { outcome } };
  }

  function toLabelStudio({ regions, score, reason, remarks }: Omit<Outcome, 'key'>): LabelStudioPrediction {
    return {
      model_version: modelVersion,
      score: Math.min(1, Math.max(0, score)),
      result: regions,
      clickmask: { outcome: reason, ...(remarks.length === 0 ? {} : { remarks }) },
    };
  }

  return { predict, prepare };
}

/** Sorts items by what they describe: picture and label. Clicks without a label of their own go to the object at hand. */
function groupByObject(
  items: readonly Item[],
  base: Pick<ObjectKey, 'project' | 'task' | 'user'>,
): Map<ObjectKey, Item[]> {
  const byName = new Map<string, { key: ObjectKey; items: Item[] }>();
  for (const item of items) {
    const key: ObjectKey = { ...base, toName: item.toName, itemIndex: item.itemIndex, label: item.label };
    const name = JSON.stringify([key.toName, key.itemIndex, key.label]);
    const group = byName.get(name);
    if (group === undefined) byName.set(name, { key, items: [item] });
    else group.items.push(item);
  }
  return new Map([...byName.values()].map((group) => [group.key, group.items]));
}

function mergeOutcomes(outcomes: readonly Outcome[], remarks: readonly string[]): Omit<Outcome, 'key'> {
  const regions = outcomes.flatMap((outcome) => outcome.regions);
  const withRegions = outcomes.filter((outcome) => outcome.regions.length > 0);
  const worst = outcomes.find((outcome) => outcome.reason !== 'ok');
  return {
    regions,
    score: withRegions.length === 0 ? 0 : Math.min(...withRegions.map((outcome) => outcome.score)),
    reason: worst?.reason ?? 'ok',
    remarks: [...new Set([...remarks, ...outcomes.flatMap((outcome) => outcome.remarks)])].slice(0, 10),
    output: outcomes.find((outcome) => outcome.output !== undefined)?.output,
  };
}

/** Percent to image px. */
function toPrompt(object: ObjectPrompt, size: Size): Prompt {
  const clicks = object.points.map((point) => ({
    x: (point.x / 100) * size.width,
    y: (point.y / 100) * size.height,
    label: point.positive ? ('positive' as const) : ('negative' as const),
  }));
  const { box } = object;
  if (box === undefined) return { clicks };
  return {
    clicks,
    box: {
      x1: (box.x1 / 100) * size.width,
      y1: (box.y1 / 100) * size.height,
      x2: (box.x2 / 100) * size.width,
      y2: (box.y2 / 100) * size.height,
    },
  };
}

/** The mask at the size that the editor expects, which decodes it onto a canvas of exactly that size. */
function fit(prediction: Prediction, size: Size) {
  const same = prediction.width === size.width && prediction.height === size.height;
  return same ? prediction.runs : resizeMask(prediction.runs, size);
}

const isTurned = (a: Size, b: Size) => a.width !== a.height && a.width === b.height && a.height === b.width;

const soleLabel = (labels: readonly { readonly value: string }[]) =>
  labels.length === 1 ? labels[0].value : undefined;

/** Who asks, as far as the request tells: Label Studio sends the drafts of that user only. */
function draftUser(task: PredictTask): string | undefined {
  const draft: unknown = Array.isArray(task.drafts) ? task.drafts[0] : undefined;
  return isRecord(draft) && typeof draft.user === 'string' ? draft.user : undefined;
}

function* resultsOf(list: unknown): Generator<readonly unknown[]> {
  if (!Array.isArray(list)) return;
  for (let i = list.length - 1; i >= 0; i--) {
    const entry: unknown = list[i];
    if (isRecord(entry) && Array.isArray(entry.result)) yield entry.result as unknown[];
  }
}

/** Ids of all regions that are drawn on the task. */
function regionIdsOf(task: PredictTask): Set<string> {
  const ids = new Set<string>();
  for (const list of [task.drafts, task.annotations]) {
    for (const result of resultsOf(list)) {
      for (const region of result) if (isRecord(region) && typeof region.id === 'string') ids.add(region.id);
    }
  }
  return ids;
}

/** The prompts that a task already carries: of its newest annotation with any, else of a draft, else of a prediction. */
function existingPrompts(task: PredictTask, config: LabelingConfig): readonly Item[] {
  for (const list of [task.annotations, task.drafts, task.predictions]) {
    for (const result of resultsOf(list)) {
      const { items } = readPrompts(result, config);
      if (items.length > 0) return items;
    }
  }
  return [];
}
