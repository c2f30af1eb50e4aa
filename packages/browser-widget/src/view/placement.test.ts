import { expect, test } from 'vitest';
import { toElement, toWindow } from './placement.js';

const seen = (scale: number, { width = 200, height = 100, border = 0 } = {}) =>
  ({
    offsetWidth: Math.round(width),
    offsetHeight: Math.round(height),
    clientLeft: border,
    clientTop: border,
    getBoundingClientRect: () => ({ left: 30, top: 40, width: width * scale, height: height * scale }),
  }) as unknown as HTMLElement;

test.each([
  ['as it is', seen(1), { x: 10, y: 20 }, { x: 40, y: 60 }],
  ['a size that is no whole px', seen(1, { width: 200.4, height: 99.6 }), { x: 150, y: 80 }, { x: 180, y: 120 }],
  ['with a border', seen(1, { border: 4 }), { x: 10, y: 20 }, { x: 44, y: 64 }],
  ['halved, with a border', seen(0.5, { border: 4 }), { x: 10, y: 20 }, { x: 37, y: 52 }],
  ['twice as large', seen(2), { x: 10, y: 20 }, { x: 50, y: 80 }],
  ['not shown', seen(1, { width: 0, height: 0 }), { x: 10, y: 20 }, { x: 40, y: 60 }],
])('a point of an element in the window, and back: %s', (_, element, inside, inWindow) => {
  expect(toWindow(element, inside)).toEqual(inWindow);
  expect(toElement(element, inWindow)).toEqual(inside);
});
