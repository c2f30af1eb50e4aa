import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Corners, planeOf } from './placement.js';

const near = (a: { x: number; y: number }, b: { x: number; y: number }, by = 1e-6) =>
  expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(by);

/** The corners of a rectangle as a transform shows them. */
const seen = (show: (x: number, y: number) => [number, number]) =>
  (
    [
      [0, 0],
      [200, 0],
      [200, 100],
      [0, 100],
    ] as const
  ).map(([x, y]) => {
    const [sx, sy] = show(x, y);
    return { x: sx, y: sy };
  }) as unknown as Corners;

const tilted = (x: number, y: number): [number, number] => {
  const w = 1 + 0.002 * x - 0.001 * y;
  return [(30 + 0.8 * x + 0.1 * y) / w, (20 - 0.05 * x + 1.1 * y) / w];
};
const turned = (x: number, y: number): [number, number] => [
  x * Math.cos(1) - y * Math.sin(1),
  x * Math.sin(1) + y * Math.cos(1),
];

test.each([
  ['moved', (x: number, y: number): [number, number] => [x + 7, y - 3]],
  ['scaled', (x: number, y: number): [number, number] => [x * 0.5, y * 3]],
  ['mirrored', (x: number, y: number): [number, number] => [300 - x, y]],
  ['turned', turned],
  ['skewed', (x: number, y: number): [number, number] => [x + 0.4 * y, y]],
  ['tilted in space', tilted],
])('%s: every point is found where it is seen, and back', (_, show) => {
  const plane = planeOf(200, 100, seen(show))!;
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 250 }), fc.integer({ min: -20, max: 120 }), (x, y) => {
      const [sx, sy] = show(x, y);
      near(plane.toSeen({ x, y }), { x: sx, y: sy });
      near(plane.toOwn({ x: sx, y: sy }), { x, y });
    }),
  );
});

test('edge-on, or without a size, there is nothing to find', () => {
  expect(
    planeOf(
      200,
      100,
      seen((x) => [x, x]),
    ),
  ).toBeNull();
  expect(
    planeOf(
      200,
      100,
      seen((x) => [x, 5]),
    ),
  ).toBeNull();
  expect(
    planeOf(
      0,
      100,
      seen((x, y) => [x, y]),
    ),
  ).toBeNull();
  expect(
    planeOf(
      200,
      0,
      seen((x, y) => [x, y]),
    ),
  ).toBeNull();
});
