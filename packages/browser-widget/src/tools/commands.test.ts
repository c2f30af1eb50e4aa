import { addClick, select } from '@clickmask/core/session';
import { expect, test } from 'vitest';
import { setUpAnnotation } from '../../test/fake-store.js';
import { activeOf } from '../state/state.js';
import { createCommands } from './commands.js';
import { createCrosshair } from './crosshair.js';
import { createDragging } from './dragging.js';
import { createSelection } from './selection.js';

function setUp() {
  const fake = setUpAnnotation();
  const { store, annotation, events } = fake;
  const maskOf = () => null;
  const dragging = createDragging(store, annotation);
  const selection = createSelection({ store, make: annotation.make, maskOf, events });
  const crosshair = createCrosshair({ store, annotation, dragging, maskOf });
  const commands = createCommands({ store, step: annotation.step, selection, crosshair });
  const add = (x: number) => annotation.make(addClick({ x, y: 5, label: 'positive' }, { id: 'one' }));
  const clicks = () => activeOf(store.now)?.prompt.clicks.map(({ x }) => x);
  return { ...fake, commands, selection, crosshair, add, clicks };
}

test('where nothing can be changed, nothing is said to be done', () => {
  const { commands, store, selection, add, said, clicks } = setUp();
  add(10);
  store.set({ readOnly: true, selectedClick: 0 });
  commands.delete();
  store.set({ selectedClick: null });
  for (const name of ['delete', 'undo', 'redo', 'accept', 'next-candidate'] as const) commands[name]();
  selection.choose(null);
  expect([said(), clicks()]).toEqual([[], [10]]);
});

test('in controlled mode it is said to be done when the page takes it over', () => {
  const { commands, store, annotation, changes, add, said } = setUp();
  add(10);
  store.set({ controlled: true });
  commands.undo();
  commands.delete();
  expect(said()).toEqual([]);
  annotation.set(structuredClone(changes.at(-1)!.value));
  expect(said()).toEqual(['Object deleted.']);
  expect(store.now.value.objects).toEqual([]);
});

test('taking back one thing at a time tells when nothing is left', () => {
  const { commands, store, annotation, add } = setUp();
  add(10);
  store.set({ selectedClick: 0, crosshair: { x: 3, y: 3 }, overlay: 'settings' });
  expect([1, 2, 3, 4, 5].map(() => commands.cancel())).toEqual([true, true, true, true, false]);
  expect(activeOf(store.now)).toBeNull();
  annotation.make(select('one'));
  store.set({ readOnly: true });
  expect(commands.cancel()).toBe(false);
});

test('a click that arrows move is one step of the history, and stays in sight', () => {
  const { commands, store, add, clicks } = setUp();
  add(10);
  add(20);
  store.set({ selectedClick: 1 });
  for (let i = 0; i < 12; i++) commands['crosshair-right']();
  expect(clicks()).toEqual([10, 80]);
  const seen = (x: number) => x * store.now.viewport.scale + store.now.viewport.x;
  expect(seen(80)).toBeLessThan(store.now.stageSize.width);
  for (let i = 0; i < 4; i++) commands['crosshair-right']();
  expect(seen(100)).toBeLessThanOrEqual(store.now.stageSize.width - 24);
  commands.undo();
  expect(clicks()).toEqual([10, 20]);
  commands.redo();
  expect(clicks()).toEqual([10, 100]);
  // After another step it is a new one, and so for another click.
  commands['crosshair-left']();
  store.set({ selectedClick: 0 });
  commands['crosshair-left']();
  commands.undo();
  expect(clicks()).toEqual([10, 95]);
  commands.undo();
  expect(clicks()).toEqual([10, 100]);
});

test('tools, sizes and views change what they say, and nothing beside it', () => {
  const { commands, store } = setUp();
  const settings = () => store.now.settings;
  for (const tool of ['box', 'brush', 'eraser', 'pan'] as const) {
    commands[`tool-${tool}`]();
    expect(settings().tool).toBe(tool);
    commands[`tool-${tool}`]();
    expect(settings().tool).toBe('click');
  }
  commands['tool-pan']();
  commands['tool-click']();
  expect(settings().tool).toBe('click');
  commands['brush-larger']();
  expect(settings().brushRadius).toBe(19);
  commands['brush-smaller']();
  expect(settings().brushRadius).toBe(15);
  for (let i = 0; i < 30; i++) commands['brush-smaller']();
  expect(settings().brushRadius).toBe(2);
  for (let i = 0; i < 30; i++) commands['brush-larger']();
  expect(settings().brushRadius).toBe(100);
  commands['toggle-label']();
  expect(settings().label).toBe('negative');
  commands['toggle-label']();
  commands['outline-only']();
  commands.preview();
  expect([settings().label, settings().outlineOnly, settings().preview]).toEqual(['positive', true, false]);
  commands.help();
  expect(store.now.overlay).toBe('help');
});

test('the keys zoom around the crosshair, else around the middle, and fit again', () => {
  const { commands, store, said } = setUp();
  const seen = (x: number) => x * store.now.viewport.scale + store.now.viewport.x;
  store.set({ viewport: { scale: 1, x: 25, y: 25 }, crosshair: { x: 20, y: 10 } });
  commands['zoom-in']();
  expect([seen(20), store.now.viewport.scale, store.now.fitted]).toEqual([45, 1.4, false]);
  store.set({ crosshair: null });
  const middle = (75 - store.now.viewport.x) / store.now.viewport.scale;
  commands['zoom-out']();
  expect(seen(middle)).toBeCloseTo(75);
  expect(said()).toEqual(['Zoom 140%', 'Zoom 100%']);
  commands['zoom-fit']();
  expect([store.now.fitted, seen(50)]).toEqual([true, 75]);
});

test('objects, clicks and classes are chosen one after the other, round and round', () => {
  const { commands, store, annotation, add, said } = setUp();
  store.set({ classes: [{ id: 'cat', name: 'Cat' }, { id: 'dog' }] });
  add(10);
  add(20);
  commands['class-2']();
  commands['class-3']();
  expect([store.now.classId, activeOf(store.now)?.classId]).toEqual(['dog', 'dog']);
  said();
  for (const name of ['next-click', 'next-click', 'next-click', 'previous-click'] as const) commands[name]();
  expect(said().map((text) => text.slice(0, 12))).toEqual([
    'Click 1 of 2',
    'Click 2 of 2',
    'Click 1 of 2',
    'Click 2 of 2',
  ]);
  annotation.make(select(null));
  annotation.make(addClick({ x: 1, y: 1, label: 'positive' }, { id: 'two', classId: 'cat' }));
  for (const name of ['next-object', 'next-object', 'previous-object'] as const) {
    commands[name]();
  }
  expect(said()).toEqual(['dog (1)', 'Cat (2)', 'dog (1)']);
});
