import { rectRuns } from '@clickmask/core/masks';
import { expect, test } from 'vitest';
import { checkValue } from './check-value.js';
import * as edits from './edits.js';
import { type AnnotatedObject, type AnnotatorValue, emptyPrompt, emptyValue, type ObjectResult } from './value.js';

const size = { width: 20, height: 10 };
const other = rectRuns({ width: 21, height: 10 }, { x: 0, y: 0, width: 2, height: 2 });
const runs = rectRuns(size, { x: 0, y: 0, width: 2, height: 2 });
const whole = edits.addObjectFromMask(runs, { id: 'a', classId: null })(emptyValue);
const changed = (change: Partial<AnnotatedObject>): AnnotatorValue => ({
  ...whole,
  objects: [{ ...whole.objects[0], ...change }],
});

test.each([
  ['result', { result: { prompt: emptyPrompt, runs: other } as unknown as ObjectResult }],
  ['start', { prompt: { ...emptyPrompt, start: other } }],
  ['painted', { painted: other }],
  ['erased', { erased: other }],
])('masks of another picture are refused: %s', (_, change) => {
  expect(() => checkValue(changed(change), size)).toThrow(/20 x 10 px for the masks of a but received "21 x 10"/);
  expect(() => checkValue(changed(change), null)).not.toThrow();
});

test('a value of the picture is taken', () => {
  expect(() => checkValue(changed({ painted: runs, erased: runs }), size)).not.toThrow();
});

test.each([
  ['nothing', null],
  ['no list', { objects: 3, activeId: null }],
  ['no active id', { objects: [] }],
  ['ids twice', { objects: [whole.objects[0], whole.objects[0]], activeId: null }],
])('what is not a value is refused: %s', (_, value) => {
  expect(() => checkValue(value as unknown as AnnotatorValue, null)).toThrow(/value/);
});
