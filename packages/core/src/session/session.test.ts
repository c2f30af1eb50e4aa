import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rectRuns } from '../mask/index.js';
import * as edits from './edits.js';
import { createSession } from './session.js';
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

describe('a session', () => {
  test('undo and redo walk the very values that were committed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('do', 'undo', 'redo')), (actions) => {
        const session = createSession({ limit: 1000 });
        let past: SessionValue[] = [emptyValue];
        let at = 0;
        actions.forEach((action, index) => {
          if (action === 'do') {
            session.edit(edits.addClick(click(index % 20), fresh));
            past = [...past.slice(0, at + 1), session.value];
            at++;
          } else {
            const next = action === 'undo' ? Math.max(0, at - 1) : Math.min(past.length - 1, at + 1);
            session[action as 'undo' | 'redo']();
            at = next;
          }
          expect(session.value).toBe(past[at]);
          expect([session.canUndo, session.canRedo]).toEqual([at > 0, at < past.length - 1]);
        });
      }),
    );
  });

  test('an answer that comes after an undo is there after the redo', () => {
    const session = createSession();
    session.edit(edits.addClick(click(3), fresh));
    const late = answer(session.value, 4);
    session.undo();
    session.amend(edits.putResult(late));
    expect(session.value).toBe(emptyValue);
    session.redo();
    expect(needsResult(session.value.objects[0])).toBe(false);
  });

  test('keeps no more steps than it is told', () => {
    const session = createSession({ limit: 3 });
    for (let i = 0; i < 9; i++) session.edit(edits.addClick(click(i), fresh));
    let steps = 0;
    while (session.canUndo) {
      session.undo();
      steps++;
    }
    expect(steps).toBe(3);
    const none = createSession({ limit: 0 });
    none.edit(edits.addClick(click(1)));
    expect([none.canUndo, none.active?.prompt.clicks.length]).toEqual([false, 1]);
    expect(() => createSession({ limit: 10_000 })).not.toThrow();
  });

  test('begins with the value it is given', () => {
    const value = edits.addClick(click(1))(emptyValue);
    const session = createSession({ value });
    expect([session.value, session.active, session.canUndo]).toEqual([value, value.objects[0], false]);
  });

  test('looks at the values beside the present one', () => {
    const session = createSession();
    session.edit(edits.addClick(click(1)));
    session.edit(edits.addClick(click(2)));
    session.undo();
    expect([session.peek('undo'), session.peek('redo')]).toEqual([session.values[0], session.values[2]]);
  });

  test('steps of one run are one for undo, until another comes between', () => {
    const session = createSession();
    session.edit(edits.addClick(click(1)));
    session.edit(edits.moveClick(0, { x: 2, y: 5 }), 'move');
    session.edit(edits.moveClick(0, { x: 3, y: 5 }), 'move');
    session.edit(edits.moveClick(0, { x: 4, y: 5 }), 'other');
    const at = () => session.active?.prompt.clicks[0].x;
    expect([session.undo(), at(), session.undo(), at()]).toEqual([true, 3, true, 1]);
    session.redo();
    // After going back and forth, a step of the same run is a new one.
    session.edit(edits.moveClick(0, { x: 9, y: 5 }), 'move');
    expect([session.undo(), at()]).toEqual([true, 3]);
  });

  test('what changes nothing is no step', () => {
    const session = createSession();
    expect([session.edit(edits.removeClick(0)), session.canUndo, session.undo(), session.redo()]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([session.peek('undo'), session.peek('redo')]).toEqual([null, null]);
  });

  test('a value put in place is no step, and a new beginning has none', () => {
    const session = createSession();
    session.edit(edits.addClick(click(1)));
    const other = edits.addClick(click(7))(emptyValue);
    session.replace(other);
    expect([session.value, session.canUndo, session.peek('undo')]).toEqual([other, true, emptyValue]);
    session.reset(emptyValue);
    expect([session.value, session.canUndo, session.canRedo, session.values]).toEqual([
      emptyValue,
      false,
      false,
      [emptyValue],
    ]);
  });

  test.each([-1, 0.5, 20_000, Number.NaN])('a limit of %s is refused', (limit) => {
    expect(() => createSession({ limit })).toThrow(/limit/);
  });
});
