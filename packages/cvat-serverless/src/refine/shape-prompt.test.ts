import { cvatMask } from '@clickmask/core/formats';
import { rectRuns } from '@clickmask/core/masks';
import { describe, expect, it } from 'vitest';
import { shapeDefaults } from '../../test/support/fake-job.js';
import type { CvatShape, ShapeType } from '../client/index.js';
import { shapePrompt } from './shape-prompt.js';

const size = { width: 64, height: 48 };
const prompt = (type: ShapeType, points: readonly number[], rotation?: number) =>
  shapePrompt({ ...shapeDefaults, type, frame: 0, label_id: 1, points, rotation } as CvatShape, size);
const rounded = (box: object | undefined) =>
  Object.values(box ?? {}).map((value) => Math.round((value as number) * 1000) / 1000);

describe('the prompt of a shape', () => {
  it.each<[string, ShapeType, number[], number | undefined, number[]]>([
    ['a box', 'rectangle', [10, 12, 30, 40], 0, [10, 12, 30, 40]],
    ['a box of a server that sends no rotation', 'rectangle', [10, 12, 30, 40], undefined, [10, 12, 30, 40]],
    ['a box from any corner', 'rectangle', [30, 40, 10, 12], 0, [10, 12, 30, 40]],
    ['a box beyond the frame', 'rectangle', [-5, -6, 90, 80], 0, [0, 0, 64, 48]],
    ['a box turned by a right angle', 'rectangle', [20, 18, 40, 22], 90, [28, 10, 32, 30]],
    ['a box turned by a half circle', 'rectangle', [20, 18, 40, 22], 180, [20, 18, 40, 22]],
    ['a box from any corner, turned', 'rectangle', [40, 22, 20, 18], 270, [28, 10, 32, 30]],
    // Half a side of 20 at 60 degrees, and half a side of 4 at 30.
    ['a box turned by 60 degrees', 'rectangle', [20, 18, 40, 22], 60, [23.268, 10.34, 36.732, 29.66]],
    ['a box turned the other way', 'rectangle', [20, 18, 40, 22], -60, [23.268, 10.34, 36.732, 29.66]],
    ['an ellipse', 'ellipse', [30, 20, 40, 14], 0, [20, 14, 40, 26]],
    ['a turned ellipse', 'ellipse', [30, 20, 40, 14], 90, [24, 10, 36, 30]],
    ['an ellipse of a server that sends no rotation', 'ellipse', [30, 20, 40, 14], undefined, [20, 14, 40, 26]],
  ])('is the upright box of %s', (_, type, points, rotation, box) => {
    const found = prompt(type, points, rotation);
    expect(rounded(found?.box)).toEqual(box);
    expect(found?.prompt).toEqual({ box: found?.box });
  });

  it.each<[string, ShapeType, number[]]>([
    ['a box without width', 'rectangle', [10, 12, 10, 40]],
    ['a box without height', 'rectangle', [10, 12, 30, 12]],
    ['a box left of the frame', 'rectangle', [-9, 1, 0, 9]],
    ['a box below the frame', 'rectangle', [1, 48, 9, 60]],
    ['a polygon beside the frame', 'polygon', [70, 1, 80, 1, 75, 9]],
    ['a kind that covers nothing', 'points', [3, 3]],
  ])('is none for %s', (_, type, points) => {
    expect(prompt(type, points)).toBe(null);
  });

  it('is a mask itself, with a click on its innermost point', () => {
    const runs = rectRuns(size, { x: 20, y: 11, width: 13, height: 13 });
    expect(prompt('mask', cvatMask.serialize(runs))).toEqual({
      prompt: { clicks: [{ x: 26.5, y: 17.5, label: 'positive' }], mask: runs },
      box: { x1: 20, y1: 11, x2: 33, y2: 24 },
    });
  });

  it('is the area of a polygon', () => {
    const found = prompt('polygon', [20, 11, 33, 11, 33, 20, 20, 20]);
    expect(found?.prompt.mask).toEqual(rectRuns(size, { x: 20, y: 11, width: 13, height: 9 }));
    expect(found?.box).toEqual({ x1: 20, y1: 11, x2: 33, y2: 20 });
  });
});
