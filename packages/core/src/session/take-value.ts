import { type Click, checkClicks } from '../clicks/index.js';
import { describe, expectInteger, expectNumber, isListOf, unexpected } from '../errors/index.js';
import type { Box, Size } from '../geometry/index.js';
import { checkRuns, type MaskRuns } from '../mask/index.js';
import type { Candidate, Timings } from '../segmenter/prediction.js';
import { copyPlain, sameContent } from './plain.js';
import type { AnnotatedObject, ObjectPrompt, ObjectResult, SessionValue } from './value.js';

/** Maximum objects per image, and clicks per object, in a value from outside. */
const maxObjects = 10_000;
const maxClicks = 1000;
const maxCandidates = 1000;

/**
 * Checks and copies a value from outside. Parts that equal a part of the `known` values are replaced by it. A value
 * therefore keeps its identity after a store that copies or wraps it, or after JSON.
 *
 * @param size - of the image; null without an image: coordinates and sizes are then not checked
 * @throws ClickmaskError `bad-option`, `bad-click`, `bad-box`, `bad-mask`
 *
 * @example
 * ```ts
 * import { addClick, emptyValue, takeValue } from '@clickmask/core/session';
 *
 * const value = addClick({ x: 3, y: 4, label: 'positive' })(emptyValue);
 * const again = takeValue(JSON.parse(JSON.stringify(value)), { width: 640, height: 480 }, [value]);
 * console.log(again.objects[0] === value.objects[0]); // true
 * ```
 */
export function takeValue(given: unknown, size: Size | null, known: readonly SessionValue[] = []): SessionValue {
  const value = given as SessionValue | null | undefined;
  if (typeof value !== 'object' || value === null || !Array.isArray(value.objects) || !('activeId' in value)) {
    throw unexpected('bad-option', 'value', '{ objects, activeId }', given);
  }
  const { activeId, objects } = value;
  if (objects.length > maxObjects) {
    throw unexpected('bad-option', 'value.objects', `at most ${maxObjects} objects`, objects);
  }
  const before = new Map<string, AnnotatedObject[]>();
  for (const object of known.flatMap((one) => one.objects)) {
    const list = before.get(object.id) ?? [];
    if (!list.includes(object)) before.set(object.id, [...list, object]);
  }
  // Unlike `map`, it comes by the gaps of a sparse array too.
  const taken = Array.from(objects, (object) => takeObject(object, size, before.get(object?.id) ?? []));
  if (new Set(taken.map(({ id }) => id)).size !== taken.length) {
    throw unexpected('bad-option', 'value.objects', 'objects with ids of their own', objects);
  }
  const active = taken.some(({ id }) => id === activeId) ? activeId : null;
  return known.find((one) => isSame(one, taken, active)) ?? { objects: taken, activeId: active };
}

/**
 * A copy of a value for others. Changes to it do not reach this one.
 *
 * @example
 * ```ts
 * import { emptyValue, handOut } from '@clickmask/core/session';
 *
 * const out = handOut(emptyValue);
 * console.log(out.objects.length, out === emptyValue); // 0 false
 * ```
 */
export function handOut(value: SessionValue): SessionValue {
  return copyPlain(value);
}

function isSame({ objects, activeId }: SessionValue, others: readonly AnnotatedObject[], active: string | null) {
  return activeId === active && objects.length === others.length && objects.every((one, i) => one === others[i]);
}

function takeObject(given: AnnotatedObject, size: Size | null, known: readonly AnnotatedObject[]): AnnotatedObject {
  const same = known.find((object) => sameContent(object, given));
  if (same !== undefined) return same;
  if (typeof given?.id !== 'string' || given.id === '') {
    throw unexpected('bad-option', 'value.objects', 'objects with an id', given?.id);
  }
  const { id, classId = null, accepted = false, strokesPending = false } = given;
  if (classId !== null && typeof classId !== 'string') {
    throw unexpected('bad-option', `the class of ${id}`, 'a text or null', classId);
  }
  const runs = (one: unknown) => takeRuns(one, size, `the masks of ${id}`);
  const prompts = known.flatMap(({ prompt, result }) => (result === null ? [prompt] : [prompt, result.prompt]));
  const prompt = takePrompt(given.prompt, size, runs, prompts);
  return {
    id,
    classId,
    accepted: accepted === true,
    prompt,
    result: given.result == null ? null : takeResult(given.result, size, runs, [prompt, ...prompts]),
    painted: runs(given.painted),
    erased: runs(given.erased),
    strokesPending: strokesPending === true,
  };
}

type TakeRuns = (given: unknown) => MaskRuns | null;

function takePrompt(
  given: ObjectPrompt,
  size: Size | null,
  runs: TakeRuns,
  known: readonly ObjectPrompt[],
): ObjectPrompt {
  const same = known.find((prompt) => sameContent(prompt, given));
  if (same !== undefined) return same;
  if (typeof given !== 'object' || given === null) throw unexpected('bad-option', 'a prompt', 'an object', given);
  const { clicks = [], box, start, candidate } = given;
  if (!Array.isArray(clicks)) throw unexpected('bad-click', 'clicks', 'an array of clicks', clicks);
  if (clicks.length > maxClicks) throw unexpected('too-many-clicks', 'clicks', `at most ${maxClicks}`, clicks.length);
  const unbound = { width: Number.MAX_VALUE, height: Number.MAX_VALUE };
  checkClicks(clicks, size ?? unbound);
  if (candidate != null) expectInteger('bad-option', 'candidate', candidate, 0, maxCandidates);
  return {
    clicks: clicks.map(({ x, y, label }: Click) => ({ x, y, label })),
    box: box == null ? null : takeBox(box),
    start: runs(start),
    candidate: candidate ?? null,
  };
}

/**
 * Checks a box from outside. It may extend beyond the image, and its corners may come in any order.
 *
 * @throws ClickmaskError `bad-box`
 *
 * @example
 * ```ts
 * import { takeBox } from '@clickmask/core/session';
 *
 * console.log(takeBox({ x1: 9, y1: 8, x2: 1, y2: 2 }).x1); // 9
 * ```
 */
export function takeBox(given: Box): Box {
  const { x1, y1, x2, y2 } = given ?? {};
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) expectNumber('bad-box', `box.${name}`, value);
  return { x1, y1, x2, y2 };
}

function takeResult(
  given: ObjectResult,
  size: Size | null,
  takeMask: TakeRuns,
  known: readonly ObjectPrompt[],
): ObjectResult {
  const { score = 0, candidates = [], candidate = 0, changedPixels = 0, timings, notes = [] } = given;
  expectNumber('bad-option', 'a score', score);
  expectInteger('bad-option', 'candidate', candidate, 0, maxCandidates);
  expectInteger('bad-option', 'changedPixels', changedPixels);
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (!isListOf(candidates, isCandidate) || !isListOf(notes, isText)) {
    throw unexpected('bad-option', 'a result', 'candidates and notes', given);
  }
  const runs = takeMask(given.runs);
  if (runs === null) throw unexpected('bad-mask', 'a result’s mask', 'runs', given.runs);
  return {
    prompt: takePrompt(given.prompt, size, takeMask, known),
    runs,
    score,
    candidates: candidates.map(({ index, score: own }: Candidate) => ({ index, score: own })),
    candidate,
    changedPixels,
    timings: timings == null ? null : ({ ...timings } as Timings),
    notes: [...notes],
  };
}

function isCandidate(given: unknown): given is Candidate {
  const { index, score } = (given ?? {}) as Partial<Candidate>;
  return Number.isInteger(index) && Number.isFinite(score);
}

/**
 * Copies runs. Lists that went through JSON become typed arrays again.
 *
 * @throws ClickmaskError `bad-mask`
 *
 * @example
 * ```ts
 * import { takeRuns } from '@clickmask/core/session';
 *
 * const runs = JSON.parse('{"width":4,"height":1,"rows":{"0":0,"1":1},"spans":{"0":1,"1":3}}');
 * console.log(takeRuns(runs, { width: 4, height: 1 }, 'the mask')?.spans.length); // 2
 * ```
 */
export function takeRuns(given: unknown, size: Size | null, name: string): MaskRuns | null {
  if (given == null) return null;
  const { width, height, rows, spans } = given as MaskRuns;
  if (size !== null && (width !== size.width || height !== size.height)) {
    const expected = `the image's size, ${size.width} x ${size.height} px`;
    throw unexpected('bad-mask', name, expected, `${describe(width)} x ${describe(height)}`);
  }
  const runs = { width, height, rows: takeNumbers(rows, name), spans: takeNumbers(spans, name) };
  checkRuns(runs);
  return runs;
}

function takeNumbers(given: unknown, name: string): Uint32Array {
  if (given instanceof Uint32Array) return given.slice();
  // The form that JSON gives a typed array is an object.
  const list = typeof given === 'object' && given !== null ? (Object.values(given) as unknown[]) : null;
  if (list?.every((one) => typeof one === 'number') === true) return Uint32Array.from(list as number[]);
  throw unexpected('bad-mask', name, 'runs with rows and spans of numbers', given);
}
