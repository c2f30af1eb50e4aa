import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitViewport, panViewport, revealPoint, toImage, toStage, zoomViewport } from './viewport.js';

const image = { width: 4000, height: 3000 };
const stage = { width: 800, height: 600 };
const side = fc.integer({ min: 1, max: 9000 });

test('fits the whole image into the middle', () => {
  fc.assert(
    fc.property(side, side, (width, height) => {
      const view = fitViewport({ width, height }, stage);
      const corner = toStage(view, { x: width, y: height });
      expect(view.x).toBeGreaterThanOrEqual(15.9);
      expect(view.y).toBeGreaterThanOrEqual(15.9);
      expect(corner.x).toBeLessThanOrEqual(stage.width - 15.9);
      expect(corner.y).toBeLessThanOrEqual(stage.height - 15.9);
      expect(view.x + corner.x).toBeCloseTo(stage.width, 6);
    }),
  );
});

test('image px and stage px lead back to each other', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 4000, noNaN: true }),
      fc.double({ min: 0, max: 3000, noNaN: true }),
      (x, y) => {
        const view = zoomViewport(fitViewport(image, stage), 3, { x: 100, y: 50 }, image, stage);
        const back = toImage(view, toStage(view, { x, y }));
        expect(back.x).toBeCloseTo(x, 6);
        expect(back.y).toBeCloseTo(y, 6);
      },
    ),
  );
});

test('zooming keeps what is under the pointer, and has limits', () => {
  const view = fitViewport(image, stage);
  const anchor = { x: 333, y: 222 };
  const before = toImage(view, anchor);
  const after = toImage(zoomViewport(view, 2.5, anchor, image, stage), anchor);
  expect(after.x).toBeCloseTo(before.x, 6);
  expect(after.y).toBeCloseTo(before.y, 6);
  expect(zoomViewport(view, 1e9, anchor, image, stage).scale).toBe(64);
  expect(zoomViewport(view, 1e-9, anchor, image, stage).scale).toBeGreaterThan(view.scale * 0.4);
});

test('the image cannot be lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -9999, max: 9999 }), (dx, dy) => {
      const view = panViewport(fitViewport(image, stage), dx, dy, image, stage);
      const end = toStage(view, { x: image.width, y: image.height });
      expect(end.x).toBeGreaterThanOrEqual(47);
      expect(end.y).toBeGreaterThanOrEqual(47);
      expect(view.x).toBeLessThanOrEqual(stage.width - 47);
      expect(view.y).toBeLessThanOrEqual(stage.height - 47);
    }),
  );
});

test('a point outside the stage is brought inside', () => {
  const view = zoomViewport(fitViewport(image, stage), 8, { x: 400, y: 300 }, image, stage);
  const inside = toStage(revealPoint(view, { x: -50, y: 300 }, image, stage), toImage(view, { x: -50, y: 300 }));
  expect(inside.x).toBeCloseTo(24, 6);
});
