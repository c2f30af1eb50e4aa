import { expect, test } from 'vitest';
import { createStore } from './store.js';

function setUp() {
  const store = createStore({ a: 0, b: 0 });
  const told: string[] = [];
  store.subscribe((changed) => told.push(`${[...changed].join()} ${store.now.a}${store.now.b}`));
  return { store, told };
}

test('listeners are told what changed, and nothing where nothing did', () => {
  const { store, told } = setUp();
  store.set({ a: 1 });
  store.set({ a: 1, b: 0 });
  store.set({ a: 2, b: 2 });
  expect(told).toEqual(['a 10', 'a,b 22']);
});

test('the state that was read stays as it was', () => {
  const { store } = setUp();
  const before = store.now;
  store.set({ a: 1 });
  expect([before.a, store.now.a]).toEqual([0, 1]);
});

test('what a listener changes is told after all have heard of the change before', () => {
  const store = createStore({ a: 0, b: 0 });
  const told: string[] = [];
  store.subscribe((changed) => {
    told.push(`first ${[...changed]}`);
    if (changed.has('a')) store.set({ b: 1 });
  });
  store.subscribe((changed) => told.push(`second ${[...changed]}`));
  store.set({ a: 1 });
  expect(told).toEqual(['first a', 'second a', 'first b', 'second b']);
});

test('a batch is told once, at its end, and also where it breaks off', () => {
  const { store, told } = setUp();
  const fail = () =>
    store.batch(() => {
      store.set({ a: 1 });
      store.batch(() => store.set({ b: 1 }));
      expect(told).toEqual([]);
      throw new Error('no');
    });
  expect(fail).toThrow('no');
  expect(told).toEqual(['a,b 11']);
});

test('who has ended listening hears nothing more', () => {
  const store = createStore({ a: 0 });
  const told: number[] = [];
  const end = store.subscribe(() => told.push(store.now.a));
  store.set({ a: 1 });
  end();
  store.set({ a: 2 });
  expect(told).toEqual([1]);
});
