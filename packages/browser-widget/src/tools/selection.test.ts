import type { MaskRuns } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import { addClick, addObjectFromMask, type ObjectResult, select } from '@clickmask/core/session';
import { describe, expect, test } from 'vitest';
import { setUpAnnotation } from '../../test/fake-store.js';
import type { AnnotatorEvents } from '../annotator/api.js';
import { type AnnotatorState, activeOf } from '../state/state.js';
import { acceptable, createSelection } from './selection.js';

const size = { width: 100, height: 50 };
const mask = rectRuns(size, { x: 10, y: 5, width: 20, height: 10 });
const nothing: MaskRuns = { ...size, rows: new Uint32Array(size.height + 1), spans: new Uint32Array(0) };
const positive = (x: number, y = 5) => ({ x, y, label: 'positive' as const });

function setUp(change: Partial<AnnotatorState> = {}, runs: MaskRuns | null = mask) {
  const fake = setUpAnnotation(change);
  const { store, annotation, events } = fake;
  const accepted: AnnotatorEvents['accept'][] = [];
  events.on('accept', (event) => accepted.push(event));
  const maskOf = () => runs;
  const selection = createSelection({ store, make: annotation.make, maskOf, events });
  const active = () => activeOf(store.now);
  const add = (x: number, id = 'one', classId: string | null = null) =>
    annotation.make((value) => addClick(positive(x), { id, classId })({ ...value, activeId: id }));
  /** The active object's prompt is answered, with so many readings. */
  const answer = (readings = 3, candidate = 0) =>
    annotation.amend((value) => ({
      ...value,
      objects: value.objects.map((object) => {
        if (object.id !== value.activeId) return object;
        const candidates = Array.from({ length: readings }, (_, index) => ({ index, score: 1 - index / 10 }));
        const result: ObjectResult = {
          prompt: object.prompt,
          runs: mask,
          score: 0.75,
          candidates,
          candidate,
          changedPixels: 1,
          timings: null,
          notes: [],
        };
        return { ...object, result };
      }),
    }));
  return { ...fake, selection, accepted, active, add, answer, maskOf };
}

describe('objects', () => {
  test('are chosen by id, and what is chosen is said, again too', () => {
    const { selection, add, store, said } = setUp({ classes: [{ id: 'cat', name: 'Cat' }] });
    add(10, 'one', 'cat');
    add(20, 'two');
    store.set({ selectedClick: 0 });
    said();
    selection.choose('one');
    expect([store.now.value.activeId, store.now.selectedClick, said()]).toEqual(['one', null, ['Cat (1)']]);
    selection.choose('one');
    expect(said()).toEqual(['Cat (1)']);
    selection.choose(null);
    expect([store.now.value.activeId, said()]).toEqual([null, []]);
  });

  test('are gone through in both directions, round the ends, from none on', () => {
    const { selection, add, store, annotation } = setUp();
    selection.stepObject(1);
    expect(store.now.value.activeId).toBeNull();
    for (const id of ['one', 'two', 'three']) add(10, id);
    const stepped = (by: number) => {
      selection.stepObject(by);
      return store.now.value.activeId;
    };
    expect([stepped(1), stepped(1), stepped(-1), stepped(-1)]).toEqual(['one', 'two', 'one', 'three']);
    annotation.make(select(null));
    expect(stepped(1)).toBe('one');
    annotation.make(select(null));
    expect(stepped(-1)).toBe('three');
  });

  test('are deleted by id, or the active one where no click is selected', () => {
    const { selection, add, store, said } = setUp();
    selection.remove();
    expect(said()).toEqual([]);
    add(10, 'one');
    add(20, 'two');
    selection.removeObject('one');
    expect([store.now.value.objects.map(({ id }) => id), said()]).toEqual([['two'], ['Object deleted.']]);
    selection.remove();
    expect([store.now.value.objects, said()]).toEqual([[], ['Object deleted.']]);
  });

  test('take the class that is chosen, and new ones have it', () => {
    const { selection, add, active, store } = setUp();
    selection.chooseClass('dog');
    expect([store.now.classId, store.now.value.objects]).toEqual(['dog', []]);
    add(10);
    expect(active()?.classId).toBeNull();
    selection.chooseClass('cat');
    expect([store.now.classId, active()?.classId]).toEqual(['cat', 'cat']);
    selection.chooseClass(null);
    expect([store.now.classId, active()?.classId]).toEqual([null, null]);
  });
});

describe('clicks', () => {
  test('are gone through, said with their place and sign, and deleted', () => {
    const { selection, add, annotation, store, active, said } = setUp();
    selection.stepClick(1);
    selection.announceClick();
    expect([store.now.selectedClick, said()]).toEqual([null, []]);
    add(10);
    annotation.make(addClick({ x: 20, y: 5, label: 'negative' }, { id: 'one' }));
    selection.stepClick(-1);
    expect([store.now.selectedClick, said()]).toEqual([1, ['Click 2 of 2: Take away from the object.']]);
    selection.stepClick(1);
    expect([store.now.selectedClick, said()]).toEqual([0, ['Click 1 of 2: Add to the object.']]);
    selection.remove();
    expect([active()?.prompt.clicks.map(({ x }) => x), store.now.selectedClick, said()]).toEqual([
      [20],
      null,
      ['Click deleted.'],
    ]);
  });
});

describe('readings', () => {
  test('are gone through round their end, and said', () => {
    const { selection, add, answer, active, said } = setUp();
    selection.nextReading();
    add(10);
    selection.nextReading();
    selection.chooseReading(0);
    answer();
    said();
    selection.nextReading();
    expect([active()?.prompt.candidate, said()]).toEqual([1, ['Candidate 2 of 3.']]);
    answer(3, 2);
    selection.nextReading();
    expect([active()?.prompt.candidate, said()]).toEqual([0, ['Candidate 1 of 3.']]);
  });

  test('are none where there is one, where it is shown already, and past the last', () => {
    const { selection, add, answer, active, said } = setUp();
    selection.chooseReading(0);
    add(10);
    selection.chooseReading(1);
    answer(1);
    selection.nextReading();
    selection.chooseReading(0);
    answer(2);
    selection.chooseReading(0);
    selection.chooseReading(2);
    expect([active()?.prompt.candidate, said()]).toEqual([null, []]);
    selection.chooseReading(1);
    expect(active()?.prompt.candidate).toBe(1);
  });

  test('go by those that are shown, where small images of them are', () => {
    const { selection, add, answer, active, store, said } = setUp();
    add(10);
    answer(3);
    const shown = [0, 2].map((index) => ({ index, runs: mask }));
    store.set({ readings: { clicks: active()!.prompt.clicks, masks: shown } });
    selection.nextReading();
    expect([active()?.prompt.candidate, said()]).toEqual([2, ['Candidate 2 of 2.']]);
  });
});

describe('accepting', () => {
  test('hands the object over with its mask, and says so', () => {
    const { selection, add, answer, accepted, store, said } = setUp();
    add(10, 'one', 'cat');
    answer();
    said();
    selection.accept();
    expect(accepted).toEqual([
      {
        id: 'one',
        classId: 'cat',
        runs: mask,
        bbox: { x: 10, y: 5, width: 20, height: 10 },
        clicks: [positive(10)],
        score: 0.75,
      },
    ]);
    expect([store.now.value.objects[0].accepted, store.now.value.activeId, said()]).toEqual([
      true,
      null,
      ['Object accepted.'],
    ]);
    expect(accepted[0].clicks[0]).not.toBe(store.now.value.objects[0].prompt.clicks[0]);
  });

  test('takes what was made without the network, which has no score', () => {
    const { selection, annotation, accepted } = setUp();
    annotation.make(addObjectFromMask(mask, { id: 'one' }));
    selection.accept();
    expect(accepted).toMatchObject([{ id: 'one', score: null, clicks: [] }]);
  });

  test('is not possible without an object, an answer, a mask or a right to', () => {
    const { selection, add, answer, accepted, store, maskOf } = setUp();
    selection.accept();
    expect(acceptable(store.now, maskOf)).toBeNull();
    add(10);
    selection.accept();
    expect(acceptable(store.now, maskOf)).toBeNull();
    answer();
    expect(acceptable(store.now, maskOf)?.runs).toBe(mask);
    expect(acceptable(store.now, () => null)).toBeNull();
    expect(acceptable(store.now, () => nothing)).toBeNull();
    store.set({ readOnly: true });
    expect(acceptable(store.now, maskOf)).toBeNull();
    selection.accept();
    expect(accepted).toEqual([]);
  });
});
