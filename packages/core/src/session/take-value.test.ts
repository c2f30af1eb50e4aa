import { describe, expect, test } from 'vitest';
import { rectRuns } from '../mask/index.js';
import * as edits from './edits.js';
import { handOut, takeBox, takeValue } from './take-value.js';
import {
  type AnnotatedObject,
  emptyPrompt,
  emptyValue,
  needsResult,
  type ObjectResult,
  type SessionValue,
} from './value.js';

const size = { width: 20, height: 10 };
const other = rectRuns({ width: 21, height: 10 }, { x: 0, y: 0, width: 2, height: 2 });
const runs = rectRuns(size, { x: 0, y: 0, width: 2, height: 2 });
const whole = edits.addObjectFromMask(runs, { id: 'a' })(emptyValue);
const changed = (change: object): SessionValue => ({
  ...whole,
  objects: [{ ...whole.objects[0], ...change } as AnnotatedObject],
});
const answered = (() => {
  const value = edits.addClick({ x: 3, y: 4, label: 'positive' }, { id: 'b' })({ ...whole, activeId: null });
  const result: ObjectResult = {
    prompt: value.objects[1].prompt,
    runs,
    score: 0.5,
    candidates: [{ index: 1, score: 0.5 }],
    candidate: 1,
    changedPixels: 4,
    timings: null,
    notes: ['a'],
  };
  return edits.putResult(result)(value);
})();

/** As Vue's `ref`, Svelte's `$state`, MobX and Solid hand things back: a proxy for everything in it. */
function deepProxy<T extends object>(target: T): T {
  return new Proxy(target, {
    get(held, key, receiver) {
      const value = Reflect.get(held, key, receiver) as unknown;
      const isPlain = Array.isArray(value) || Object.getPrototypeOf(value ?? 0) === Object.prototype;
      return isPlain ? deepProxy(value as object) : value;
    },
  });
}

/** As Immer gives things back: frozen. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

describe('what is known comes back as itself', () => {
  test.each<[string, (value: SessionValue) => SessionValue]>([
    ['as it is', (value: SessionValue) => value],
    ['copied', structuredClone],
    ['behind deep proxies', deepProxy],
    ['frozen', (value: SessionValue) => deepFreeze(structuredClone(value))],
    ['through JSON', (value: SessionValue) => JSON.parse(JSON.stringify(value)) as SessionValue],
    ['handed out', handOut],
  ])('%s', (_, through) => {
    const back = through(answered);
    expect(takeValue(back, size, [emptyValue, answered])).toBe(answered);
    const changed = { ...back, objects: [...back.objects].reverse(), activeId: 'a' };
    const taken = takeValue(changed, size, [answered]);
    expect(taken.objects).toEqual([...answered.objects].reverse());
    expect(taken.objects[0]).toBe(answered.objects[1]);
  });

  test('and what differs in a mask or a click alone is another', () => {
    const spans = runs.spans.slice();
    spans[1] = 3;
    const grown = { ...runs, spans };
    for (const change of [{ painted: runs }, { prompt: { ...emptyPrompt, start: grown } }, { classId: 'x' }]) {
      expect(takeValue(changed(change), size, [whole]).objects[0]).not.toBe(whole.objects[0]);
    }
  });
});

test('nothing of what was given is kept, and it can be sent to a worker', () => {
  const given = deepProxy(handOut(answered));
  const taken = takeValue(given, size);
  expect(taken).toEqual(answered);
  expect(taken.objects[0]).not.toBe(given.objects[0]);
  expect(taken.objects[0].prompt.start!.rows).not.toBe(runs.rows);
  expect(() => structuredClone(taken)).not.toThrow();
});

test('an answer still belongs to its prompt, and an older one does not', () => {
  const taken = takeValue(structuredClone(answered), size);
  expect(taken.objects.map(needsResult)).toEqual([false, false]);
  const newer = edits.addClick({ x: 5, y: 5, label: 'negative' })(answered);
  expect(takeValue(JSON.parse(JSON.stringify(newer)), size).objects.map(needsResult)).toEqual([false, true]);
});

test('what is handed out can be altered there without reaching the value', () => {
  const before = structuredClone(answered);
  const out = handOut(answered) as unknown as { objects: { id: string; prompt: { clicks: unknown[] } }[] };
  out.objects[1].prompt.clicks.push({ x: 1 });
  out.objects.length = 1;
  out.objects[0].id = 'z';
  expect(answered).toEqual(before);
});

test.each([
  ['result', { result: { prompt: emptyPrompt, runs: other } }],
  ['start', { prompt: { ...emptyPrompt, start: other } }],
  ['painted', { painted: other }],
  ['erased', { erased: other }],
])('masks of another image are refused: %s', (_, change) => {
  expect(() => takeValue(changed(change), size)).toThrow(/20 x 10 px for the masks of a but received "21 x 10"/);
  expect(() => takeValue(changed(change), null)).not.toThrow();
});

test.each([
  ['nothing', null, /value/],
  ['a text', 'value', /value/],
  ['no list', { objects: 3, activeId: null }, /value/],
  ['no active id', { objects: [] }, /value/],
  ['ids twice', { objects: [whole.objects[0], whole.objects[0]], activeId: null }, /ids of their own/],
  ['no id', changed({ id: '' }), /id/],
  ['no object', { objects: [null], activeId: null }, /id/],
  ['a class that is no text', changed({ classId: 3 }), /class of a/],
  ['no prompt', changed({ prompt: null }), /prompt/],
  ['clicks that are none', changed({ prompt: { ...emptyPrompt, clicks: 'all' } }), /clicks/],
  ['a click without a sign', changed({ prompt: { ...emptyPrompt, clicks: [{ x: 1, y: 1 }] } }), /label/],
  [
    'a click that is no number',
    changed({ prompt: { ...emptyPrompt, clicks: [{ x: NaN, y: 1, label: 'positive' }] } }),
    /clicks/,
  ],
  ['a box that is none', changed({ prompt: { ...emptyPrompt, box: { x1: 1, y1: 2, x2: 3 } } }), /box.y2/],
  ['a reading that is none', changed({ prompt: { ...emptyPrompt, candidate: -1 } }), /candidate/],
  ['runs without rows', changed({ painted: { ...size } }), /rows/],
  ['runs out of order', changed({ painted: { ...runs, spans: runs.spans.slice().reverse() } }), /columns/],
  ['a result without a mask', changed({ result: { prompt: emptyPrompt, runs: null } }), /mask/],
  ['a score that is none', changed({ result: { prompt: emptyPrompt, runs, score: 'high' } }), /score/],
  [
    'candidates that are no list',
    changed({ result: { prompt: emptyPrompt, runs, candidates: 5 } }),
    /candidates and notes/,
  ],
  ['candidates that are none', changed({ result: { prompt: emptyPrompt, runs, candidates: [null] } }), /candidates/],
  ['a candidate that is none', changed({ result: { prompt: emptyPrompt, runs, candidate: 'best' } }), /candidate/],
  ['notes that are no texts', changed({ result: { prompt: emptyPrompt, runs, notes: [Symbol('s')] } }), /notes/],
  ['runs of other things than numbers', changed({ painted: { ...runs, rows: [1n] } }), /numbers/],
])('what is not a value is refused: %s', (_, value, message) => {
  expect(() => takeValue(value, null)).toThrow(message);
  const code = expect.stringMatching(/^bad-(?:option|click|box|mask)$/);
  expect(() => takeValue(value, null)).toThrow(expect.objectContaining({ code }));
});

test('parts that are known stay themselves in an object that differs', () => {
  const older = edits.addClick({ x: 5, y: 5, label: 'negative' })(answered);
  const [, object] = older.objects;
  const back = structuredClone({ ...older, objects: [{ ...object, classId: 'cat' }] });
  const [taken] = takeValue(back, size, [answered, older]).objects;
  expect([taken.prompt === object.prompt, taken.result!.prompt === object.result!.prompt]).toEqual([true, true]);
  expect(takeValue(back, size, [older]).objects[0].result!.prompt).toBe(object.result!.prompt);
});

test('what is true or false has to be so, and what is left out of an answer is nothing', () => {
  const loose = changed({ accepted: 'yes', strokesPending: 1, result: { prompt: emptyPrompt, runs } });
  expect(takeValue(loose, size).objects[0]).toMatchObject({
    accepted: false,
    strokesPending: false,
    result: { prompt: emptyPrompt, score: 0, candidates: [], candidate: 0, changedPixels: 0, timings: null, notes: [] },
  });
  const firm = changed({ accepted: true, strokesPending: true, classId: 'cat', erased: runs });
  expect(takeValue(firm, size).objects[0]).toEqual(firm.objects[0]);
});

test('an answer is copied whole', () => {
  const timings = { decode: 1, encode: 2, predict: 3, postprocess: 4, network: 5, total: 6 };
  const candidates = [{ index: 2, score: 0.25 }];
  const result = {
    prompt: emptyPrompt,
    runs,
    score: 0.5,
    candidates,
    candidate: 1000,
    changedPixels: 7,
    timings,
    notes: ['n'],
  };
  const given = changed({ result, prompt: { ...emptyPrompt, box: { x1: -5, y1: 9, x2: 3, y2: 99 }, candidate: 1000 } });
  const taken = takeValue(given, size).objects[0];
  expect(taken).toEqual(given.objects[0]);
  expect([taken.result!.timings === timings, taken.result!.candidates[0] === candidates[0]]).toEqual([false, false]);
});

test.each(['x1', 'y1', 'x2', 'y2'])('a box without %s is refused', (name) => {
  const box = { x1: 1, y1: 2, x2: 3, y2: 4, [name]: undefined };
  expect(() => takeBox(box as never)).toThrow(`box.${name}`);
  expect(() => takeBox(undefined as never)).toThrow('box.x1');
});

test.each([
  ['another activeId', { ...answered, activeId: 'a' }],
  ['fewer objects', { ...answered, objects: answered.objects.slice(1) }],
])('a value with %s is another', (_, value) => {
  const taken = takeValue(structuredClone(value), size, [answered]);
  expect(taken).not.toBe(answered);
  expect(taken).toEqual(value);
});

const gaps: readonly never[] = new Array<never>(1);
test.each([
  ['objects', { objects: gaps, activeId: null }],
  ['clicks', changed({ prompt: { ...emptyPrompt, clicks: gaps } })],
  ['candidates', changed({ result: { prompt: emptyPrompt, runs, candidates: gaps } })],
  ['notes', changed({ result: { prompt: emptyPrompt, runs, notes: gaps } })],
])('a gap in a list is refused: %s', (_, value) => {
  expect(() => takeValue(value, size)).toThrow(expect.objectContaining({ name: 'ClickmaskError' }));
});

test('counts have limits', () => {
  const many = {
    objects: Array.from({ length: 10_001 }, (_, i) => ({ ...whole.objects[0], id: String(i) })),
    activeId: null,
  };
  expect(() => takeValue(many, size)).toThrow(/10000 objects/);
  expect(takeValue({ ...many, objects: many.objects.slice(1) }, size).objects).toHaveLength(10_000);
  const clicks = Array.from({ length: 1001 }, () => ({ x: 1, y: 1, label: 'positive' }));
  const clicked = (count: number) => changed({ prompt: { ...emptyPrompt, clicks: clicks.slice(0, count) } });
  expect(() => takeValue(clicked(1001), size)).toThrow(expect.objectContaining({ code: 'too-many-clicks' }));
  expect(takeValue(clicked(1000), size).objects[0].prompt.clicks).toHaveLength(1000);
  const read = (candidate: number) => changed({ prompt: { ...emptyPrompt, candidate } });
  expect(() => takeValue(read(1001), size)).toThrow(/candidate/);
});

test('clicks have to lie in the image, once there is one', () => {
  const beside = changed({ prompt: { ...emptyPrompt, clicks: [{ x: 900, y: 1, label: 'positive' }] } });
  expect(() => takeValue(beside, null)).not.toThrow();
  expect(() => takeValue(beside, size)).toThrow(/inside the image/);
});

test('an active object that is not there is none, and what is left out is what it is at first', () => {
  const taken = takeValue({ objects: [{ id: 'a', prompt: {} }], activeId: 'gone' }, size);
  expect(taken).toEqual({
    activeId: null,
    objects: [
      {
        id: 'a',
        classId: null,
        accepted: false,
        prompt: { clicks: [], box: null, start: null, candidate: null },
        result: null,
        painted: null,
        erased: null,
        strokesPending: false,
      },
    ],
  });
});
