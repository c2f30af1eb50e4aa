import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Click, checkClicks, clickPixel } from './click.js';
import { type ClickHistory, createClickHistory } from './click-history.js';

const size = { width: 64, height: 48 };
const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });

type Step =
  | { readonly do: 'add'; readonly click: Click }
  | { readonly do: 'move'; readonly index: number; readonly to: { readonly x: number; readonly y: number } }
  | { readonly do: 'remove'; readonly index: number }
  | { readonly do: 'clear' | 'undo' | 'redo' }
  | { readonly do: 'replace'; readonly clicks: readonly Click[] };

const point = fc.record({ x: fc.integer({ min: -8, max: 70 }), y: fc.integer({ min: 0, max: 48 }) });
const click = fc
  .tuple(point, fc.constantFrom('positive' as const, 'negative' as const))
  .map(([to, label]): Click => ({ ...to, label }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), click }) },
  fc.record({ do: fc.constant('move' as const), index: fc.nat(5), to: point }),
  fc.record({ do: fc.constant('remove' as const), index: fc.nat(5) }),
  fc.record({ do: fc.constant('replace' as const), clicks: fc.array(click, { maxLength: 4 }) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('clear' as const, 'undo' as const, 'redo' as const) }) },
);

/** The state as two stacks; a change that is not valid must leave both alone. */
class Model {
  past: (readonly Click[])[] = [];
  now: readonly Click[] = [];
  future: (readonly Click[])[] = [];
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  run(action: Step): boolean {
    if (action.do === 'undo' || action.do === 'redo') {
      const [from, to] = action.do === 'undo' ? [this.past, this.future] : [this.future, this.past];
      const state = from.pop();
      if (state !== undefined) {
        to.push(this.now);
        this.now = state;
      }
      return true;
    }
    const next = this.next(action);
    if (next === null || next.some(({ x, y }) => x < 0 || y < 0 || x > size.width || y > size.height)) return false;
    this.past = [...this.past, this.now].slice(-this.limit || Number.POSITIVE_INFINITY);
    this.now = next;
    this.future = [];
    return true;
  }

  next(action: Exclude<Step, { readonly do: 'undo' | 'redo' }> | Step): readonly Click[] | null {
    const copy = [...this.now];
    switch (action.do) {
      case 'add':
        return [...copy, action.click];
      case 'move':
        if (action.index >= copy.length) return null;
        copy[action.index] = { ...copy[action.index], ...action.to };
        return copy;
      case 'remove':
        if (action.index >= copy.length) return null;
        copy.splice(action.index, 1);
        return copy;
      case 'replace':
        return action.clicks;
      default:
        return [];
    }
  }
}

function run(history: ClickHistory, action: Step): readonly Click[] {
  switch (action.do) {
    case 'add':
      return history.add(action.click);
    case 'move':
      return history.move(action.index, action.to);
    case 'remove':
      return history.remove(action.index);
    case 'replace':
      return history.replace(action.clicks);
    default:
      return history[action.do]();
  }
}

describe('createClickHistory', () => {
  it('behaves as two stacks do, and a refused change leaves everything as it was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(0, 1, 3, 1000), (actions, limit) => {
        const history = createClickHistory(size, limit);
        const model = new Model(limit);
        const handedOut: [readonly Click[], string][] = [];
        for (const action of actions) {
          if (model.run(action)) {
            const clicks = run(history, action);
            expect(clicks).toBe(history.clicks);
            handedOut.push([clicks, JSON.stringify(clicks)]);
          } else {
            expect(() => run(history, action)).toThrow(expect.objectContaining({ code: 'bad-click' }));
          }
          expect(history.clicks).toEqual(model.now);
          expect(history.canUndo).toBe(model.past.length > 0);
          expect(history.canRedo).toBe(model.future.length > 0);
        }
        for (const [clicks, text] of handedOut) expect(JSON.stringify(clicks)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its own copies: what a caller alters later does not reach it', () => {
    const history = createClickHistory(size);
    const mine = { x: 1, y: 2, label: 'positive' as Click['label'], note: 'mine' };
    const list = [mine];
    history.replace(list);
    mine.x = 50;
    list.push(mine);
    expect(history.clicks).toEqual([at(1, 2)]);
    expect(Object.isFrozen(history.clicks)).toBe(true);
    expect(history.clicks.every(Object.isFrozen)).toBe(true);
  });

  it('keeps the place of a moved click in the order', () => {
    const history = createClickHistory(size);
    history.add(at(1, 1));
    history.add(at(2, 2, 'negative'));
    expect(history.move(0, { x: 9, y: 8 })).toEqual([at(9, 8), at(2, 2, 'negative')]);
  });

  it.each([
    ['no click', (history: ClickHistory) => history.add(undefined as unknown as Click)],
    ['a label of its own', (history: ClickHistory) => history.add(at(1, 1, 'maybe' as Click['label']))],
    ['a move to nowhere', (history: ClickHistory) => history.move(0, null as unknown as Click)],
    ['an index below 0', (history: ClickHistory) => history.remove(-1)],
    ['a fractional index', (history: ClickHistory) => history.remove(0.5)],
    ['no list', (history: ClickHistory) => history.replace('clicks' as unknown as Click[])],
  ])('refuses %s', (_, change) => {
    const history = createClickHistory(size);
    history.add(at(3, 3));
    expect(() => change(history)).toThrow(expect.objectContaining({ code: 'bad-click' }));
    expect(history.clicks).toEqual([at(3, 3)]);
  });

  it('refuses a limit that is no whole number', () => {
    for (const limit of [-1, 0.5, Number.NaN]) {
      expect(() => createClickHistory(size, limit)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });
});

describe('checkClicks', () => {
  it('accepts the corners of the picture, duplicates, and no clicks at all', () => {
    checkClicks([at(0, 0), at(64, 48), at(64, 48), at(0.25, 47.999, 'negative')], size);
    checkClicks([], size);
  });

  it.each([
    ['NaN', at(Number.NaN, 1)],
    ['infinity', at(1, Number.POSITIVE_INFINITY)],
    ['a point to the left', at(-0.001, 1)],
    ['a point below', at(1, 48.001)],
    ['text as a coordinate', { x: '1', y: 1, label: 'positive' }],
    ['no label', { x: 1, y: 1 }],
    ['a number as a label', { x: 1, y: 1, label: 1 }],
    ['null', null],
  ])('refuses %s and names the click', (_, wrong) => {
    const call = () => checkClicks([at(1, 1), wrong], size);
    expect(call).toThrow(expect.objectContaining({ code: 'bad-click' }));
    expect(call).toThrow(/clicks\[1\]/);
  });
});

describe('clickPixel', () => {
  it('gives the pixel under the point, and the last one for the far edge', () => {
    expect(clickPixel({ x: 0, y: 0.999 }, size)).toEqual({ column: 0, row: 0 });
    expect(clickPixel({ x: 10.5, y: 20 }, size)).toEqual({ column: 10, row: 20 });
    expect(clickPixel({ x: 64, y: 48 }, size)).toEqual({ column: 63, row: 47 });
  });
});
