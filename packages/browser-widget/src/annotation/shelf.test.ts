import { createSession } from '@clickmask/core';
import { addClick, emptyValue } from '@clickmask/core/session';
import { expect, test } from 'vitest';
import { createShelf } from './shelf.js';

const session = (x: number) => createSession({ value: addClick({ x, y: 1, label: 'positive' })(emptyValue) });

test('gives back the session of an image by its name or itself, else a new one', () => {
  const shelf = createShelf();
  const [one, two] = [session(1), session(2)];
  const file = {};
  shelf.put('a', one);
  shelf.put(file, two);
  expect([shelf.take('a'), shelf.take(file), shelf.coming]).toEqual([one, two, null]);
  expect([shelf.take('b').value, shelf.take({}).value]).toEqual([emptyValue, emptyValue]);
});

test('tells of every named image, the latest last, and of one without a name while it is shown', () => {
  const shelf = createShelf();
  expect(shelf.values()).toEqual([]);
  const sessions = [1, 2, 3].map(session);
  const [a, b, c] = sessions.map(({ value }) => value);
  shelf.put('a', sessions[0]);
  shelf.put('b', sessions[1]);
  shelf.put('a', sessions[0]);
  expect(shelf.values()).toEqual([
    ['b', b],
    ['a', a],
  ]);
  shelf.put({}, sessions[2]);
  expect(shelf.values()).toEqual([
    ['b', b],
    ['a', a],
    ['', c],
  ]);
  shelf.put('b', sessions[1]);
  expect(shelf.values().map(([name]) => name)).toEqual(['a', 'b']);
});

test('drops the named images that were left longest ago', () => {
  const shelf = createShelf(2);
  const file = {};
  const kept = session(9);
  shelf.put(file, kept);
  for (const name of ['a', 'b', 'a', 'c']) shelf.put(name, session(1));
  expect(shelf.values().map(([name]) => name)).toEqual(['a', 'c']);
  expect([shelf.take('b').value, shelf.take(file)]).toEqual([emptyValue, kept]);
});
