import { describe, expect, it } from 'vitest';
import type { Click } from '../../clicks/index.js';
import { clickMaps } from './click-maps.js';

const size = { width: 32, height: 32 };
const roi = { x: 100, y: 50, width: 64, height: 16 };
const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
const draw = (clicks: readonly Click[], mirrored = false) => {
  const maps = clickMaps(clicks, { roi, mirrored }, size, 1);
  return [maps.subarray(0, 1024), maps.subarray(1024)].map((map) => Array.from(map.keys()).filter((i) => map[i] === 1));
};
const around = (column: number, row: number) =>
  [at(column, row - 1), at(column - 1, row), at(column, row), at(column + 1, row), at(column, row + 1)].map(
    ({ x, y }) => y * 32 + x,
  );

describe('clickMaps', () => {
  it('draws positive clicks in the first map and negative ones in the second, by their pixels', () => {
    expect(draw([at(120.5, 55.5), at(140.5, 60.5, 'negative')])).toEqual([around(10, 10), around(20, 20)]);
    expect(draw([])).toEqual([[], []]);
  });

  it('mirrors', () => {
    expect(draw([at(120.5, 55.5)], true)).toEqual([around(21, 10), []]);
  });

  it('leaves out clicks beyond the left and upper edge, and keeps the rim of others beyond an edge', () => {
    expect(draw([at(98.5, 49.5)])).toEqual([[], []]);
    expect(draw([at(98.5, 55.5)])).toEqual([[320], []]);
    expect(draw([at(500.5, 55.5)])).toEqual([[], []]);
  });
});
