import { rectRuns } from '@clickmask/core/masks';
import { describe, expect, test } from 'vitest';
import { fakeParts } from '../../test/fake-parts.js';
import * as edits from './edits.js';
import { type AnnotatorValue, emptyValue } from './value.js';

const click = (x: number) => ({ x, y: 5, label: 'positive' as const });
const oneClick = (id: string, x: number): AnnotatorValue => edits.addClick(click(x), { id, classId: null })(emptyValue);

describe('a value that is set before its picture is there', () => {
  test('waits for the picture, and is read back meanwhile', () => {
    const { parts, pictures } = fakeParts();
    const { changes } = parts;
    pictures.shown = null;
    changes.set(oneClick('early', 3));
    const latest = oneClick('latest', 4);
    changes.set(latest);
    expect([changes.value, changes.coming]).toEqual([emptyValue, latest]);
    pictures.shown = { width: 100, height: 50 };
    changes.reset();
    expect([changes.value, changes.coming]).toEqual([latest, null]);
    changes.reset();
    expect(changes.value).toBe(emptyValue);
  });

  test('while another picture is shown, leaves that one its value, which it need not fit', () => {
    const { parts, pictures } = fakeParts();
    const { changes } = parts;
    const present = oneClick('present', 3);
    changes.set(present);
    pictures.loading = true;
    const next = oneClick('next', 900);
    changes.set(next);
    expect(changes.value).toBe(present);
    pictures.shown = { width: 1000, height: 50 };
    pictures.loading = false;
    changes.reset();
    expect(changes.value).toBe(next);
  });

  test('is dropped with the picture it was for', () => {
    const { parts, pictures } = fakeParts();
    pictures.loading = true;
    parts.changes.set(oneClick('dropped', 3));
    parts.changes.forgetComing();
    pictures.loading = false;
    parts.changes.reset();
    expect(parts.changes.value).toBe(emptyValue);
  });

  test('that does not fit is refused when the picture comes, which then has none', () => {
    const { parts, pictures } = fakeParts();
    pictures.shown = null;
    parts.changes.set(oneClick('beside', 900));
    pictures.shown = { width: 100, height: 50 };
    expect(() => parts.changes.reset()).toThrow(/click/);
    expect(parts.changes.value).toBe(emptyValue);
  });
});

test('what was proposed for one picture is not taken over for the next', () => {
  const { parts, config, changes: events } = fakeParts();
  config.controlled = true;
  parts.changes.make(
    edits.addObjectFromMask(rectRuns({ width: 100, height: 50 }, { x: 0, y: 0, width: 3, height: 3 }), {
      id: 'of-the-first',
      classId: null,
    }),
  );
  const [{ value: proposed }] = events;
  parts.pictures = { ...parts.pictures, shown: { width: 30, height: 20 } } as unknown as typeof parts.pictures;
  parts.changes.reset();
  expect(() => parts.changes.set(proposed)).toThrow(/30 x 20/);
  expect(parts.changes.value).toBe(emptyValue);
});
