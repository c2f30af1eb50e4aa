import { expectInteger, unexpected } from '../errors/index.js';
import type { ImagePoint, Size } from '../geometry/index.js';
import { type Click, checkClicks } from './click.js';

/**
 * The clicks on one picture, in the order they were made, with undo and redo.
 *
 * Every change (add, move, remove, relabel, clear, replace) is one step of the history; a change after an undo drops
 * what could have been redone. The lists handed out are never altered afterwards.
 */
export interface ClickHistory {
  /** The clicks as they stand; the first is the anchor. */
  readonly clicks: readonly Click[];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  add(click: Click): readonly Click[];
  /** Moves the click at `index`; its place in the order stays. */
  move(index: number, to: ImagePoint): readonly Click[];
  remove(index: number): readonly Click[];
  clear(): readonly Click[];
  /** Puts a whole new list in place, as one step. */
  replace(clicks: readonly Click[]): readonly Click[];
  /** Goes back one step; without one to undo nothing changes. */
  undo(): readonly Click[];
  redo(): readonly Click[];
}

/**
 * A click history for a picture of the given size.
 *
 * @param limit - how many steps can be undone; default 1000
 * @throws ClickmaskError `bad-option` for a wrong limit; `bad-click` from every change that would leave an invalid click,
 * which is then not made
 *
 * @example
 * ```ts
 * import { createClickHistory } from '@clickmask/core/session';
 *
 * const history = createClickHistory({ width: 640, height: 480 });
 * history.add({ x: 320, y: 240, label: 'positive' });
 * history.add({ x: 20, y: 30, label: 'negative' });
 * history.undo();
 * console.log(history.clicks.length, history.canRedo); // 1 true
 * ```
 */
export function createClickHistory(size: Size, limit = 1000): ClickHistory {
  expectInteger('bad-option', 'limit', limit, 0);
  let states: readonly (readonly Click[])[] = [[]];
  let current = 0;

  const commit = (clicks: readonly Click[]): readonly Click[] => {
    checkClicks(clicks, size);
    // Copies, so that a caller's own object, altered later, cannot reach into the history.
    const copies = clicks.map(({ x, y, label }) => Object.freeze({ x, y, label }));
    const kept = states.slice(Math.max(0, current + 1 - limit), current + 1);
    states = [...kept, Object.freeze(copies)];
    current = states.length - 1;
    return states[current];
  };
  const at = (index: number): Click => {
    const click = states[current][index];
    if (click === undefined) {
      throw unexpected('bad-click', 'index', `the index of one of ${states[current].length} clicks`, index);
    }
    return click;
  };

  return {
    get clicks() {
      return states[current];
    },
    get canUndo() {
      return current > 0;
    },
    get canRedo() {
      return current < states.length - 1;
    },
    add: (click) => commit([...states[current], click]),
    move(index, to) {
      const moved: Click = { ...at(index), x: to?.x, y: to?.y };
      return commit(states[current].map((click, i) => (i === index ? moved : click)));
    },
    remove(index) {
      at(index);
      return commit(states[current].filter((_, i) => i !== index));
    },
    clear: () => commit([]),
    replace: (clicks) => commit(clicks),
    undo() {
      if (current > 0) current -= 1;
      return states[current];
    },
    redo() {
      if (current < states.length - 1) current += 1;
      return states[current];
    },
  };
}
