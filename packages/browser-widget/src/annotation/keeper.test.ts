import { addClick, emptyValue, select } from '@clickmask/core/session';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setUpAnnotation } from '../../test/fake-store.js';
import { createKeeper } from './keeper.js';

/** A browser's database, as far as the keeper uses it. */
const stored = vi.hoisted(() => ({
  values: new Map<string, unknown>(),
  writes: 0,
  closed: 0,
  broken: false,
  place: '',
}));
vi.mock('idb-keyval', () => {
  const act = async <T>(change: () => T) => {
    if (stored.broken) throw new Error('nothing is stored in a private window');
    return change();
  };
  const written = (change: () => unknown) => {
    stored.writes++;
    return act(change);
  };
  const transaction = { db: { close: () => stored.closed++ } };
  return {
    createStore(...names: string[]) {
      stored.place = names.join();
      return async (_: string, use: (store: object) => unknown) => use({ transaction });
    },
    get: (key: string) => act(() => stored.values.get(key)),
    set: (key: string, value: unknown) => written(() => stored.values.set(key, value)),
    del: (key: string) => written(() => stored.values.delete(key)),
  };
});

const click = (x: number) => addClick({ x, y: 5, label: 'positive' });
let page: EventTarget;
let document: EventTarget & { visibilityState: string };

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(stored, { values: new Map(), writes: 0, closed: 0, broken: false, place: '' });
  page = new EventTarget();
  document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', document);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A page that keeps objects under `work`, and shows the image `a.jpg`. */
function setUp(change: Parameters<typeof setUpAnnotation>[0] = {}) {
  const fake = setUpAnnotation({ persist: 'work', ...change });
  const keeper = createKeeper(fake.store);
  keeper.begin('a.jpg');
  const kept = () =>
    (stored.values.get('work\na.jpg') as typeof emptyValue | undefined)?.objects[0].prompt.clicks.length;
  const leave = () => {
    const event = new Event('beforeunload', { cancelable: true });
    page.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { ...fake, keeper, kept, leave };
}

test('the first change is written at once, those that follow together, and the same value once', () => {
  const { annotation, kept, store } = setUp();
  annotation.make(click(1));
  expect(kept()).toBe(1);
  annotation.make(click(2));
  annotation.make(click(3));
  vi.advanceTimersByTime(199);
  expect(kept()).toBe(1);
  vi.advanceTimersByTime(1);
  expect([kept(), stored.writes]).toEqual([3, 2]);
  vi.advanceTimersByTime(1000);
  store.set({ message: 'no change of the value' });
  annotation.make(click(4));
  expect([kept(), stored.writes]).toEqual([4, 3]);
});

test('what is written is plain, and nothing of it reaches the annotator', () => {
  const { annotation, store } = setUp();
  annotation.make(click(1));
  expect(stored.values.get('work\na.jpg')).toEqual(store.now.value);
  expect(stored.values.get('work\na.jpg')).not.toBe(store.now.value);
});

test('an image without objects is not kept any more', () => {
  const { annotation, keeper } = setUp();
  annotation.make(click(1));
  annotation.step('undo');
  vi.advanceTimersByTime(200);
  expect(stored.values.size).toBe(0);
  keeper.destroy();
  expect(stored.writes).toBe(2);
});

test('another visit finds what was kept, changes of a moment ago too', async () => {
  const { annotation, keeper, store } = setUp();
  annotation.make(click(1));
  annotation.make(click(2));
  expect(await keeper.recall('a.jpg')).toEqual(store.now.value);
  // Another place would lose what earlier visits kept.
  expect(stored.place).toBe('clickmask,values');
  expect(await keeper.recall('b.jpg')).toBeNull();
  expect(await keeper.recall({})).toBeNull();
  store.set({ persist: 'other' });
  expect(await keeper.recall('a.jpg')).toBeNull();
  store.set({ persist: null });
  expect(await keeper.recall('a.jpg')).toBeNull();
});

test('a browser that stores nothing does not stop the work', async () => {
  stored.broken = true;
  const { annotation, keeper } = setUp();
  annotation.make(click(1));
  expect(await keeper.recall('a.jpg')).toBeNull();
});

test.each<[string, Parameters<typeof setUpAnnotation>[0], string | object]>([
  ['where keeping is off', { persist: null }, 'a.jpg'],
  ['of an image without a name', {}, new Blob([])],
])('nothing is written or looked for %s', async (_, change, name) => {
  const { annotation, keeper, leave } = setUp(change);
  keeper.begin(name);
  annotation.make(click(1));
  vi.advanceTimersByTime(1000);
  leave();
  keeper.destroy();
  expect(await keeper.recall(name)).toBeNull();
  expect([stored.writes, vi.getTimerCount(), stored.place]).toEqual([0, 0, '']);
});

test('the value that an image begins with is not written, nor under the name of the one before', () => {
  const { annotation, keeper, store, kept } = setUp();
  annotation.make(click(1));
  annotation.make(click(2));
  keeper.begin('b.jpg');
  vi.advanceTimersByTime(1000);
  expect([kept(), [...stored.values.keys()]]).toEqual([1, ['work\na.jpg']]);
  // The next change is a first one again.
  annotation.make(click(3));
  expect(stored.values.get('work\nb.jpg')).toEqual(store.now.value);
});

test('the page asks before it is left with changes that are not saved, where it shall', () => {
  const { annotation, keeper, leave, store, kept } = setUp();
  annotation.make(click(1));
  annotation.make(click(2));
  expect([leave(), kept()]).toEqual([false, 2]);
  store.set({ warnBeforeLeaving: true });
  expect(leave()).toBe(true);
  keeper.markSaved();
  expect(leave()).toBe(false);
  annotation.make(select(null));
  expect(leave()).toBe(true);
  keeper.begin('a.jpg');
  expect(leave()).toBe(false);
});

test('what waits is written when the page is hidden or goes away', () => {
  const { annotation, kept } = setUp();
  annotation.make(click(1));
  annotation.make(click(2));
  document.dispatchEvent(new Event('visibilitychange'));
  expect(kept()).toBe(1);
  document.visibilityState = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
  expect([kept(), vi.getTimerCount()]).toEqual([2, 0]);
  annotation.make(click(3));
  annotation.make(click(4));
  page.dispatchEvent(new Event('pagehide'));
  expect(kept()).toBe(4);
});

test('at its end it writes what waits, closes the database and listens no more', async () => {
  const { annotation, keeper, kept, leave, store } = setUp({ warnBeforeLeaving: true });
  annotation.make(click(1));
  annotation.make(click(2));
  keeper.destroy();
  await vi.waitFor(() => expect([kept(), stored.closed]).toEqual([2, 1]));
  document.visibilityState = 'hidden';
  annotation.make(click(3));
  page.dispatchEvent(new Event('pagehide'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect([leave(), kept(), vi.getTimerCount()]).toEqual([false, 2, 0]);
  expect(store.now.value).not.toBe(emptyValue);
});
