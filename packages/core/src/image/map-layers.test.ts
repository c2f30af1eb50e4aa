import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rect, type Size, wholeRect } from '../geometry/index.js';
import { maskFromRuns, sampleMap, thresholdMap } from '../mask/index.js';
import { axisWeights } from './axis-weights.js';
import { layersOf, pasteOnMap } from './map-layers.js';
import { type MapPatch, type ProbabilityMap, sigmoid } from './probability-map.js';
import { readOnGrid } from './read-on-grid.js';
import { applyWeights, resizeMap } from './resize.js';

const size: Size = { width: 23, height: 17 };

const rects = fc
  .record({ x: fc.nat(size.width - 1), y: fc.nat(size.height - 1), w: fc.nat(30), h: fc.nat(30) })
  .map(({ x, y, w, h }): Rect => {
    return { x, y, width: 1 + (w % (size.width - x)), height: 1 + (h % (size.height - y)) };
  });

const patches = fc
  .record({
    roi: rects,
    width: fc.integer({ min: 1, max: 6 }),
    height: fc.integer({ min: 1, max: 6 }),
    filter: fc.constantFrom('half-pixel' as const, 'align-corners' as const),
    scale: fc.constantFrom('probability' as const, 'logit' as const),
    seed: fc.nat(1000),
  })
  .map(({ seed, ...rest }): MapPatch => {
    const data = Float32Array.from({ length: rest.width * rest.height }, (_, i) => {
      const value = Math.abs(Math.sin(seed + i * 12.9898) * 43758.5453) % 1;
      return rest.scale === 'logit' ? 8 * value - 4 : value;
    });
    return { ...rest, data };
  });

const maps = fc
  .tuple(patches, fc.array(patches, { minLength: 1, maxLength: 4 }))
  .map(([base, more]) => more.reduce<ProbabilityMap>(pasteOnMap, base));

/** Every pixel's probability, put together by hand at full size. */
function full(map: ProbabilityMap): Float32Array {
  const out = new Float32Array(size.width * size.height);
  for (const layer of layersOf(map)) {
    const enlarged = resizeMap(layer.data, layer, layer.roi, layer.filter);
    const values = layer.scale === 'logit' ? sigmoid(enlarged) : enlarged;
    for (let y = 0; y < layer.roi.height; y++) {
      const row = values.subarray(y * layer.roi.width, (y + 1) * layer.roi.width);
      out.set(row, (layer.roi.y + y) * size.width + layer.roi.x);
    }
  }
  return out;
}

describe('maps with patches', () => {
  it('are read on any grid as if laid out at full size', () => {
    const filters = fc.constantFrom('half-pixel', 'align-corners', 'area', 'triangle');
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(maps, rects, filters, side, side, (map, roi, filter, width, height) => {
        const pixels = full(map);
        const cut = Float32Array.from({ length: roi.width * roi.height }, (_, i) => {
          return pixels[(roi.y + Math.floor(i / roi.width)) * size.width + roi.x + (i % roi.width)];
        });
        const across = axisWeights(roi.width, width, filter);
        const expected = applyWeights(cut, across, axisWeights(roi.height, height, filter));
        const found = readOnGrid(map, roi, { width, height }, filter);
        expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-6);
      }),
    );
  });

  it('are cut and sampled as if laid out at full size', () => {
    fc.assert(
      fc.property(maps, fc.double({ min: 0.2, max: 0.8, noNaN: true }), (map, probability) => {
        const pixels = full(map);
        const isLogit = map.scale === 'logit';
        const level = isLogit ? Math.log(probability / (1 - probability)) : probability;
        const mask = maskFromRuns(thresholdMap(map, size, level)).data;
        for (let i = 0; i < mask.length; i++) {
          const point = { x: (i % size.width) + 0.5, y: Math.floor(i / size.width) + 0.5 };
          const inside = layersOf(map).some(
            ({ roi }) =>
              point.x > roi.x && point.x < roi.x + roi.width && point.y > roi.y && point.y < roi.y + roi.height,
          );
          const sampled = sampleMap(map, point);
          if (inside) expect(isLogit ? 1 / (1 + Math.exp(-sampled)) : sampled).toBeCloseTo(pixels[i], 5);
          if (Math.abs(pixels[i] - probability) > 1e-5) expect(mask[i]).toBe(pixels[i] > probability ? 1 : 0);
        }
      }),
    );
  });

  it('cut at the open ends as maps without', () => {
    const roi = wholeRect(size);
    const grid = { width: 1, height: 1, roi, filter: 'half-pixel' } as const;
    const map = pasteOnMap(
      { ...grid, data: new Float32Array([1]) },
      { ...grid, roi: { x: 0, y: 0, width: 5, height: 5 }, scale: 'logit', data: new Float32Array([3]) },
    );
    expect(thresholdMap(map, size, 0).spans).toEqual(thresholdMap({ ...grid, data: map.data }, size, 0).spans);
    for (const above of [1, 2]) expect(thresholdMap(map, size, above).spans.length).toBe(0);
  });

  it('forget patches that a later one hides', () => {
    const grid = { width: 1, height: 1, data: new Float32Array([0.5]), filter: 'half-pixel' } as const;
    const at = (x: number, width: number): MapPatch => ({ ...grid, roi: { x, y: 2, width, height: 3 } });
    const map = pasteOnMap(pasteOnMap({ ...grid, roi: wholeRect(size) }, at(2, 5)), at(6, 5));
    expect(layersOf(map).map(({ roi }) => roi.x)).toEqual([0, 2, 6]);
    expect(layersOf(pasteOnMap(map, at(2, 6))).map(({ roi }) => roi.width)).toEqual([23, 5, 6]);
    expect(layersOf(pasteOnMap(map, at(0, 20))).length).toBe(2);
  });
});
