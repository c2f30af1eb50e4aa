import { isSet, rectRuns } from '@clickmask/core/masks';
import { addClick, addObjectFromMask, maskOfObject, type ObjectPrompt, setBox } from '@clickmask/core/session';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { setUpAnnotation } from '../../test/fake-store.js';
import type { PressInfo } from '../input/pointer.js';
import { type AnnotatorState, activeOf } from '../state/state.js';
import { textsOf } from '../state/words.js';
import { clickAt, insidePicture, labelFor, nearestTo, pointAt } from './aim.js';
import { createCrosshair } from './crosshair.js';
import { createDragging } from './dragging.js';
import { createPointerTools } from './pointer-tools.js';
import { createPreviewing } from './previewing.js';

const size = { width: 100, height: 50 };
const press: PressInfo = { opposite: false, turned: false, erases: false, isMain: true, device: 'mouse' };
const positive = (x: number, y: number) => ({ x, y, label: 'positive' as const });

/** The stage shows the image twice as large, from its corner on. */
function setUp(change: Partial<AnnotatorState> = {}) {
  const fake = setUpAnnotation(change);
  const { store, annotation } = fake;
  const asked: string[] = [];
  const name = (prompt: ObjectPrompt, click: { x: number; y: number; label: string }) =>
    `${prompt.clicks.length}: ${click.x},${click.y} ${click.label}`;
  const previewing = createPreviewing(store, {
    preview: (wanted) => asked.push(wanted === null ? 'none' : name(wanted.prompt, wanted.click)),
    anticipate: (prompt, click) => asked.push(`ahead ${name(prompt, click)}`),
  });
  const dragging = createDragging(store, annotation);
  const announced: string[] = [];
  const tools = createPointerTools({
    store,
    annotation,
    dragging,
    announceClick: () => announced.push('click'),
    anticipate: previewing.anticipate,
  });
  const crosshair = createCrosshair({ store, annotation, dragging, maskOf: maskOfObject });
  const use = (tool: AnnotatorState['settings']['tool']) => store.set({ settings: { ...store.now.settings, tool } });
  const active = () => activeOf(store.now);
  return { ...fake, asked, dragging, tools, crosshair, announced, use, active, take: () => asked.splice(0) };
}

afterEach(() => vi.useRealTimers());

describe('aim', () => {
  test('finds points of the image, and none beside it', () => {
    const { store } = setUp();
    expect(pointAt(store.now, { x: 20.333, y: 30 })).toEqual({ x: 10.17, y: 15 });
    for (const at of [
      { x: 0, y: 0 },
      { x: 200, y: 100 },
    ])
      expect(pointAt(store.now, at)).not.toBeNull();
    for (const at of [
      { x: -1, y: 5 },
      { x: 5, y: -1 },
      { x: 201, y: 5 },
      { x: 5, y: 101 },
    ]) {
      expect(pointAt(store.now, at)).toBeNull();
    }
    expect(nearestTo(store.now, { x: 300, y: -9 })).toEqual({ x: 100, y: 0 });
    expect(insidePicture(store.now, { x: -3, y: 70 })).toEqual({ x: 0, y: 50 });
    store.set({ picture: null });
    expect(pointAt(store.now, { x: 5, y: 5 })).toBeNull();
  });

  test('takes hold of the mark on top, within ten px', () => {
    const { store, annotation } = setUp();
    expect(clickAt(store.now, { x: 20, y: 20 })).toBeNull();
    annotation.make(addClick(positive(10, 10)));
    annotation.make(addClick(positive(14, 10)));
    expect(clickAt(store.now, { x: 24, y: 20 })).toBe(1);
    expect(clickAt(store.now, { x: 10, y: 20 })).toBe(0);
    expect(clickAt(store.now, { x: 9.9, y: 20 })).toBeNull();
  });

  test('turns the sign round', () => {
    const { store } = setUp();
    expect([labelFor(store.now, false), labelFor(store.now, true)]).toEqual(['positive', 'negative']);
    store.set({ settings: { ...store.now.settings, label: 'negative' } });
    expect([labelFor(store.now, false), labelFor(store.now, true)]).toEqual(['negative', 'positive']);
  });
});

describe('dragging', () => {
  test('a box is made from corner to corner, and one without an area is none', () => {
    const { dragging, use, active, store, said } = setUp();
    use('box');
    dragging.begin('box', { x: 30, y: 40 });
    expect(store.now.drag).toEqual({
      kind: 'box',
      tool: 'box',
      start: { x: 30, y: 40 },
      to: null,
      points: [],
      click: -1,
    });
    dragging.to({ x: 10, y: 20 });
    dragging.to();
    expect(store.now.drag).toMatchObject({ kind: 'box', to: { x: 10, y: 20 }, points: [] });
    dragging.drop();
    expect([active()?.prompt.box, store.now.drag, store.now.settings.tool]).toEqual([
      { x1: 30, y1: 40, x2: 10, y2: 20 },
      null,
      'click',
    ]);
    for (const to of [null, { x: 30, y: 9 }, { x: 9, y: 40 }]) {
      use('box');
      dragging.begin('box', { x: 30, y: 40 });
      if (to !== null) dragging.to(to);
      dragging.drop();
      expect([active()?.prompt.box?.x2, store.now.settings.tool]).toEqual([10, 'box']);
    }
    expect(said()).toEqual([]);
  });

  test('a stroke paints or erases along all its points, with the radius seen on the screen', () => {
    const { dragging, active, said, store } = setUp();
    dragging.begin('line', { x: 20, y: 25 }, { tool: 'brush' });
    dragging.to({ x: 30, y: 25 }, { x: 40, y: 25 });
    dragging.to({ x: 60, y: 25 });
    expect(store.now.drag?.points.map(({ x }) => x)).toEqual([20, 30, 40, 60]);
    dragging.drop();
    const painted = active()!.painted!;
    // Fourteen CSS px are seven of the image, at twice its size.
    expect([painted.spans[painted.rows[25] * 2], painted.spans[painted.rows[25] * 2 + 1]]).toEqual([13, 67]);
    expect(said()[0]).toMatch(/^Mask covers 14/);
    dragging.begin('line', { x: 20, y: 25 }, { tool: 'eraser' });
    dragging.drop();
    expect(active()!.erased!.spans.length).toBeGreaterThan(0);
    expect(said()).toHaveLength(1);
  });

  test('an eraser without an object makes none, without a mask changes none, and says nothing', () => {
    const { dragging, store, said, annotation } = setUp();
    dragging.begin('line', { x: 20, y: 25 }, { tool: 'eraser' });
    dragging.drop();
    expect([store.now.value.objects, said()]).toEqual([[], []]);
    annotation.make(addClick(positive(20, 25)));
    const before = store.now.value;
    dragging.stroke([{ x: 20, y: 25 }], 5, 'erase');
    expect([store.now.value, said()]).toEqual([before, []]);
  });

  test('an eraser never empties an object, and says so', () => {
    const { dragging, store, said } = setUp();
    dragging.stroke([{ x: 20, y: 25 }], 5, 'paint');
    said();
    const before = store.now.value;
    dragging.stroke([{ x: 20, y: 25 }], 9, 'erase');
    expect([store.now.value, said()]).toEqual([before, [textsOf(store.now).eraserEmpty]]);
  });

  test('the page paints and erases along lines, over at least a point of the image', () => {
    const { dragging, active, said, store } = setUp();
    const nowhere = () => {
      for (const points of [[], [{ x: -50, y: -50 }]]) {
        for (const mode of ['paint', 'erase'] as const) dragging.stroke(points, 5, mode);
      }
      return said();
    };
    expect([nowhere(), active()]).toEqual([[], null]);
    dragging.stroke([positive(20, 25), positive(60, 25)], 5, 'paint');
    expect([said().length, nowhere()]).toEqual([1, []]);
    dragging.stroke([positive(40, 25)], 2, 'erase');
    const painted = maskOfObject(active()!)!;
    expect([15, 38, 40, 64, 66].map((x) => isSet(painted, x, 25))).toEqual([true, false, false, true, false]);
    store.set({ picture: null });
    dragging.stroke([positive(20, 25)], 5, 'paint');
    expect(said()).toEqual([expect.stringMatching(/^Mask covers/)]);
  });

  test.each(['click', 'pan'] as const)('the tool %s draws nothing', (tool) => {
    const { dragging, store, said } = setUp();
    dragging.begin('line', { x: 20, y: 25 }, { tool });
    dragging.drop();
    expect([store.now.value.objects, store.now.settings.tool, said()]).toEqual([[], 'click', []]);
  });

  test('a click is moved where it is let go, and nowhere before', () => {
    const { dragging, annotation, active } = setUp();
    annotation.make(addClick(positive(10, 10)));
    dragging.begin('move-click', { x: 10, y: 10 }, { click: 0 });
    dragging.drop();
    expect(active()?.prompt.clicks).toEqual([positive(10, 10)]);
    dragging.begin('move-click', { x: 10, y: 10 }, { click: 0 });
    dragging.to({ x: 33, y: 12 });
    expect(active()?.prompt.clicks).toEqual([positive(10, 10)]);
    dragging.drop();
    expect(active()?.prompt.clicks).toEqual([positive(33, 12)]);
  });

  test('what is cancelled leaves nothing, and without a drag there is nothing to go on with', () => {
    const { dragging, store } = setUp();
    dragging.begin('box', { x: 3, y: 4 }, { tool: 'box' });
    dragging.to({ x: 30, y: 40 });
    dragging.cancel();
    expect(store.now.drag).toBeNull();
    dragging.to({ x: 50, y: 40 });
    dragging.drop();
    expect([store.now.drag, store.now.value.objects]).toEqual([null, []]);
  });
});

describe('the crosshair', () => {
  test('appears where the pointer was, else in the middle, and moves from there', () => {
    const { crosshair, store } = setUp({ pointer: { at: { x: 40, y: 30 }, opposite: false } });
    crosshair.move(1, 0, 10);
    expect(store.now.crosshair).toEqual({ x: 20, y: 15 });
    crosshair.move(1, 0, 10);
    expect(store.now.crosshair).toEqual({ x: 25, y: 15 });
    crosshair.move(0, -1, 60);
    expect(store.now.crosshair).toEqual({ x: 25, y: 0 });
    // A step is at least a pixel of the image.
    crosshair.move(-1, 0, 0);
    expect(store.now.crosshair).toEqual({ x: 24, y: 0 });
    store.set({ crosshair: null, pointer: null, viewport: { scale: 2, x: 0, y: 0 } });
    crosshair.move(1, 0, 10);
    expect(store.now.crosshair).toEqual({ x: 37.5, y: 25 });
  });

  test('the first Enter shows it, the second clicks there', () => {
    const { crosshair, active, store } = setUp();
    crosshair.press(false);
    expect([active(), store.now.crosshair]).toEqual([null, { x: 37.5, y: 25 }]);
    crosshair.press(false);
    crosshair.press(true);
    expect(active()?.prompt.clicks.map(({ label }) => label)).toEqual(['positive', 'negative']);
    store.set({ readOnly: true });
    crosshair.press(false);
    expect(active()?.prompt.clicks).toHaveLength(2);
  });

  test('for a box the first Enter sets the corner, and the second ends it', () => {
    const { crosshair, use, active, said } = setUp();
    use('box');
    crosshair.press(false);
    crosshair.move(1, 0, 20);
    crosshair.move(0, 1, 20);
    crosshair.press(false);
    expect(active()?.prompt.box).toEqual({ x1: 37.5, y1: 25, x2: 47.5, y2: 35 });
    expect(said()).toEqual([expect.stringMatching(/^First corner set/)]);
  });

  test('arrows move the selected click while clicking, else the crosshair', () => {
    const { crosshair, annotation, use, active, store } = setUp();
    annotation.make(addClick(positive(20, 15)));
    store.set({ selectedClick: 0 });
    crosshair.move(0, 1, 10);
    expect([active()?.prompt.clicks, store.now.crosshair]).toEqual([[positive(20, 20)], null]);
    use('box');
    crosshair.move(0, 1, 10);
    expect([active()?.prompt.clicks, store.now.crosshair]).toEqual([[positive(20, 20)], { x: 37.5, y: 25 }]);
  });

  test('without an image there is none', () => {
    const { crosshair, store } = setUp({ picture: null });
    crosshair.move(1, 0, 10);
    crosshair.press(false);
    expect([store.now.crosshair, store.now.value.objects]).toEqual([null, []]);
  });

  test('brush and eraser go down and are lifted, and Shift takes the other', () => {
    const { crosshair, use, active, store, said } = setUp();
    use('brush');
    crosshair.press(false);
    expect(store.now.drag).toMatchObject({ kind: 'line', tool: 'brush' });
    crosshair.press(false);
    expect(active()?.painted).not.toBeNull();
    expect(said()).toEqual([
      expect.stringMatching(/^Brush down/),
      expect.stringMatching(/^Mask covers/),
      'Brush lifted.',
    ]);
    expect(store.now.message).toMatch(/^Mask covers/);
    crosshair.press(true);
    expect(store.now.drag?.tool).toBe('eraser');
    crosshair.press(true);
    use('eraser');
    crosshair.press(true);
    expect(store.now.drag?.tool).toBe('brush');
  });

  test('with the hand it moves the image', () => {
    const { crosshair, use, store } = setUp();
    use('pan');
    crosshair.move(1, 0, 10);
    expect([store.now.viewport.x, store.now.crosshair]).toEqual([-40, null]);
    crosshair.move(0, -1, 10);
    expect(store.now.viewport.y).toBe(40);
    crosshair.press(false);
    crosshair.press(false);
    expect([store.now.crosshair === null, store.now.value.objects]).toEqual([false, []]);
  });

  test('says where it is when it rests, and nothing where something newer was said', () => {
    vi.useFakeTimers();
    const { crosshair, annotation, said, store } = setUp();
    annotation.make(addClick(positive(7, 25), { id: 'without a mask' }));
    annotation.make(addObjectFromMask(rectRuns(size, { x: 0, y: 0, width: 10, height: 50 })));
    crosshair.move(1, 0, 10);
    vi.advanceTimersByTime(499);
    expect(said()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said()).toEqual(['x 38, y 25']);
    store.set({ crosshair: { x: 7, y: 25 } });
    crosshair.move(-1, 0, 1);
    vi.advanceTimersByTime(500);
    expect(said()).toEqual(['x 6, y 25, Object 2']);
    crosshair.move(-1, 0, 1);
    store.set({ spoken: { text: 'news' } });
    vi.advanceTimersByTime(500);
    expect(said()).toEqual(['news']);
    crosshair.press(false);
    vi.advanceTimersByTime(500);
    expect(said()).toEqual([]);
    crosshair.move(-1, 0, 1);
    crosshair.destroy();
    vi.advanceTimersByTime(500);
    expect(said()).toEqual([]);
  });
});

describe('previews', () => {
  test('follow the pointer, with the sign that a click there would have', () => {
    const { tools, take, annotation } = setUp();
    tools.hover({ x: 40, y: 30 }, false);
    // Taking away from nothing means nothing.
    tools.hover({ x: 42, y: 30 }, true);
    annotation.make(addClick(positive(10, 10)));
    tools.hover({ x: 44, y: 30 }, true);
    tools.hover({ x: 44, y: 30 }, false);
    tools.hover(null, false);
    expect(take()).toEqual(['0: 20,15 positive', 'none', '1: 22,15 negative', '1: 22,15 positive', 'none']);
  });

  test('are not made on a mark, beside the image, or with another tool', () => {
    const { tools, take, annotation, use } = setUp();
    annotation.make(addClick(positive(10, 10)));
    tools.hover({ x: 20, y: 20 }, false);
    tools.hover({ x: 300, y: 20 }, false);
    use('brush');
    tools.hover({ x: 50, y: 50 }, false);
    expect(take()).toEqual(['none', 'none', 'none', 'none']);
  });

  test.each<[string, Partial<AnnotatorState>]>([
    ['before the image is ready', { ready: false }],
    ['where nothing may be changed', { readOnly: true }],
    ['while the space bar is held', { spaceHeld: true }],
    [
      'while something is drawn',
      { drag: { kind: 'box', tool: 'box', start: positive(1, 1), to: null, points: [], click: -1 } },
    ],
  ])('are not made %s', (_, change) => {
    const { tools, take } = setUp(change);
    tools.hover({ x: 40, y: 30 }, false);
    expect(take()).toEqual(['none']);
  });

  test('are not made where they are switched off, but clicks are computed ahead', () => {
    const { tools, take, store } = setUp();
    store.set({ settings: { ...store.now.settings, preview: false } });
    tools.hover({ x: 40, y: 30 }, false);
    tools.begin({ x: 40, y: 30 }, press);
    expect(take()).toEqual(['none', 'none', 'ahead 0: 20,15 positive']);
  });

  test.each<[string, (tools: ReturnType<typeof setUp>) => void]>([
    ['painted', ({ dragging }) => dragging.stroke([positive(20, 15)], 9, 'paint')],
    [
      'begun with a mask',
      ({ annotation }) => annotation.make(addObjectFromMask(rectRuns(size, { x: 9, y: 9, width: 9, height: 9 }))),
    ],
    ['begun with a box', ({ annotation }) => annotation.make(setBox({ x1: 9, y1: 9, x2: 30, y2: 30 }))],
  ])('of taking away are made where the object was %s', (_, begin) => {
    const all = setUp();
    begin(all);
    all.tools.hover({ x: 40, y: 30 }, true);
    expect(all.take().at(-1)).toBe('0: 20,15 negative');
  });

  test.each<[string, Partial<AnnotatorState>, boolean, number]>([
    ['a click', {}, false, 1],
    ['a click that takes away from nothing', {}, true, 0],
    ['a click before the image is ready', { ready: false }, false, 0],
  ])('the answer to %s is computed ahead as often as it is needed', (_, change, opposite, times) => {
    const { tools, take } = setUp(change);
    tools.begin({ x: 40, y: 30 }, { ...press, opposite });
    expect(take().filter((text) => text.startsWith('ahead'))).toHaveLength(times);
  });

  test('follow the crosshair, and end when the image moves under the pointer', () => {
    const { crosshair, tools, take } = setUp();
    crosshair.move(1, 0, 10);
    expect(take()).toEqual(['0: 37.5,25 positive']);
    tools.pan(5, 0);
    expect(take()).toEqual(['none']);
    tools.hover({ x: 40, y: 30 }, true);
    tools.hover({ x: 40, y: 30 }, false);
    expect(take()).toEqual(['none', '0: 17.5,15 positive']);
    // The sign that a key gave the pointer is not the crosshair's.
    tools.hover({ x: 40, y: 30 }, true);
    crosshair.move(1, 0, 10);
    expect(take()).toEqual(['none', '0: 17.5,15 positive']);
  });
});

describe('presses', () => {
  const kindWith = (tool: AnnotatorState['settings']['tool'], info: Partial<PressInfo> = {}) => {
    const { tools, use, annotation, store } = setUp();
    annotation.make(addClick(positive(10, 10)));
    use(tool);
    return [tools.begin({ x: 20, y: 20 }, { ...press, ...info }), store.now.drag?.tool, store.now.selectedClick];
  };

  test('begin what the tool says', () => {
    expect(kindWith('click')).toEqual(['move-click', 'click', 0]);
    expect(kindWith('click', { isMain: false })).toEqual(['tap-or-pan', undefined, null]);
    expect(kindWith('box')).toEqual(['box', 'box', null]);
    expect(kindWith('brush')).toEqual(['line', 'brush', null]);
    expect(kindWith('eraser')).toEqual(['line', 'eraser', null]);
    expect(kindWith('pan')).toEqual(['pan', undefined, null]);
    // The eraser end of a pen erases, whatever the tool.
    expect(kindWith('click', { erases: true })).toEqual(['line', 'eraser', null]);
    expect(kindWith('brush', { erases: true })).toEqual(['line', 'eraser', null]);
    // But the hand moves the image with either end.
    expect(kindWith('pan', { erases: true })).toEqual(['pan', undefined, null]);
  });

  test('only move the image where nothing may be changed, or the space bar is held', () => {
    for (const change of [{ readOnly: true }, { picture: null }]) {
      const { tools, use, take } = setUp(change);
      use('box');
      take();
      expect(tools.begin({ x: 20, y: 20 }, press)).toBe('tap-or-pan');
      expect(take().filter((text) => text.startsWith('ahead'))).toEqual([]);
    }
    const { tools } = setUp({ spaceHeld: true });
    expect(tools.begin({ x: 20, y: 20 }, press)).toBe('pan');
  });

  test('beside every mark they may become a tap, beside the image they do nothing', () => {
    const { tools, annotation, take, store } = setUp();
    annotation.make(addClick(positive(10, 10)));
    expect(tools.begin({ x: 60, y: 60 }, press)).toBe('tap-or-pan');
    expect(take().at(-1)).toBe('ahead 1: 30,30 positive');
    expect(tools.begin({ x: 400, y: 60 }, press)).toBe('tap-or-pan');
    expect([take().filter((text) => text.startsWith('ahead')), store.now.drag]).toEqual([[], null]);
  });

  test('with a tool that draws show where the pointer is, with its sign', () => {
    const { tools, use, store } = setUp();
    use('box');
    tools.begin({ x: 60, y: 60 }, { ...press, turned: true });
    expect(store.now.pointer).toEqual({ at: { x: 60, y: 60 }, opposite: true });
    expect(store.now.drag).toMatchObject({ start: { x: 30, y: 30 }, to: null, click: -1 });
  });

  test('move the mark that they grab', () => {
    const { tools, annotation, active } = setUp();
    for (const x of [10, 30]) annotation.make(addClick(positive(x, 10)));
    tools.begin({ x: 60, y: 20 }, press);
    tools.drag([{ x: 80, y: 40 }]);
    tools.drop();
    expect(active()?.prompt.clicks).toEqual([positive(10, 10), positive(40, 20)]);
  });

  test('taps click, with their sign, in the image alone', () => {
    const { tools, active, use } = setUp();
    tools.tap({ x: 300, y: 20 }, false);
    expect(active()).toBeNull();
    tools.tap({ x: 40, y: 30 }, false);
    tools.tap({ x: 80, y: 30 }, true);
    expect(active()?.prompt.clicks).toEqual([positive(20, 15), { x: 40, y: 15, label: 'negative' }]);
    use('box');
    tools.tap({ x: 60, y: 30 }, false);
    expect(active()?.prompt.clicks).toHaveLength(2);
  });

  test('a tap on a mark tells of it and adds none', () => {
    const { tools, active, announced } = setUp();
    tools.tap({ x: 40, y: 30 }, false);
    tools.begin({ x: 40, y: 30 }, press);
    tools.tap({ x: 40, y: 30 }, false);
    expect([announced, active()?.prompt.clicks.length]).toEqual([['click'], 1]);
    tools.tap({ x: 80, y: 60 }, false);
    expect([announced, active()?.prompt.clicks.length]).toEqual([['click'], 2]);
  });

  test('a press and a move put the crosshair away; leaving does not', () => {
    const { tools, store } = setUp({ crosshair: { x: 1, y: 1 } });
    tools.hover(null, false);
    expect(store.now.crosshair).not.toBeNull();
    tools.hover({ x: 4, y: 4 }, true);
    expect([store.now.crosshair, store.now.pointer]).toEqual([null, { at: { x: 4, y: 4 }, opposite: true }]);
    store.set({ crosshair: { x: 1, y: 1 } });
    tools.begin({ x: 5, y: 5 }, press);
    expect(store.now.crosshair).toBeNull();
  });

  test('pan moves the image, and zoom keeps the point under the pointer', () => {
    const { tools, store } = setUp();
    tools.pan(5, -3);
    expect(store.now.viewport).toEqual({ scale: 2, x: 5, y: -3 });
    tools.zoom(2, { x: 25, y: 17 });
    expect(store.now.viewport).toEqual({ scale: 4, x: -15, y: -23 });
    const before = store.now.viewport;
    store.set({ picture: null });
    tools.pan(5, 0);
    tools.zoom(2, { x: 25, y: 17 });
    expect(store.now.viewport).toBe(before);
  });

  test('drags go on from point to point and end in a step', () => {
    const { tools, use, active, store } = setUp();
    tools.drag([{ x: 1, y: 1 }]);
    expect(store.now.pointer).toBeNull();
    use('brush');
    tools.begin({ x: 40, y: 40 }, press);
    tools.drag([50, 55, 60].map((x) => ({ x, y: 40 })));
    tools.drag([]);
    expect(store.now.drag?.points.map(({ x }) => x)).toEqual([20, 25, 27.5, 30]);
    expect(store.now.pointer).toEqual({ at: { x: 60, y: 40 }, opposite: false });
    tools.drop();
    expect(active()?.painted).not.toBeNull();
    tools.begin({ x: 40, y: 40 }, press);
    tools.cancel();
    expect(store.now.drag).toBeNull();
    tools.drop();
    expect(store.now.canUndo).toBe(true);
    expect(store.now.value.objects).toHaveLength(1);
  });
});
