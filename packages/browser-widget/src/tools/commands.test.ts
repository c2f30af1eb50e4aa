import { rectRuns } from '@clickmask/core/masks';
import { addClick, select } from '@clickmask/core/session';
import { expect, test } from 'vitest';
import { setUpAnnotation } from '../../test/fake-store.js';
import { defaultShortcuts } from '../input/shortcuts.js';
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

test('taking back begins with what is on top', () => {
  const { commands, store, add } = setUp();
  add(10);
  for (const overlay of ['settings', 'more'] as const) {
    store.set({ overlay, selectedClick: 0 });
    expect([commands.cancel(), store.now.overlay, store.now.selectedClick]).toEqual([true, null, 0]);
  }
  const drag = { kind: 'box', tool: 'box', start: { x: 1, y: 1 }, to: null, points: [], click: -1 } as const;
  store.set({ settings: { ...store.now.settings, tool: 'box' }, crosshair: { x: 3, y: 3 }, drag });
  const state = () => {
    const { drag, selectedClick, settings, crosshair, value } = store.now;
    return [drag === null, selectedClick, settings.tool, crosshair === null, value.activeId];
  };
  const states = [
    [true, 0, 'box', false, 'one'],
    [true, null, 'box', false, 'one'],
    [true, null, 'click', false, 'one'],
    [true, null, 'click', true, 'one'],
    [true, null, 'click', true, null],
  ];
  for (const next of states) expect([commands.cancel(), state()]).toEqual([true, next]);
  // The help is a dialog, which the browser closes itself.
  store.set({ overlay: 'help' });
  expect(commands.cancel()).toBe(false);
});

test('undo and redo say what they did', () => {
  const { commands, add, said, clicks } = setUp();
  add(10);
  add(20);
  said();
  commands.undo();
  commands.redo();
  expect([said(), clicks()]).toEqual([
    ['Undone.', 'Redone.'],
    [10, 20],
  ]);
});

test('a tool that is chosen ends what is being drawn', () => {
  const { commands, store } = setUp();
  const drag = { kind: 'box', tool: 'box', start: { x: 1, y: 1 }, to: null, points: [], click: -1 } as const;
  for (const name of ['tool-click', 'tool-box'] as const) {
    store.set({ drag });
    commands[name]();
    expect(store.now.drag).toBeNull();
  }
});

test('Enter clicks at the crosshair, with either sign', () => {
  const { commands, store } = setUp();
  store.set({ crosshair: { x: 3, y: 4 } });
  commands.click();
  commands['click-opposite']();
  expect(activeOf(store.now)?.prompt.clicks).toEqual([
    { x: 3, y: 4, label: 'positive' },
    { x: 3, y: 4, label: 'negative' },
  ]);
});

test('numbers choose readings', () => {
  const { commands, store, add } = setUp();
  add(10);
  const masks = [4, 5, 6, 7].map((index) => ({
    index,
    runs: rectRuns({ width: 9, height: 9 }, { x: 0, y: 0, width: 9, height: 1 }),
  }));
  store.set({ readings: { clicks: [], masks } });
  for (const place of [1, 2, 3, 4] as const) {
    commands[`reading-${place}`]();
    expect(activeOf(store.now)?.prompt.candidate).toBe(place + 3);
  }
});

test('every key has a command, and classes have nine', () => {
  const names = Object.keys(setUp().commands);
  expect(names).toEqual(expect.arrayContaining(Object.values(defaultShortcuts)));
  expect(names.filter((name) => name.startsWith('class-'))).toHaveLength(9);
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
  const { scale, x, y } = store.now.viewport;
  commands['zoom-out']();
  expect(seen((75 - x) / scale)).toBeCloseTo(75);
  expect(((50 - y) / scale) * store.now.viewport.scale + store.now.viewport.y).toBeCloseTo(50);
  expect(said()).toEqual(['Zoom 140%', 'Zoom 100%']);
  commands['zoom-fit']();
  expect([store.now.fitted, seen(50)]).toEqual([true, 75]);
  const before = store.now.viewport;
  store.set({ picture: null });
  commands['zoom-in']();
  expect([store.now.viewport, said()]).toEqual([before, []]);
});

test('objects, clicks and classes are chosen one after the other, round and round', () => {
  const { commands, store, annotation, add, said } = setUp();
  store.set({ classes: [{ id: 'cat', name: 'Cat' }, { id: 'dog' }] });
  for (const x of [10, 20, 30]) add(x);
  commands['class-2']();
  commands['class-3']();
  expect([store.now.classId, activeOf(store.now)?.classId]).toEqual(['dog', 'dog']);
  said();
  for (const name of ['next-click', 'next-click', 'previous-click', 'previous-click'] as const) commands[name]();
  expect(said().map((text) => text.slice(0, 12))).toEqual([1, 2, 1, 3].map((number) => `Click ${number} of 3`));
  for (const id of ['two', 'three']) {
    annotation.make(select(null));
    annotation.make(addClick({ x: 1, y: 1, label: 'positive' }, { id, classId: 'cat' }));
  }
  for (const name of ['next-object', 'next-object', 'previous-object', 'previous-object'] as const) commands[name]();
  expect(said()).toEqual(['dog (1)', 'Cat (2)', 'dog (1)', 'Cat (3)']);
});
