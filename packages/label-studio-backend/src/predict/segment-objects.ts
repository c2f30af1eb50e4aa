import type { Prediction, Prompt, SegmenterImage, SegmentOptions, Size } from '@clickmask/core';
import { resizeMask } from '@clickmask/core/masks';
import { chooseOutput, findLabel, type LabelingConfig } from '../labeling-config/index.js';
import { Problem } from '../problems/index.js';
import type { ObjectPrompt } from '../prompts/index.js';
import { regionId, writeRegions } from '../regions/index.js';
import { untilAborted } from '../work/index.js';
import type { Outcome } from './outcome.js';
import type { PredictServices } from './services.js';
import type { Work } from './works.js';

/** Whose turn a request takes at the segmenter, and whether it is urgent. */
export type Turn = Pick<SegmentOptions, 'client' | 'background'>;

/** Segments the objects of a request one after the other, up to the limit. */
export async function segmentAll(
  services: PredictServices,
  works: readonly Work[],
  config: LabelingConfig,
  turn: Turn,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { objects: limit } = services.limits;
  const outcomes: Outcome[] = [];
  for (const work of works.slice(0, limit)) {
    signal.throwIfAborted();
    outcomes.push(await segmentObject(services, work, config, turn, signal));
  }
  if (works.length > limit) {
    const remarks = [`only the first ${limit} of ${works.length} objects are answered`];
    outcomes.push({ key: works[0].key, regions: [], score: 0, reason: 'ok', remarks });
  }
  return outcomes;
}

async function segmentObject(
  services: PredictServices,
  work: Work,
  config: LabelingConfig,
  turn: Turn,
  signal: AbortSignal,
): Promise<Outcome> {
  const { key, object } = work;
  const { options, metrics } = services;
  // Checked before the image is fetched: a config without an output is a common mistake, and this answer is immediate.
  const kind = options.output?.kind ?? 'auto';
  const control = chooseOutput(config, key.toName || config.images[0].name, key.label, kind);
  if (work.continued === undefined && object.box === undefined && object.points.every((point) => !point.positive)) {
    return { key, regions: [], score: 0, reason: 'only-negative', remarks: [], output: control.type };
  }
  const { prediction, remarks } = await segmentPicture(services, work, turn, signal);
  for (const stage of ['decode', 'encode', 'predict', 'postprocess'] as const) {
    metrics.stage(stage, prediction.timings[stage]);
  }
  const writing = performance.now();
  const size = object.anchor.imageSize ?? { width: prediction.width, height: prediction.height };
  const known = key.label === undefined ? undefined : findLabel(control, key.label)?.value;
  const shown = known ?? soleLabel(control.labels);
  const regions = await writeRegions(
    {
      id: work.continued?.id ?? regionId(key.project, key.task, key.toName, key.itemIndex, key.label, object.anchor.id),
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
  const { score, notes } = prediction;
  return { key, regions, score, reason, remarks: [...remarks, ...notes], output: control.type };
}

/** Opens the image as the editor shows it, and segments the object. */
async function segmentPicture(
  { segmenter, options, limits, pictures, metrics }: PredictServices,
  { key, object, picture, continued }: Work,
  turn: Turn,
  signal: AbortSignal,
): Promise<{ readonly prediction: Prediction; readonly remarks: string[] }> {
  const began = performance.now();
  const remarks: string[] = [];
  const segment = async (image: SegmenterImage) => {
    metrics.stage('picture', performance.now() - began);
    const how = {
      ...options.segment,
      ...turn,
      signal,
      ...(continued === undefined ? {} : mergedInto(options.segment)),
    };
    return untilAborted(
      segmenter.segment(image, { ...toPrompt(object, image), ...startOf(continued, image) }, how),
      signal,
    );
  };
  const seen = object.anchor.imageSize;
  if (seen !== undefined && seen.width * seen.height > limits.pixels) {
    throw new Problem('picture-too-large', `Expected an image of at most ${limits.pixels} pixels in the editor.`);
  }
  const prediction = await pictures.use(picture, key, { signal }, async (image) => {
    if (seen === undefined || !isTurned(seen, image)) return segment(image);
    // The browser did not apply the file's orientation, so the model must not either.
    remarks.push('the editor shows the image without its EXIF orientation');
    return pictures.use(picture, key, { asStored: true, signal }, segment);
  });
  return { prediction, remarks };
}

/** The accepted mask changes only around the new clicks. The network alone might drop the rest. */
function mergedInto({ refinement }: SegmentOptions = {}): Pick<SegmentOptions, 'refinement'> {
  return { refinement: { progressiveMerge: { whenUnchanged: 'keep' }, ...refinement } };
}

/** The accepted mask in the file's size. */
function startOf(continued: Work['continued'], size: Size): Pick<Prompt, 'mask'> {
  if (continued === undefined) return {};
  const { mask } = continued;
  const same = mask.width === size.width && mask.height === size.height;
  return { mask: same ? mask : resizeMask(mask, { width: size.width, height: size.height }) };
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

/** The mask in the size that the editor expects, because it decodes the mask onto a canvas of exactly that size. */
function fit(prediction: Prediction, size: Size) {
  const same = prediction.width === size.width && prediction.height === size.height;
  return same ? prediction.runs : resizeMask(prediction.runs, size);
}

const isTurned = (a: Size, b: Size) => a.width !== a.height && a.width === b.height && a.height === b.width;

const soleLabel = (labels: readonly { readonly value: string }[]) =>
  labels.length === 1 ? labels[0].value : undefined;
