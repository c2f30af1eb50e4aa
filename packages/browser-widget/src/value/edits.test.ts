import { area } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as edits from './edits.js';
import { createValueHistory } from './history.js';
import { rawRuns } from './shape.js';
import { type AnnotatorValue, activeObject, emptyValue, needsResult, type ObjectResult } from './value.js';

const size = { width: 20, height: 10 };
const fresh = { id: 'a', classId: null };
const click = (x: number) => ({ x, y: 5, label: 'positive' as const });
const answer = (value: AnnotatorValue, width: number): ObjectResult => ({
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
    expect(rawRuns(none.objects[0])).toBeNull();
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
    expect(area(rawRuns(value.objects[0])!)).toBe(8 - 2 + 10);
    value = edits.addClick(click(5), fresh)(value);
    expect(area(value.objects[0].prompt.start!)).toBe(16);
    value = edits.putResult(answer(value, 20))(value);
    expect(area(rawRuns(value.objects[0])!)).toBe(38);
    // Erasing what was painted leaves it erased, not painted.
    value = edits.addStroke(painted, 'erase', fresh)(value);
    expect(area(rawRuns(value.objects[0])!)).toBe(28);
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
});

describe('history', () => {
  test('undo and redo walk the very values that were committed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('do', 'undo', 'redo')), (actions) => {
        const history = createValueHistory(emptyValue, 1000);
        let past: AnnotatorValue[] = [emptyValue];
        let at = 0;
        actions.forEach((action, index) => {
          if (action === 'do') {
            const value = edits.addClick(click(index % 20), fresh)(history.value);
            history.commit(value);
            past = [...past.slice(0, at + 1), value];
            at++;
          } else {
            const next = action === 'undo' ? Math.max(0, at - 1) : Math.min(past.length - 1, at + 1);
            history.step(action as 'undo' | 'redo');
            at = next;
          }
          expect(history.value).toBe(past[at]);
          expect([history.canUndo, history.canRedo]).toEqual([at > 0, at < past.length - 1]);
        });
      }),
    );
  });

  test('an answer that comes after an undo is there after the redo', () => {
    const history = createValueHistory(emptyValue);
    history.commit(edits.addClick(click(3), fresh)(emptyValue));
    const late = answer(history.value, 4);
    history.step('undo');
    history.amend(edits.putResult(late));
    expect(history.value).toBe(emptyValue);
    history.step('redo');
    expect(needsResult(history.value.objects[0])).toBe(false);
  });

  test('keeps no more steps than it is told', () => {
    const history = createValueHistory(emptyValue, 3);
    for (let i = 0; i < 9; i++) history.commit(edits.addClick(click(i), fresh)(history.value));
    let steps = 0;
    while (history.canUndo) {
      history.step('undo');
      steps++;
    }
    expect(steps).toBe(3);
  });
});
