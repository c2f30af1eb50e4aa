import { isSet } from '@clickmask/core/masks';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { strokeRuns } from './brush-stroke.js';

const size = { width: 40, height: 30 };
const point = fc.record({
  x: fc.double({ min: -5, max: 45, noNaN: true }),
  y: fc.double({ min: -5, max: 35, noNaN: true }),
});

/** Distance of a point to a line segment. */
function distance(px: number, py: number, a: { x: number; y: number }, b: { x: number; y: number }): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - a.x) * dx + (py - a.y) * dy) / length));
  return Math.hypot(px - a.x - t * dx, py - a.y - t * dy);
}

test('covers the pixels whose centre is within the radius of the line, and no others', () => {
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 1, max: 9, noNaN: true }),
      (points, radius) => {
        const runs = strokeRuns(points, radius, size);
        const wrong: string[] = [];
        for (let y = 0; y < size.height; y++) {
          for (let x = 0; x < size.width; x++) {
            const ends = points.length === 1 ? [points[0], points[0]] : points;
            const nearest = Math.min(...ends.slice(1).map((b, i) => distance(x + 0.5, y + 0.5, ends[i], b)));
            if (Math.abs(nearest - radius) < 1e-6) continue;
            if (isSet(runs, x, y) !== nearest < radius) wrong.push(`${x}, ${y}`);
          }
        }
        expect(wrong).toEqual([]);
      },
    ),
  );
});

test('no points, and points far beside the image, cover nothing', () => {
  for (const points of [[], [{ x: -9, y: 5 }], [{ x: 49, y: 5 }], [{ x: 5, y: -9 }], [{ x: 5, y: 39 }]]) {
    const runs = strokeRuns(points, 3, size);
    expect([runs.width, runs.height, runs.spans.length]).toEqual([40, 30, 0]);
  }
});

test('the finest brush still paints the pixel it is on', () => {
  expect(isSet(strokeRuns([{ x: 10.9, y: 5.1 }], 0.01, size), 10, 5)).toBe(true);
});
