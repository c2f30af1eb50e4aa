import { cvatMask } from '@clickmask/core/formats';
import { emptyRuns, rectRuns } from '@clickmask/core/masks';
import { describe, expect, it } from 'vitest';
import { runsWhere } from '../../test/support/fake-segmenter.js';
import type { CvatShape } from '../client/index.js';
import { resultKinds, resultShape } from './result-shape.js';

const size = { width: 64, height: 48 };
const source: CvatShape = {
  id: 7,
  type: 'ellipse',
  frame: 3,
  label_id: 2,
  group: 4,
  source: 'manual',
  occluded: true,
  outside: true,
  z_order: 5,
  rotation: 30,
  points: [1, 2, 3, 4],
  attributes: [{ spec_id: 1, value: 'red' }],
};
const runs = rectRuns(size, { x: 10, y: 5, width: 20, height: 8 });

describe('a result', () => {
  it('has what its source says of the object, and its own place', () => {
    const { frame, label_id, group, occluded, z_order, attributes } = source;
    expect(resultShape(source, runs, 'mask')).toEqual({
      ...{ frame, label_id, group, occluded, z_order, attributes },
      ...{ type: 'mask', source: 'semi-auto', outside: false, rotation: 0 },
      points: cvatMask.serialize(runs),
    });
  });

  it.each([null, undefined])('has group 0 if its source has %s', (group) => {
    expect(resultShape({ ...source, group }, runs, 'mask')?.group).toBe(0);
  });

  it('is a tight box as a rectangle', () => {
    expect(resultShape(source, runs, 'rectangle')).toMatchObject({ type: 'rectangle', points: [10, 5, 30, 13] });
  });

  it('is the largest part as a polygon', () => {
    const parts = runsWhere(64, 48, (x, y) => (x >= 40 && x < 44 && y < 4) || (x >= 5 && x < 25 && y >= 20 && y < 30));
    const points = resultShape(source, parts, 'polygon')?.points ?? [];
    const corners = Array.from({ length: points.length / 2 }, (_, i) => `${points[2 * i]},${points[2 * i + 1]}`);
    expect(corners.sort()).toEqual(['25,20', '25,30', '5,20', '5,30']);
  });

  it.each(resultKinds)('is none of an empty mask, as a %s', (kind) => {
    expect(resultShape(source, emptyRuns(size), kind)).toBe(null);
  });
});
