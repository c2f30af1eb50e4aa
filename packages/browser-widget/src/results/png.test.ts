import { area, type MaskRuns, maskFromRuns } from '@clickmask/core';
import { rectRuns, union } from '@clickmask/core/masks';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { labelMapPng, maskPng } from './png.js';

// Read by another program than the one that wrote them.
const pixelsOf = async (png: Blob) => {
  expect(png.type).toBe('image/png');
  const image = sharp(Buffer.from(await png.arrayBuffer()));
  const { channels, depth, width, height } = await image.metadata();
  expect([channels, depth]).toEqual([1, 'uchar']);
  return { width, height, data: [...(await image.extractChannel(0).raw().toBuffer())] };
};
const size = { width: 7, height: 5 };

describe('PNG', () => {
  test('a mask is 255 on the object and 0 around it', async () => {
    const boxes = fc.record({
      x: fc.nat(5),
      y: fc.nat(3),
      width: fc.integer({ min: 1, max: 2 }),
      height: fc.integer({ min: 1, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(boxes, boxes, async (a, b) => {
        const runs = union(rectRuns(size, a), rectRuns(size, b));
        const { data, ...read } = await pixelsOf(await maskPng(runs));
        expect(read).toEqual(size);
        expect(data).toEqual([...maskFromRuns(runs).data].map((value) => value * 255));
      }),
      { numRuns: 25 },
    );
  });

  test('a large one is small as a file', async () => {
    const runs: MaskRuns = rectRuns({ width: 4000, height: 3000 }, { x: 500, y: 500, width: 2000, height: 2000 });
    const png = await maskPng(runs);
    expect(png.size).toBeLessThan(60_000);
    const { data } = await pixelsOf(png);
    expect(data.reduce((sum, value) => sum + (value === 255 ? 1 : 0), 0)).toBe(area(runs));
  });

  test('in a label map the later of two masks is on top', async () => {
    const layers = [
      { runs: rectRuns(size, { x: 0, y: 0, width: 4, height: 2 }), value: 1 },
      { runs: rectRuns(size, { x: 3, y: 1, width: 2, height: 2 }), value: 2 },
    ];
    const { data } = await pixelsOf(await labelMapPng(size, layers));
    expect(data.slice(0, 7)).toEqual([1, 1, 1, 1, 0, 0, 0]);
    expect(data.slice(7, 14)).toEqual([1, 1, 1, 2, 2, 0, 0]);
    expect(data.slice(14, 21)).toEqual([0, 0, 0, 2, 2, 0, 0]);
  });
});
