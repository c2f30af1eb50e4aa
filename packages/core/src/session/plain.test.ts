import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { copyPlain, sameContent } from './plain.js';

class Signal {
  readonly value = [1];
}
const list = Uint32Array.of(1, 2, 3);

test.each<[string, unknown, unknown]>([
  ['numbers', 5, 5],
  ['no numbers', Number.NaN, Number.NaN],
  ['nothing', null, null],
  ['lists', [1, [2, 'a'], null], [1, [2, 'a'], null]],
  ['empty ones', [{}, []], [{}, []]],
  ['objects in any order', { a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 }],
  ['fields that are undefined and none', { a: 1, b: undefined }, { a: 1 }],
  ['none and fields that are undefined', { a: 1 }, { a: 1, b: undefined }],
  ['typed arrays', Uint32Array.of(1, 2), Uint32Array.of(1, 2)],
])('%s are equal', (_, a, b) => expect(sameContent(a, b)).toBe(true));

test.each<[string, unknown, unknown]>([
  ['numbers', 5, 6],
  ['a number and its text', 5, '5'],
  ['nothing and something', null, {}],
  ['something and nothing', {}, null],
  ['a text and an object', 'a', { 0: 'a' }],
  ['an object and a text', { 0: 'a' }, 'a'],
  ['lists of other lengths', [1], [1, undefined]],
  ['lists in another order', [1, 2], [2, 1]],
  ['a list and an object', [1], { 0: 1 }],
  ['an object and a list', {}, []],
  ['a field more', { a: 1 }, { a: 1, b: 2 }],
  ['a field less', { a: 1, b: 2 }, { a: 1 }],
  ['a deep field', { a: { b: [1] } }, { a: { b: [2] } }],
  ['typed arrays', Uint32Array.of(1, 2), Uint32Array.of(1, 3)],
  ['typed arrays of other lengths', Uint32Array.of(1, 2), Uint32Array.of(1, 2, 0)],
])('%s differ', (_, a, b) => expect(sameContent(a, b)).toBe(false));

test('plain data is copied, and an object that appears twice stays one', () => {
  const shared = { x: [1] };
  const given = {
    a: shared,
    b: [shared, 'text', null, undefined, 3],
    c: Object.assign(Object.create(null), { d: [1] }),
  };
  const copy = copyPlain(given);
  expect(copy).toEqual({ ...given, c: { d: [1] } });
  expect([copy.a === shared, copy.a.x === shared.x, copy.b === given.b, copy.c.d === given.c.d]).toEqual(
    Array(4).fill(false),
  );
  expect(copy.b[0]).toBe(copy.a);
});

test('objects of another frame and circles are copied too', () => {
  const foreign = runInNewContext('({ a: [{ b: 1 }] })') as { a: { b: number }[] };
  const copy = copyPlain(foreign);
  foreign.a[0].b = 2;
  expect(copy.a[0].b).toBe(1);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const round = copyPlain(circle);
  expect([round.self === round, round === circle]).toEqual([true, false]);
});

test.each<[string, unknown]>([
  ['typed arrays', list],
  ['functions', () => 1],
  ['dates', new Date(0)],
  ['signals and other objects of classes', new Signal()],
])('%s are kept', (_, thing) => {
  expect(copyPlain(thing)).toBe(thing);
  expect(copyPlain({ in: [thing] }).in[0]).toBe(thing);
});
