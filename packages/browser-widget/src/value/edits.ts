import type { Box, Click, MaskRuns } from '@clickmask/core';
import { difference, type ImagePoint, union } from '@clickmask/core/masks';
import { rawRuns } from './shape.js';
import {
  type AnnotatedObject,
  type AnnotatorValue,
  activeObject,
  emptyPrompt,
  type ObjectPrompt,
  type ObjectResult,
} from './value.js';

/** A change of the value; returns the same value where there is nothing to change. */
export type Edit = (value: AnnotatorValue) => AnnotatorValue;

export interface NewObject {
  readonly id: string;
  readonly classId: string | null;
}

function blank({ id, classId }: NewObject): AnnotatedObject {
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

function replace(value: AnnotatorValue, object: AnnotatedObject): AnnotatorValue {
  return { ...value, objects: value.objects.map((other) => (other.id === object.id ? object : other)) };
}

/** The active object, or a new one put in place. */
function withActive(value: AnnotatorValue, fresh: NewObject): { value: AnnotatorValue; object: AnnotatedObject } {
  const object = activeObject(value);
  if (object !== null) return { value, object };
  const made = blank(fresh);
  return { value: { objects: [...value.objects, made], activeId: made.id }, object: made };
}

/**
 * The mask that the next click of an object starts from. Strokes made since the last answer are part of it; so is another
 * reading that the user chose, since clicks alone would lead back to the best one.
 */
function startOf(object: AnnotatedObject): MaskRuns | null {
  const { prompt, result, strokesPending } = object;
  const isChosen = prompt.candidate !== null && result?.prompt === prompt;
  return strokesPending || isChosen ? rawRuns(object) : prompt.start;
}

/** What the next click of an object adds to. */
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

export function addClick(click: Click, fresh: NewObject): Edit {
  return (before) => {
    const { value, object } = withActive(before, fresh);
    return replace(value, prompted(object, { clicks: [...object.prompt.clicks, click] }));
  };
}

export function moveClick(index: number, to: ImagePoint): Edit {
  return (value) => {
    const object = activeObject(value);
    const click = object?.prompt.clicks[index];
    if (object === null || click === undefined || (click.x === to.x && click.y === to.y)) return value;
    const clicks = object.prompt.clicks.map((other, i) => (i === index ? { ...click, x: to.x, y: to.y } : other));
    return replace(value, prompted(object, { clicks }));
  };
}

export function removeClick(index: number): Edit {
  return (value) => {
    const object = activeObject(value);
    if (object === null || object.prompt.clicks[index] === undefined) return value;
    const clicks = object.prompt.clicks.filter((_, i) => i !== index);
    const next = prompted(object, { clicks });
    // With nothing left to ask, the old answer must not stay.
    const result = clicks.length === 0 && next.prompt.box === null ? null : next.result;
    return replace(value, { ...next, result });
  };
}

export function setClicks(clicks: readonly Click[], fresh: NewObject): Edit {
  return (before) => {
    const { value, object } = withActive(before, fresh);
    const next = prompted(object, { clicks });
    return replace(value, clicks.length === 0 && next.prompt.box === null ? { ...next, result: null } : next);
  };
}

export function setBox(box: Box | null, fresh: NewObject): Edit {
  return (before) => {
    const { value, object } = withActive(before, fresh);
    const next = prompted(object, { box });
    return replace(value, box === null && next.prompt.clicks.length === 0 ? { ...next, result: null } : next);
  };
}

/**
 * What drawing a box means: it frames the active object, or begins a new one where it leaves out a part of the active
 * one that the user pointed at.
 */
export function drawBox(box: Box, fresh: NewObject): Edit {
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

export function chooseCandidate(candidate: number): Edit {
  return (value) => {
    const object = activeObject(value);
    if (object === null || object.prompt.candidate === candidate) return value;
    return replace(value, { ...object, prompt: { ...object.prompt, candidate } });
  };
}

export function addStroke(stroke: MaskRuns, mode: 'paint' | 'erase', fresh: NewObject): Edit {
  return (before) => {
    if (stroke.spans.length === 0) return before;
    const { value, object } = withActive(before, fresh);
    const painting = mode === 'paint';
    const add = (held: MaskRuns | null) => (held === null ? stroke : union(held, stroke));
    const take = (held: MaskRuns | null) => (held === null ? null : difference(held, stroke));
    return replace(value, {
      ...object,
      accepted: false,
      painted: painting ? add(object.painted) : take(object.painted),
      erased: painting ? take(object.erased) : add(object.erased),
      strokesPending: true,
    });
  };
}

/** Adds an object that starts from a given mask and makes it the active one. */
export function addObjectFromMask(runs: MaskRuns, fresh: NewObject, accepted = false): Edit {
  return (value) => {
    const made = { ...blank(fresh), accepted, prompt: { ...emptyPrompt, start: runs } };
    return { objects: [...value.objects, made], activeId: accepted ? null : made.id };
  };
}

/** Marks the active object as done; the next click starts a new one. */
export function acceptActive(): Edit {
  return (value) => {
    const object = activeObject(value);
    if (object === null) return value;
    return { ...replace(value, { ...object, accepted: true }), activeId: null };
  };
}

export function select(id: string | null): Edit {
  return (value) => {
    if (id === value.activeId || (id !== null && !value.objects.some((object) => object.id === id))) return value;
    return { ...value, activeId: id };
  };
}

export function removeObject(id: string): Edit {
  return (value) => {
    const objects = value.objects.filter((object) => object.id !== id);
    if (objects.length === value.objects.length) return value;
    return { objects, activeId: value.activeId === id ? null : value.activeId };
  };
}

export function setClass(id: string, classId: string | null): Edit {
  return (value) => {
    const object = value.objects.find((other) => other.id === id);
    return object === undefined || object.classId === classId ? value : replace(value, { ...object, classId });
  };
}

/** Puts an answer in place wherever its prompt still stands. */
export function putResult(result: ObjectResult): Edit {
  return (value) => {
    const object = value.objects.find((other) => other.prompt === result.prompt);
    return object === undefined ? value : replace(value, { ...object, result });
  };
}
