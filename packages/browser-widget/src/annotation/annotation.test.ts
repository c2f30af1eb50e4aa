import { ClickmaskError } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import {
  addClick,
  addObjectFromMask,
  emptyValue,
  putResult,
  removeObject,
  type SessionValue,
  select,
} from '@clickmask/core/session';
import { describe, expect, test } from 'vitest';
import { pictureOf, setUpAnnotation } from '../../test/fake-store.js';

const click = (x: number) => ({ x, y: 5, label: 'positive' as const });
const oneClick = (id: string, x: number): SessionValue => addClick(click(x), { id })(emptyValue);
const runs = rectRuns({ width: 100, height: 50 }, { x: 0, y: 0, width: 3, height: 3 });
const answerTo = (value: SessionValue, index = 0) => ({
  prompt: value.objects[index].prompt,
  runs,
  score: 1,
  candidates: [],
  candidate: 0,
  changedPixels: 1,
  timings: null,
  notes: [],
});

describe('a value that is set before its image is there', () => {
  test('waits for the image, and is read back meanwhile', () => {
    const { store, annotation } = setUpAnnotation({ picture: null });
    annotation.set(oneClick('early', 3));
    const latest = oneClick('latest', 4);
    annotation.set(latest);
    expect([store.now.value, annotation.value]).toEqual([emptyValue, latest]);
    store.set({ picture: pictureOf(100, 50) });
    annotation.begin('a');
    expect(store.now.value).toEqual(latest);
    annotation.begin('b');
    expect(store.now.value).toBe(emptyValue);
  });

  test('while another image is shown, leaves that one its value, which it need not fit', () => {
    const { store, annotation } = setUpAnnotation();
    const present = oneClick('present', 3);
    annotation.set(present);
    store.set({ loading: true });
    const next = oneClick('next', 900);
    annotation.set(next);
    expect(store.now.value).toEqual(present);
    store.set({ picture: pictureOf(1000, 50), loading: false });
    annotation.begin('next');
    expect(store.now.value).toEqual(next);
  });

  test('is dropped with the image it was for', () => {
    const { store, annotation } = setUpAnnotation({ loading: true });
    annotation.set(oneClick('dropped', 3));
    annotation.forgetComing();
    store.set({ loading: false });
    annotation.begin('a');
    expect(store.now.value).toBe(emptyValue);
  });

  test('that does not fit is refused when the image comes, which then has none, whatever it had before', () => {
    const { store, annotation } = setUpAnnotation();
    annotation.begin('a');
    annotation.make(addClick(click(3)));
    store.set({ picture: null });
    annotation.set(oneClick('beside', 900));
    store.set({ picture: pictureOf(100, 50) });
    expect(() => annotation.begin('a')).toThrow(/click/);
    expect([store.now.value, store.now.canUndo]).toEqual([emptyValue, false]);
  });

  test('is set before what an earlier visit left, which is for an image without steps alone', () => {
    const { store, annotation } = setUpAnnotation({ picture: null });
    const [waiting, kept] = [oneClick('waiting', 3), oneClick('kept', 4)];
    annotation.set(waiting);
    store.set({ picture: pictureOf(100, 50) });
    annotation.begin('a', kept);
    expect(store.now.value).toEqual(waiting);
    annotation.begin('b', kept);
    expect(store.now.value).toEqual(kept);
    annotation.make(addClick(click(5)));
    annotation.step('undo');
    annotation.make(removeObject('kept'));
    annotation.begin('c', null);
    expect(store.now.value).toBe(emptyValue);
    annotation.make(addClick(click(5)));
    annotation.step('undo');
    annotation.begin('b', kept);
    annotation.begin('c', kept);
    expect([store.now.value, store.now.canRedo]).toEqual([emptyValue, true]);
    annotation.begin('b', kept);
    expect(store.now.value.objects).toEqual([]);
    annotation.begin('d');
    annotation.set(waiting);
    annotation.begin('b');
    annotation.begin('d', kept);
    expect(store.now.value).toEqual(waiting);
  });
});

test('an image that comes back has its objects, with undo and redo', () => {
  const { store, annotation } = setUpAnnotation();
  annotation.begin('a');
  annotation.make(addClick(click(3)));
  annotation.make(addClick(click(4)));
  annotation.step('undo');
  const file = {};
  annotation.begin(file);
  expect([store.now.value, store.now.canUndo]).toEqual([emptyValue, false]);
  annotation.make(addClick(click(9)));
  annotation.begin('a');
  expect(store.now.value.objects[0].prompt.clicks).toEqual([click(3)]);
  expect([store.now.canUndo, store.now.canRedo]).toEqual([true, true]);
  annotation.begin(file);
  expect(store.now.value.objects[0].prompt.clicks).toEqual([click(9)]);
});

test('what was proposed for one image is not taken over for the next', () => {
  const { store, annotation, changes } = setUpAnnotation({ controlled: true });
  annotation.make(addObjectFromMask(runs, { id: 'of-the-first' }));
  const [{ value: proposed }] = changes;
  store.set({ picture: pictureOf(30, 20) });
  annotation.begin('second');
  expect(() => annotation.set(proposed)).toThrow(/30 x 20/);
  expect(store.now.value).toBe(emptyValue);
});

test.each([
  ['of the latest sixteen is a step', 1, true],
  ['before them is a beginning', 0, false],
])('in controlled mode, taking over a proposal %s', (_, place, isStep) => {
  const { store, annotation, changes } = setUpAnnotation({ controlled: true });
  for (let x = 1; x <= 17; x++) annotation.make(addClick(click(x), { id: `of ${x}` }));
  annotation.set(changes[place].value);
  expect([store.now.value, store.now.canUndo]).toEqual([changes[place].value, isStep]);
});

/** How frameworks hand back what they were given: never the thing itself. */
const stores: readonly [string, (value: SessionValue) => SessionValue][] = [
  ['as it is', (value) => value],
  ['copied', (value) => structuredClone(value)],
  ['through JSON', (value) => JSON.parse(JSON.stringify(value)) as SessionValue],
];

describe.each(stores)('a page whose store hands values back %s', (_, through) => {
  test.each([true, false])('clicks, undoes and redoes ten steps (controlled: %s)', (controlled) => {
    const { store, annotation, events } = setUpAnnotation({ controlled });
    let held: SessionValue = emptyValue;
    events.on('change', ({ value }) => {
      held = through(value);
      annotation.set(held);
    });
    const places = () => store.now.value.objects[0]?.prompt.clicks.map(({ x }) => x) ?? [];
    for (let x = 1; x <= 10; x++) {
      annotation.make(addClick(click(x)));
      annotation.amend(putResult(answerTo(store.now.value)));
      expect(store.now.value.objects[0].result?.prompt).toBe(store.now.value.objects[0].prompt);
    }
    for (let left = 9; left >= 0; left--) {
      annotation.step('undo');
      expect(places()).toHaveLength(left);
      expect(held.objects).toHaveLength(store.now.value.objects.length);
    }
    expect([store.now.canUndo, store.now.canRedo]).toEqual([false, true]);
    for (let x = 1; x <= 10; x++) annotation.step('redo');
    expect(places()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(store.now.value.objects[0].result).not.toBeNull();
  });
});

test('a value that comes back late, before its answer, takes nothing away', () => {
  const { store, annotation, changes } = setUpAnnotation();
  annotation.make(addClick(click(3)));
  annotation.amend(putResult(answerTo(store.now.value)));
  const [first] = changes;
  annotation.set(first.value);
  expect(store.now.value.objects[0].result).not.toBeNull();
  expect(store.now.canUndo).toBe(true);
  // Another value is another beginning.
  annotation.set(oneClick('other', 7));
  expect([store.now.value.objects[0].id, store.now.canUndo]).toEqual(['other', false]);
});

test('a value that comes back late keeps each answer that came meanwhile, also one after an older answer', () => {
  const { store, annotation, changes } = setUpAnnotation();
  annotation.make(addObjectFromMask(runs, { id: 'other' }));
  annotation.make(select(null));
  annotation.make(addClick(click(3), { id: 'one' }));
  annotation.amend(putResult(answerTo(store.now.value, 1)));
  annotation.make(addClick(click(4)));
  const { value: told } = changes.at(-1)!;
  annotation.amend(putResult(answerTo(store.now.value, 1)));
  const present = store.now.value;
  expect(told.objects[1].result!.prompt).not.toEqual(told.objects[1].prompt);
  annotation.set(told);
  expect([store.now.value, store.now.canUndo]).toEqual([present, true]);
});

test.each<[string, (value: SessionValue) => SessionValue]>([
  ['another active object', (value) => ({ ...value, activeId: null })],
  ['another class', (value) => ({ ...value, objects: [{ ...value.objects[0], classId: 'cat', result: null }] })],
  ['other clicks', (value) => ({ ...value, objects: oneClick('one', 7).objects })],
  [
    'another answer to the same clicks',
    ({ objects: [{ result, ...object }], activeId }) => ({
      objects: [{ ...object, result: { ...result!, score: 0.5 } }],
      activeId,
    }),
  ],
])('a value with %s is another beginning', (_, change) => {
  const { store, annotation } = setUpAnnotation();
  annotation.make(addClick(click(3), { id: 'one' }));
  annotation.amend(putResult(answerTo(store.now.value)));
  const other = change(annotation.value);
  annotation.set(other);
  expect([store.now.value, store.now.canUndo]).toEqual([other, false]);
});

test('a value in which one object of several differs is another beginning', () => {
  const { store, annotation } = setUpAnnotation();
  for (const id of ['one', 'two']) annotation.make(addObjectFromMask(runs, { id }));
  const { objects, activeId } = annotation.value;
  const other = { activeId, objects: [objects[0], { ...objects[1], classId: 'cat' }] };
  annotation.set(other);
  expect([store.now.value, store.now.canUndo]).toEqual([other, false]);
});

test('a value of an earlier step, with fewer objects, is another beginning', () => {
  const { store, annotation } = setUpAnnotation();
  annotation.make(addClick(click(3), { id: 'one' }));
  const early = annotation.value;
  annotation.make(addObjectFromMask(runs, { id: 'two' }, true));
  annotation.make(select('one'));
  annotation.set(early);
  expect([store.now.value, store.now.canUndo]).toEqual([early, false]);
});

test('an answer that the page brings for what is not answered yet is taken', () => {
  const { store, annotation } = setUpAnnotation();
  annotation.make(addClick(click(3), { id: 'one' }));
  const [object] = annotation.value.objects;
  const older = { ...object, result: { ...answerTo(store.now.value), prompt: { ...object.prompt, clicks: [] } } };
  annotation.set({ objects: [older], activeId: 'one' });
  expect(store.now.value.objects[0].result?.score).toBe(1);
});

test('what the page does to a value it was told of does not reach the annotator', () => {
  const { store, annotation, changes } = setUpAnnotation();
  annotation.make(addClick(click(3)));
  (changes[0].value.objects as unknown[]).length = 0;
  expect(store.now.value.objects).toHaveLength(1);
  (annotation.value.objects[0].prompt.clicks as unknown[]).push(click(1));
  expect(store.now.value.objects[0].prompt.clicks).toHaveLength(1);
});

test.each([
  ['leaves the later ones open', 2, ['of 3', 2]],
  ['closes the earlier ones', 0, ['of 1', 1]],
])('in controlled mode, taking over a proposal %s', (_, next, expected) => {
  const { store, annotation, changes } = setUpAnnotation({ controlled: true });
  for (const x of [1, 2, 3]) annotation.make(addClick(click(x), { id: `of ${x}` }));
  annotation.set(changes[1].value);
  expect([store.now.value.objects[0].id, store.now.canUndo]).toEqual(['of 2', true]);
  annotation.set(changes[next].value);
  const { id } = store.now.value.objects[0];
  let steps = 0;
  for (; store.now.canUndo && steps < 9; steps++) {
    annotation.step('undo');
    annotation.set(changes.at(-1)!.value);
  }
  expect([id, steps]).toEqual(expected);
});

test('a value that the page sets keeps the history in controlled mode, and begins another one else', () => {
  for (const controlled of [true, false]) {
    const { store, annotation } = setUpAnnotation();
    annotation.make(addClick(click(3)));
    store.set({ controlled });
    annotation.set(oneClick('other', 7));
    expect([store.now.value.objects[0].id, store.now.canUndo]).toEqual(['other', controlled]);
  }
});

test('a change and an undo put away what failed before', () => {
  const { store, annotation } = setUpAnnotation();
  const failure = new ClickmaskError('aborted', 'no answer');
  for (const act of [() => annotation.make(addClick(click(3))), () => annotation.step('undo')]) {
    store.set({ failure });
    act();
    expect(store.now.failure).toBeNull();
  }
  store.set({ failure });
  annotation.step('undo');
  expect(store.now.failure).toBe(failure);
});

test('a new object has the class that is chosen', () => {
  const { annotation } = setUpAnnotation({ classId: 'cat' });
  expect(annotation.fresh()).toEqual({ classId: 'cat' });
});

test('nothing is changed while there is no image, or nothing may be', () => {
  const { store, annotation, changes } = setUpAnnotation({ picture: null });
  annotation.make(addClick(click(3)));
  store.set({ picture: pictureOf(100, 50), readOnly: true });
  annotation.make(addClick(click(3)));
  annotation.step('undo');
  expect([changes, store.now.value]).toEqual([[], emptyValue]);
});

test('listeners are told of a change with its origin, and a click that is gone is not selected', () => {
  const { store, annotation, changes } = setUpAnnotation();
  annotation.make(addClick(click(3)));
  store.set({ selectedClick: 0 });
  annotation.amend(putResult(answerTo(store.now.value)));
  expect(store.now.selectedClick).toBe(0);
  annotation.step('undo');
  expect(changes.map(({ origin }) => origin)).toEqual(['user', 'model', 'history']);
  expect(store.now.selectedClick).toBeNull();
});
