import type { Click } from '../clicks/index.js';
import type { Box, ImagePoint } from '../geometry/index.js';
import { difference, type MaskRuns, union } from '../mask/index.js';
import { maskOfObject } from './mask-of-object.js';
import {
  type AnnotatedObject,
  activeObject,
  emptyPrompt,
  type ObjectPrompt,
  type ObjectResult,
  type SessionValue,
} from './value.js';

/** A change of the value. Returns the same value if nothing changes. */
export type Edit = (value: SessionValue) => SessionValue;

/** Properties of an object that an edit creates. */
export interface NewObject {
  /** Default: `object-` and the first free number. */
  readonly id?: string;
  /** Default: none. */
  readonly classId?: string | null;
}

/**
 * An unused id.
 *
 * @example
 * ```ts
 * import { emptyValue, freeId } from '@clickmask/core/session';
 *
 * console.log(freeId(emptyValue)); // object-1
 * ```
 */
export function freeId({ objects }: SessionValue): string {
  const numbers = objects.map(({ id }) => Number(/^object-(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return `object-${Math.max(0, ...numbers) + 1}`;
}

function blank(value: SessionValue, { id = freeId(value), classId = null }: NewObject): AnnotatedObject {
  return {
    id,
    classId,
    accepted: false,
    prompt: emptyPrompt,
    result: null,
    painted: null,
    erased: null,
    strokesPending: false,
  };
}

function replace(value: SessionValue, object: AnnotatedObject): SessionValue {
  return { ...value, objects: value.objects.map((other) => (other.id === object.id ? object : other)) };
}

/** The active object, or a new one. */
function withActive(value: SessionValue, fresh: NewObject): { value: SessionValue; object: AnnotatedObject } {
  const object = activeObject(value);
  if (object !== null) return { value, object };
  const made = blank(value, fresh);
  return { value: { objects: [...value.objects, made], activeId: made.id }, object: made };
}

/**
 * The mask that the object's next click starts from. It includes strokes since the last answer. It also includes an
 * alternative reading that the user chose, because clicks alone would lead back to the best one.
 */
function startOf(object: AnnotatedObject): MaskRuns | null {
  const { prompt, result, strokesPending } = object;
  const isChosen = prompt.candidate !== null && result?.prompt === prompt;
  return strokesPending || isChosen ? maskOfObject(object) : prompt.start;
}

/**
 * The prompt that the object's next click extends.
 *
 * @example
 * ```ts
 * import { emptyPrompt, promptBase } from '@clickmask/core/session';
 *
 * console.log(promptBase(null) === emptyPrompt); // true
 * ```
 */
export function promptBase(object: AnnotatedObject | null): ObjectPrompt {
  if (object === null) return emptyPrompt;
  const start = startOf(object);
  return start === object.prompt.start ? object.prompt : { ...object.prompt, start };
}

/** Gives the object a new prompt. */
function prompted(object: AnnotatedObject, change: Partial<AnnotatedObject['prompt']>): AnnotatedObject {
  const start = startOf(object);
  return {
    ...object,
    accepted: false,
    strokesPending: false,
    prompt: { ...object.prompt, candidate: null, start, ...change },
  };
}

/**
 * Adds a click to the active object, or begins a new object with it.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 320, y: 240, label: 'positive' })(emptyValue);
 * console.log(value.activeId, value.objects[0].prompt.clicks.length); // object-1 1
 * ```
 */
export function addClick({ x, y, label }: Click, fresh: NewObject = {}): Edit {
  return (before) => {
    const { value, object } = withActive(before, fresh);
    return replace(value, prompted(object, { clicks: [...object.prompt.clicks, { x, y, label }] }));
  };
}

/**
 * Moves a click of the active object.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, moveClick } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(moveClick(0, { x: 9, y: 4 })(value).objects[0].prompt.clicks[0].x); // 9
 * ```
 */
export function moveClick(index: number, to: ImagePoint): Edit {
  return (value) => {
    const object = activeObject(value);
    const click = object?.prompt.clicks[index];
    if (object === null || click === undefined || (click.x === to.x && click.y === to.y)) return value;
    const clicks = object.prompt.clicks.map((other, i) => (i === index ? { ...click, x: to.x, y: to.y } : other));
    return replace(value, prompted(object, { clicks }));
  };
}

/**
 * Removes a click of the active object.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, removeClick } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(removeClick(0)(value).objects[0].prompt.clicks.length); // 0
 * ```
 */
export function removeClick(index: number): Edit {
  return (value) => {
    const object = activeObject(value);
    if (object === null || object.prompt.clicks[index] === undefined) return value;
    const clicks = object.prompt.clicks.filter((_, i) => i !== index);
    const next = prompted(object, { clicks });
    // Without a prompt, the old answer must not stay.
    const result = clicks.length === 0 && next.prompt.box === null ? null : next.result;
    return replace(value, { ...next, result });
  };
}

/**
 * Sets the box of the active object, or begins a new object with it; null removes the box.
 *
 * @example
 * ```ts
 * import { emptyValue, setBox } from '@clickmask/core/session';
 *
 * const value = setBox({ x1: 10, y1: 10, x2: 90, y2: 60 })(emptyValue);
 * console.log(value.objects[0].prompt.box?.x2); // 90
 * ```
 */
export function setBox(box: Box | null, fresh: NewObject = {}): Edit {
  return (before) => {
    if (box === null && activeObject(before)?.prompt.box == null) return before;
    const { value, object } = withActive(before, fresh);
    const next = prompted(object, { box: box === null ? null : { x1: box.x1, y1: box.y1, x2: box.x2, y2: box.y2 } });
    return replace(value, box === null && next.prompt.clicks.length === 0 ? { ...next, result: null } : next);
  };
}

/**
 * Applies a drawn box to the active object. It begins a new object if it leaves out a part of the active one that the
 * user clicked.
 *
 * @example
 * ```ts
 * import { addClick, drawBox, emptyValue } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(drawBox({ x1: 10, y1: 10, x2: 90, y2: 60 })(value).objects.length); // 2
 * ```
 */
export function drawBox(box: Box, fresh: NewObject = {}): Edit {
  return (value) => {
    const isInside = ({ x, y }: ImagePoint) =>
      x >= Math.min(box.x1, box.x2) &&
      x <= Math.max(box.x1, box.x2) &&
      y >= Math.min(box.y1, box.y2) &&
      y <= Math.max(box.y1, box.y2);
    const clicks = activeObject(value)?.prompt.clicks ?? [];
    const isAnother = clicks.some((click) => click.label === 'positive' && !isInside(click));
    return setBox(box, fresh)(isAnother ? { ...value, activeId: null } : value);
  };
}

/**
 * Chooses another candidate of the active object.
 *
 * @example
 * ```ts
 * import { addClick, chooseCandidate, emptyValue } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(chooseCandidate(1)(value).objects[0].prompt.candidate); // 1
 * ```
 */
export function chooseCandidate(candidate: number): Edit {
  return (value) => {
    const object = activeObject(value);
    if (object === null || object.prompt.candidate === candidate) return value;
    return replace(value, { ...object, prompt: { ...object.prompt, candidate } });
  };
}

/**
 * Paints on the active object, or erases from it. Painting may begin a new object. Erasing never begins one, and never
 * empties one: that is what deleting is for.
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { addStroke, emptyValue } from '@clickmask/core/session';
 *
 * const stroke = rectRuns({ width: 64, height: 48 }, { x: 8, y: 8, width: 20, height: 4 });
 * console.log(addStroke(stroke, 'paint')(emptyValue).objects.length); // 1
 * console.log(addStroke(stroke, 'erase')(emptyValue).objects.length); // 0
 * ```
 */
export function addStroke(stroke: MaskRuns, mode: 'paint' | 'erase', fresh: NewObject = {}): Edit {
  return (before) => {
    const painting = mode === 'paint';
    const active = activeObject(before);
    // The eraser begins no object, and does nothing to one without a mask.
    if (stroke.spans.length === 0 || (!painting && (active === null || maskOfObject(active) === null))) return before;
    const { value, object } = withActive(before, fresh);
    const add = (held: MaskRuns | null) => (held === null ? stroke : union(held, stroke));
    const take = (held: MaskRuns | null) => (held === null ? null : difference(held, stroke));
    const changed: AnnotatedObject = {
      ...object,
      accepted: false,
      painted: painting ? add(object.painted) : take(object.painted),
      erased: painting ? take(object.erased) : add(object.erased),
      strokesPending: true,
    };
    return !painting && maskOfObject(changed)?.spans.length === 0 ? before : replace(value, changed);
  };
}

/**
 * Adds an object with a starting mask and makes it active.
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { addObjectFromMask, emptyValue } from '@clickmask/core/session';
 *
 * const mask = rectRuns({ width: 64, height: 48 }, { x: 8, y: 8, width: 20, height: 4 });
 * console.log(addObjectFromMask(mask, { classId: 'cat' })(emptyValue).objects[0].classId); // cat
 * ```
 */
export function addObjectFromMask(runs: MaskRuns, fresh: NewObject = {}, accepted = false): Edit {
  return (value) => {
    const made = { ...blank(value, fresh), accepted, prompt: { ...emptyPrompt, start: runs } };
    return { objects: [...value.objects, made], activeId: accepted ? null : made.id };
  };
}

/**
 * Marks the active object as done. The next click begins a new one.
 *
 * @example
 * ```ts
 * import { acceptActive, addClick, emptyValue } from '@clickmask/core/session';
 *
 * const value = acceptActive()(addClick({ x: 3, y: 4, label: 'positive' })(emptyValue));
 * console.log(value.objects[0].accepted, value.activeId); // true null
 * ```
 */
export function acceptActive(): Edit {
  return (value) => {
    const object = activeObject(value);
    if (object === null) return value;
    return { ...replace(value, { ...object, accepted: true }), activeId: null };
  };
}

/**
 * Makes an object active; null for none.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, select } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(select(null)(value).activeId); // null
 * ```
 */
export function select(id: string | null): Edit {
  return (value) => {
    if (id === value.activeId || (id !== null && !value.objects.some((object) => object.id === id))) return value;
    return { ...value, activeId: id };
  };
}

/**
 * Removes an object.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, removeObject } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(removeObject('object-1')(value).objects.length); // 0
 * ```
 */
export function removeObject(id: string): Edit {
  return (value) => {
    const objects = value.objects.filter((object) => object.id !== id);
    if (objects.length === value.objects.length) return value;
    return { objects, activeId: value.activeId === id ? null : value.activeId };
  };
}

/**
 * Sets an object's class; null for none.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, setClass } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * console.log(setClass('object-1', 'cat')(value).objects[0].classId); // cat
 * ```
 */
export function setClass(id: string, classId: string | null): Edit {
  return (value) => {
    const object = value.objects.find((other) => other.id === id);
    return object === undefined || object.classId === classId ? value : replace(value, { ...object, classId });
  };
}

/**
 * Stores an answer in every value whose prompt is still the same.
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, needsResult, putResult } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * const { prompt } = value.objects[0];
 * const runs = { width: 8, height: 8, rows: new Uint32Array(9), spans: new Uint32Array(0) };
 * const rest = { score: 1, candidates: [], candidate: 0, changedPixels: 0, timings: null, notes: [] };
 * const answered = putResult({ prompt, runs, ...rest })(value);
 * console.log(answered.objects.some(needsResult)); // false
 * ```
 */
export function putResult(result: ObjectResult): Edit {
  return (value) => {
    const object = value.objects.find((other) => other.prompt === result.prompt);
    return object === undefined ? value : replace(value, { ...object, result });
  };
}
