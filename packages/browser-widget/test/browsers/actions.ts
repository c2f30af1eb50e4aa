import type { Hand, MouseButton, Point } from './page.js';

/** What WebDriver, the old and the new, takes for one device. */
interface Source {
  readonly type: 'key' | 'pointer' | 'wheel';
  readonly id: string;
  readonly parameters?: { readonly pointerType: 'mouse' | 'touch' };
  readonly actions: readonly Readonly<Record<string, unknown>>[];
}

/** Code points of keys that are not characters (W3C WebDriver, 17.4.2). */
const namedKeys: Readonly<Record<string, string>> = {
  Backspace: '\uE003',
  Tab: '\uE004',
  Enter: '\uE007',
  Shift: '\uE008',
  Control: '\uE009',
  Alt: '\uE00A',
  Escape: '\uE00C',
  ' ': '\uE00D',
  PageUp: '\uE00E',
  PageDown: '\uE00F',
  End: '\uE010',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
  Delete: '\uE017',
};
const buttons: Readonly<Record<MouseButton, number>> = { left: 0, middle: 1, right: 2 };

/** A hand made of the actions of WebDriver. */
export function handOfActions(perform: (sources: readonly Source[]) => Promise<unknown>): Hand {
  let at: Point = { x: 0, y: 0 };
  let fingers: readonly Point[] = [];
  const mouse = (...actions: Source['actions']) =>
    perform([{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }]);
  const keys = (...actions: Source['actions']) => perform([{ type: 'key', id: 'keyboard', actions }]);
  const touch = (points: readonly Point[], actionsOf: (point: Point) => Source['actions']) =>
    perform(
      points.map((point, index) => ({
        type: 'pointer',
        id: `finger-${index}`,
        parameters: { pointerType: 'touch' },
        actions: actionsOf(point),
      })),
    );
  const value = (key: string) => namedKeys[key] ?? key;
  const moveTo = ({ x, y }: Point) => ({ type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0 });
  return {
    async move(to, steps = 1) {
      const from = at;
      at = to;
      const way = Array.from({ length: steps }, (_, i) => ({
        x: from.x + ((to.x - from.x) * (i + 1)) / steps,
        y: from.y + ((to.y - from.y) * (i + 1)) / steps,
      }));
      await mouse(...way.map(moveTo));
    },
    down: async (button = 'left') => void (await mouse({ type: 'pointerDown', button: buttons[button] })),
    up: async (button = 'left') => void (await mouse({ type: 'pointerUp', button: buttons[button] })),
    async wheel(dy) {
      const scroll = { type: 'scroll', x: Math.round(at.x), y: Math.round(at.y), deltaX: 0, deltaY: dy };
      await perform([{ type: 'wheel', id: 'wheel', actions: [scroll] }]);
    },
    async press(combination) {
      const all = combination.split(/(?<=.)\+(?=.)/).map(value);
      await keys(
        ...all.map((key) => ({ type: 'keyDown', value: key })),
        ...all.reverse().map((key) => ({ type: 'keyUp', value: key })),
      );
    },
    keyDown: async (key) => void (await keys({ type: 'keyDown', value: value(key) })),
    keyUp: async (key) => void (await keys({ type: 'keyUp', value: value(key) })),
    async fingersDown(...points) {
      fingers = points;
      await touch(points, (point) => [moveTo(point), { type: 'pointerDown', button: 0 }]);
    },
    async fingersMove(...points) {
      fingers = points;
      await touch(points, (point) => [{ ...moveTo(point), duration: 10 }]);
    },
    async fingersUp() {
      await touch(fingers, () => [{ type: 'pointerUp', button: 0 }]);
      fingers = [];
    },
  };
}
