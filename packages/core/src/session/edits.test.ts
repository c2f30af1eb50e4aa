import { describe, expect, test } from 'vitest';
import { area, emptyRuns, rectRuns } from '../mask/index.js';
import * as edits from './edits.js';
import { maskOfObject } from './mask-of-object.js';
import { activeObject, emptyValue, needsResult, type ObjectResult, type SessionValue } from './value.js';

const size = { width: 20, height: 10 };
const fresh = { id: 'a', classId: null };
const click = (x: number) => ({ x, y: 5, label: 'positive' as const });
const answer = (value: SessionValue, width: number): ObjectResult => ({
  prompt: activeObject(value)!.prompt,
  runs: rectRuns(size, { x: 0, y: 0, width, height: 2 }),
  score: 1,
  candidates: [{ index: 0, score: 1 }],
  candidate: 0,
  changedPixels: 1,
  timings: null,
  notes: [],
});

describe('edits', () => {
  test('a click starts an object and asks for an answer, which belongs to that prompt alone', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    expect(needsResult(one.objects[0])).toBe(true);
    const answered = edits.putResult(answer(one, 4))(one);
    expect(needsResult(answered.objects[0])).toBe(false);
    const two = edits.addClick(click(5), fresh)(answered);
    expect(needsResult(two.objects[0])).toBe(true);
    expect(edits.putResult(answer(one, 9))(two)).toBe(two);
  });

  test('what changes nothing gives the same value', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    for (const edit of [
      edits.moveClick(7, { x: 1, y: 1 }),
      edits.removeClick(4),
      edits.select('a'),
      edits.select('b'),
      edits.removeObject('b'),
      edits.setClass('a', null),
      edits.moveClick(0, click(3)),
    ]) {
      expect(edit(one)).toBe(one);
    }
  });

  test('without clicks there is no answer', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    const none = edits.removeClick(0)(edits.putResult(answer(one, 4))(one));
    expect(maskOfObject(none.objects[0])).toBeNull();
    expect(needsResult(none.objects[0])).toBe(false);
  });

  test('a box frames the active object, or begins another where it leaves a click out', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    const around = edits.drawBox({ x1: 8, y1: 9, x2: 1, y2: 1 }, { id: 'b', classId: null })(one);
    expect(around.objects).toHaveLength(1);
    expect(around.objects[0].prompt).toMatchObject({ clicks: [click(3)], box: { x1: 8 } });
    const beside = edits.drawBox({ x1: 5, y1: 1, x2: 9, y2: 9 }, { id: 'b', classId: null })(one);
    expect(beside).toMatchObject({ activeId: 'b', objects: [one.objects[0], { prompt: { clicks: [] } }] });
    const negative = edits.addClick({ ...click(15), label: 'negative' }, fresh)(one);
    expect(edits.drawBox({ x1: 1, y1: 1, x2: 8, y2: 9 }, fresh)(negative).objects).toHaveLength(1);
  });

  test('strokes add and take, hold against answers, and the next click starts from them', () => {
    let value = edits.addClick(click(3), fresh)(emptyValue);
    value = edits.putResult(answer(value, 4))(value);
    const painted = rectRuns(size, { x: 10, y: 0, width: 5, height: 2 });
    value = edits.addStroke(painted, 'paint', fresh)(value);
    value = edits.addStroke(rectRuns(size, { x: 0, y: 0, width: 1, height: 2 }), 'erase', fresh)(value);
    expect(area(maskOfObject(value.objects[0])!)).toBe(8 - 2 + 10);
    value = edits.addClick(click(5), fresh)(value);
    expect(area(value.objects[0].prompt.start!)).toBe(16);
    value = edits.putResult(answer(value, 20))(value);
    expect(area(maskOfObject(value.objects[0])!)).toBe(38);
    // Erasing what was painted leaves it erased, not painted.
    value = edits.addStroke(painted, 'erase', fresh)(value);
    expect(area(maskOfObject(value.objects[0])!)).toBe(28);
  });

  test('the next click starts from the reading that was chosen, once it is there', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    const plain = edits.putResult(answer(one, 4))(one);
    expect(edits.promptBase(plain.objects[0])).toBe(plain.objects[0].prompt);
    const chosen = edits.chooseCandidate(2)(plain);
    expect(edits.addClick(click(5), fresh)(chosen).objects[0].prompt.start).toBeNull();
    const answered = edits.putResult(answer(chosen, 9))(chosen);
    const base = edits.promptBase(answered.objects[0]);
    const next = edits.addClick(click(5), fresh)(answered).objects[0].prompt;
    expect(area(next.start!)).toBe(18);
    expect(next.start).toBe(base.start);
    expect(next.candidate).toBeNull();
  });

  test('accepting ends an object, and choosing it goes on with it', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    const done = edits.acceptActive()(one);
    expect(done).toMatchObject({ activeId: null, objects: [{ accepted: true }] });
    const again = edits.addClick(click(4), fresh)(edits.select('a')(done));
    expect(again.objects).toHaveLength(1);
    expect(again.objects[0].accepted).toBe(false);
  });

  test('an eraser that would leave nothing of an object does nothing', () => {
    const one = edits.addClick(click(3), fresh)(emptyValue);
    const answered = edits.putResult(answer(one, 4))(one);
    const all = rectRuns(size, { x: 0, y: 0, ...size });
    expect(edits.addStroke(all, 'erase')(answered)).toBe(answered);
    const most = rectRuns(size, { x: 1, y: 0, width: size.width - 1, height: size.height });
    const left = edits.addStroke(most, 'erase')(answered);
    expect(area(maskOfObject(left.objects[0])!)).toBe(2);
    expect(edits.addStroke(all, 'erase')(left)).toBe(left);
  });

  test('an eraser makes nothing of nothing', () => {
    const stroke = rectRuns(size, { x: 0, y: 0, width: 3, height: 2 });
    expect(edits.addStroke(stroke, 'erase')(emptyValue)).toBe(emptyValue);
    const unanswered = edits.addClick(click(3))(emptyValue);
    expect(edits.addStroke(stroke, 'erase')(unanswered)).toBe(unanswered);
    expect(edits.addStroke(stroke, 'paint')(emptyValue).objects[0].painted).toBe(stroke);
  });

  test('taking a box away that is not there changes nothing', () => {
    expect(edits.setBox(null)(emptyValue)).toBe(emptyValue);
    const one = edits.addClick(click(3))(emptyValue);
    expect(edits.setBox(null)(one)).toBe(one);
    const boxed = edits.setBox({ x1: 1, y1: 1, x2: 5, y2: 5 })(emptyValue);
    expect(edits.setBox(null)(boxed).objects[0]).toMatchObject({ prompt: { box: null }, result: null });
  });

  test('a new object has an id that no other has, and its class', () => {
    let value = edits.addClick(click(3), { classId: 'cat' })(emptyValue);
    value = edits.addClick(click(4))({ ...value, activeId: null });
    value = edits.removeObject('object-1')(value);
    value = edits.addClick(click(5))({ ...value, activeId: null });
    expect(value.objects.map(({ id, classId }) => [id, classId])).toEqual([
      ['object-2', null],
      ['object-3', null],
    ]);
  });

  test.each([
    ['on the left edge', 4, 5, 1],
    ['on the right edge', 8, 5, 1],
    ['on the top edge', 6, 2, 1],
    ['on the bottom edge', 6, 7, 1],
    ['left of it', 3.9, 5, 2],
    ['right of it', 8.1, 5, 2],
    ['above it', 6, 1.9, 2],
    ['below it', 6, 7.1, 2],
  ])('a click %s of a box', (_, x, y, objects) => {
    const one = edits.addClick({ x, y, label: 'positive' }, fresh)(emptyValue);
    for (const box of [
      { x1: 4, y1: 2, x2: 8, y2: 7 },
      { x1: 8, y1: 7, x2: 4, y2: 2 },
    ]) {
      expect(edits.drawBox(box, { id: 'b' })(one).objects).toHaveLength(objects);
    }
  });

  test('a click is moved or removed by its place, and keeps its sign', () => {
    const places = [1, 2, 3];
    const three = places.reduce((value, x) => edits.addClick({ x, y: 5, label: 'negative' }, fresh)(value), emptyValue);
    const clicks = (edit: edits.Edit) =>
      edit(three).objects[0].prompt.clicks.map(({ x, y, label }) => `${x},${y} ${label}`);
    expect(clicks(edits.moveClick(1, { x: 2, y: 7 }))).toEqual(['1,5 negative', '2,7 negative', '3,5 negative']);
    expect(clicks(edits.moveClick(1, { x: 9, y: 5 }))).toEqual(['1,5 negative', '9,5 negative', '3,5 negative']);
    expect(clicks(edits.removeClick(1))).toEqual(['1,5 negative', '3,5 negative']);
  });

  test('an answer stays while there is a click or a box', () => {
    const box = { x1: 1, y1: 1, x2: 9, y2: 9 };
    const both = edits.setBox(box)(edits.addClick(click(3), fresh)(emptyValue));
    const answered = edits.putResult(answer(both, 4))(both);
    const { result } = answered.objects[0];
    expect(edits.removeClick(0)(answered).objects[0].result).toBe(result);
    expect(edits.setBox(null)(answered).objects[0].result).toBe(result);
    expect(edits.removeClick(0)(edits.setBox(null)(answered)).objects[0].result).toBeNull();
    expect(edits.setBox(null)(edits.removeClick(0)(answered)).objects[0].result).toBeNull();
    const two = edits.addClick(click(4), fresh)(edits.setBox(null)(answered));
    expect(edits.removeClick(0)(two).objects[0].result).toBe(result);
  });

  test('a change of the prompt is one of an object that is not accepted, and goes with the best reading', () => {
    const done = { ...edits.chooseCandidate(1)(edits.addClick(click(3), fresh)(emptyValue)), activeId: 'a' };
    const accepted = { ...done, objects: [{ ...done.objects[0], accepted: true, strokesPending: true }] };
    for (const edit of [
      edits.addClick(click(4)),
      edits.moveClick(0, { x: 4, y: 4 }),
      edits.setBox({ x1: 1, y1: 1, x2: 5, y2: 5 }),
    ]) {
      expect(edit(accepted).objects[0]).toMatchObject({
        accepted: false,
        strokesPending: false,
        prompt: { candidate: null },
      });
    }
    const stroke = rectRuns(size, { x: 0, y: 0, width: 3, height: 2 });
    expect(edits.addStroke(stroke, 'paint')(accepted).objects[0].accepted).toBe(false);
  });

  test('edits of other objects leave this one as it is', () => {
    const both = edits.addClick(click(4), { id: 'b' })({
      ...edits.addClick(click(3), fresh)(emptyValue),
      activeId: null,
    });
    const [first] = both.objects;
    for (const edit of [
      edits.addClick(click(5)),
      edits.setClass('b', 'cat'),
      edits.acceptActive(),
      edits.chooseCandidate(1),
    ]) {
      expect([edit(both).objects[0] === first, edit(both).objects[1] === both.objects[1]]).toEqual([true, false]);
    }
    expect(
      edits
        .putResult(answer(both, 4))(both)
        .objects.map(({ result }) => result === null),
    ).toEqual([true, false]);
    expect(edits.removeObject('a')(both)).toEqual({ objects: [both.objects[1]], activeId: 'b' });
    expect(edits.removeObject('b')(both)).toEqual({ objects: [first], activeId: null });
    expect(edits.select('a')(both)).toEqual({ ...both, activeId: 'a' });
    expect(
      edits
        .setClass(
          'a',
          'cat',
        )(both)
        .objects.map(({ classId }) => classId),
    ).toEqual(['cat', null]);
  });

  test('without an active object, or with the same reading, nothing is changed', () => {
    const none = { ...edits.addClick(click(3), fresh)(emptyValue), activeId: null };
    for (const edit of [
      edits.moveClick(0, { x: 1, y: 1 }),
      edits.removeClick(0),
      edits.chooseCandidate(0),
      edits.acceptActive(),
      edits.select(null),
      edits.setClass('b', 'cat'),
    ]) {
      expect(edit(none)).toBe(none);
    }
    const chosen = edits.chooseCandidate(2)({ ...none, activeId: 'a' });
    expect(edits.chooseCandidate(2)(chosen)).toBe(chosen);
    const empty = emptyRuns(size);
    expect(edits.addStroke(empty, 'paint')(none)).toBe(none);
  });

  test('paint covers what was erased, and the eraser what was painted', () => {
    const runs = rectRuns(size, { x: 0, y: 0, width: 10, height: 2 });
    const begun = edits.addObjectFromMask(runs, fresh)(emptyValue);
    const left = rectRuns(size, { x: 0, y: 0, width: 4, height: 2 });
    const few = rectRuns(size, { x: 0, y: 0, width: 2, height: 2 });
    const erased = edits.addStroke(left, 'erase')(begun);
    const mended = edits.addStroke(few, 'paint')(erased);
    const again = edits.addStroke(few, 'erase')(mended);
    expect([begun, erased, mended, again].map(({ objects: [object] }) => area(maskOfObject(object)!))).toEqual([
      20, 12, 16, 12,
    ]);
    expect(erased.objects[0].strokesPending).toBe(true);
    expect(maskOfObject(again.objects[0])).toBe(maskOfObject(again.objects[0]));
  });

  test('a loaded mask is active, or accepted and done with', () => {
    const runs = rectRuns(size, { x: 0, y: 0, width: 10, height: 2 });
    const [open, done] = [false, true].map((accepted) =>
      edits.addObjectFromMask(runs, { classId: 'cat' }, accepted)(emptyValue),
    );
    expect(open).toMatchObject({
      activeId: 'object-1',
      objects: [{ accepted: false, classId: 'cat', prompt: { start: runs } }],
    });
    expect(done).toMatchObject({ activeId: null, objects: [{ accepted: true }] });
  });

  test.each([
    [['object-7', 'object-3'], 'object-8'],
    [['object-5x', 'my-object-5', 'object-', 'cat'], 'object-1'],
    // Beyond what a number holds exactly, the next one would be no other.
    [['object-12345678901234567890'], 'object-1'],
    [['object-999999999'], 'object-1000000000'],
  ])('a free id beside %j is %s', (ids, free) => {
    const [blank] = edits.addClick(click(1))(emptyValue).objects;
    expect(edits.freeId({ activeId: null, objects: ids.map((id) => ({ ...blank, id })) })).toBe(free);
  });
});
