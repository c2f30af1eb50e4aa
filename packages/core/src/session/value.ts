import type { Click } from '../clicks/index.js';
import type { Box } from '../geometry/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { Candidate, Prediction, Timings } from '../segmenter/prediction.js';
import type { Prompt } from '../segmenter/prompt.js';

/** The network's input for one object. It is replaced and never changed: a result belongs to exactly one prompt. */
export interface ObjectPrompt {
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  /** The mask that the clicks correct: loaded, or left by the brush. */
  readonly start: MaskRuns | null;
  /** Index of the chosen candidate; null: the best. */
  readonly candidate: number | null;
}

/** The network's answer. */
export interface ObjectResult {
  /** The prompt that it answers. */
  readonly prompt: ObjectPrompt;
  readonly runs: MaskRuns;
  /** 0 to 1. */
  readonly score: number;
  readonly candidates: readonly Candidate[];
  readonly candidate: number;
  /** Number of pixels that the last click changed. */
  readonly changedPixels: number;
  readonly timings: Timings | null;
  readonly notes: readonly string[];
}

/** One object of an image. */
export interface AnnotatedObject {
  readonly id: string;
  /** Null if none is chosen. */
  readonly classId: string | null;
  readonly accepted: boolean;
  readonly prompt: ObjectPrompt;
  /** The latest answer. While a newer one is computed, it belongs to an earlier prompt. */
  readonly result: ObjectResult | null;
  /** The strokes of brush and eraser. They are applied to every later result. */
  readonly painted: MaskRuns | null;
  readonly erased: MaskRuns | null;
  /** Whether the next click must start from strokes. */
  readonly strokesPending: boolean;
}

/** The whole annotation of one image. Immutable: every change makes a new value. */
export interface SessionValue {
  readonly objects: readonly AnnotatedObject[];
  /** The object that receives clicks; null: the next click begins a new one. */
  readonly activeId: string | null;
}

/**
 * The value of an image without objects.
 *
 * @example
 * ```ts
 * import { emptyValue } from '@clickmask/core/session';
 *
 * console.log(emptyValue.objects.length, emptyValue.activeId); // 0 null
 * ```
 */
export const emptyValue: SessionValue = /*#__PURE__*/ Object.freeze({
  objects: /*#__PURE__*/ Object.freeze([]),
  activeId: null,
});

/**
 * An empty prompt.
 *
 * @example
 * ```ts
 * import { emptyPrompt } from '@clickmask/core/session';
 *
 * console.log(emptyPrompt.clicks.length, emptyPrompt.box); // 0 null
 * ```
 */
export const emptyPrompt: ObjectPrompt = /*#__PURE__*/ Object.freeze({
  clicks: /*#__PURE__*/ Object.freeze([]),
  box: null,
  start: null,
  candidate: null,
});

/**
 * The active object; null without one.
 *
 * @example
 * ```ts
 * import { activeObject, emptyValue } from '@clickmask/core/session';
 *
 * console.log(activeObject(emptyValue)); // null
 * ```
 */
export function activeObject(value: SessionValue): AnnotatedObject | null {
  return value.objects.find((object) => object.id === value.activeId) ?? null;
}

/**
 * Whether the network has something to answer: a click or a box newer than the present result.
 *
 * @example
 * ```ts
 * import { activeObject, addClick, emptyValue, needsResult } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(value.objects.every(needsResult)); // true
 * ```
 */
export function needsResult({ prompt, result }: AnnotatedObject): boolean {
  return (prompt.clicks.length > 0 || prompt.box !== null) && result?.prompt !== prompt;
}

/**
 * The prompt for a segmenter.
 *
 * @example
 * ```ts
 * import { emptyPrompt, toPrompt } from '@clickmask/core/session';
 *
 * console.log(Object.keys(toPrompt(emptyPrompt)).join()); // clicks
 * ```
 */
export function toPrompt({ clicks, box, start }: ObjectPrompt): Prompt {
  return { clicks, ...(box === null ? {} : { box }), ...(start === null ? {} : { mask: start }) };
}

/**
 * The part of a prediction that a value keeps.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { createSegmenter } from '@clickmask/core/node';
 * import { emptyPrompt, toPrompt, toResult } from '@clickmask/core/session';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('photo.jpg'));
 * const prompt = { ...emptyPrompt, clicks: [{ x: 320, y: 240, label: 'positive' as const }] };
 * const prediction = await segmenter.segment(image, toPrompt(prompt));
 * console.log(toResult(prompt, prediction).prompt === prompt); // true
 * await segmenter.close();
 * ```
 */
export function toResult(prompt: ObjectPrompt, prediction: Prediction): ObjectResult {
  const { runs, score, candidates, candidate, changedPixels, timings, notes } = prediction;
  return { prompt, runs, score, candidates, candidate, changedPixels, timings, notes };
}
