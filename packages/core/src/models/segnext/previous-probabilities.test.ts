import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ProbabilityMap, readOnGrid, resizeMap, sigmoid } from '../../image/index.js';
import { previousProbabilities } from './previous-probabilities.js';

const side = fc.integer({ min: 1, max: 23 });
const logits = (length: number) => Float32Array.from({ length }, (_, i) => 6 * Math.sin(i * 12.9898));

describe('previousProbabilities', () => {
  it('is the map at the picture’s size, through the logistic function, and then on the grid', () => {
    fc.assert(
      fc.property(fc.tuple(side, side, side, side, side, side), ([width, height, w, h, gw, gh]) => {
        const map: ProbabilityMap = {
          width,
          height,
          data: logits(width * height),
          scale: 'logit',
          roi: { x: 0, y: 0, width: w, height: h },
          filter: 'half-pixel',
        };
        const picture = sigmoid(resizeMap(map.data, map, map.roi, 'half-pixel'));
        const expected = resizeMap(picture, map.roi, { width: gw, height: gh }, 'half-pixel');
        const found = previousProbabilities(map, map.roi, { width: gw, height: gh });
        expect(found).toHaveLength(expected.length);
        found.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i], 5);
        });
      }),
    );
  });

  it('is 0 outside of what the map covers, and reads maps of probabilities as they are', () => {
    const map: ProbabilityMap = {
      width: 2,
      height: 2,
      data: Float32Array.of(0.2, 0.4, 0.6, 0.8),
      roi: { x: 4, y: 2, width: 4, height: 4 },
      filter: 'align-corners',
    };
    const region = { x: 0, y: 0, width: 10, height: 8 };
    const grid = { width: 10, height: 8 };
    const found = previousProbabilities(map, region, grid);
    expect(found[0]).toBe(0);
    const expected = readOnGrid(map, region, grid, 'half-pixel');
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 6);
    });
  });
});
