import type { Box, Candidate, Click, MaskRuns, Timings } from '@clickmask/core';

/** A class an object can be given. */
export interface ObjectClass {
  /** What is stored and exported. */
  readonly id: string;
  /** What is shown; default: the id. */
  readonly name?: string;
  /** `#rrggbb`; default: the next one of the palette. */
  readonly colour?: string;
}

/** What the network is asked for one object. Replaced, never altered: a result belongs to the very prompt it was made for. */
export interface ObjectPrompt {
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  /** The mask that the clicks correct: loaded, or left by the brush. */
  readonly start: MaskRuns | null;
  /** Which reading of an ambiguous click was chosen; null: the best. */
  readonly candidate: number | null;
}

/** What the network answered. */
export interface ObjectResult {
  /** The prompt it answers. */
  readonly prompt: ObjectPrompt;
  readonly runs: MaskRuns;
  /** 0 to 1. */
  readonly score: number;
  readonly candidates: readonly Candidate[];
  readonly candidate: number;
  /** Pixels that the last click changed. */
  readonly changedPixels: number;
  readonly timings: Timings | null;
  readonly notes: readonly string[];
}

/** One object of a picture. */
export interface AnnotatedObject {
  readonly id: string;
  /** Null: none chosen. */
  readonly classId: string | null;
  readonly accepted: boolean;
  readonly prompt: ObjectPrompt;
  /** The latest answer; belongs to an earlier prompt while a newer one is computed. */
  readonly result: ObjectResult | null;
  /** What the brush added and the eraser took; they hold against every later result. */
  readonly painted: MaskRuns | null;
  readonly erased: MaskRuns | null;
  /** Whether strokes were made that the next click has to start from. */
  readonly strokesPending: boolean;
}

/** All there is to say about the annotation of one picture. Immutable: every change makes a new one. */
export interface AnnotatorValue {
  readonly objects: readonly AnnotatedObject[];
  /** The object that clicks go to; null: the next click starts a new one. */
  readonly activeId: string | null;
}

/**
 * Who changed the value: the user's hand, the model's answer, or undo and redo. What the page does itself, as setting the
 * value or showing another picture, is not told to it.
 */
export type ChangeOrigin = 'user' | 'model' | 'history';

/**
 * The value of a picture without objects.
 *
 * @example
 * ```ts
 * import { emptyValue } from '@clickmask/browser-widget';
 *
 * console.log(emptyValue.objects.length, emptyValue.activeId); // 0 null
 * ```
 */
export const emptyValue: AnnotatorValue = Object.freeze({ objects: Object.freeze([]), activeId: null });

/**
 * A prompt that says nothing yet.
 *
 * @example
 * ```ts
 * import { emptyPrompt } from '@clickmask/browser-widget';
 *
 * console.log(emptyPrompt.clicks.length, emptyPrompt.box); // 0 null
 * ```
 */
export const emptyPrompt: ObjectPrompt = Object.freeze({
  clicks: Object.freeze([]),
  box: null,
  start: null,
  candidate: null,
});

export function activeObject(value: AnnotatorValue): AnnotatedObject | null {
  return value.objects.find((object) => object.id === value.activeId) ?? null;
}

/** Whether the network has something to answer: a click or a box that the present result does not belong to. */
export function needsResult(object: AnnotatedObject): boolean {
  const { prompt, result } = object;
  return (prompt.clicks.length > 0 || prompt.box !== null) && result?.prompt !== prompt;
}
