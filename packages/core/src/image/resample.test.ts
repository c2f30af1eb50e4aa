import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClickmaskError } from '../errors/index.js';
import { axisWeights, composeWeights, type ResampleFilter } from './axis-weights.js';
import { levelOf, probabilitiesOf, sigmoid } from './probability-map.js';
import { readOnGrid } from './read-on-grid.js';
import { applyWeights, checkInside, resizeMap, resizeToTensor } from './resize.js';
import type { RgbImage } from './rgb-image.js';

type Pair = readonly [number, number];

interface Golden {
  readonly maps: readonly {
    readonly seed: number;
    readonly input: Pair;
    readonly output: Pair;
    readonly filter: ResampleFilter;
    readonly values: readonly number[];
  }[];
  readonly crops: readonly {
    readonly seed: number;
    readonly image: Pair;
    readonly region: readonly [number, number, number, number];
    readonly output: Pair;
    readonly filter: ResampleFilter;
    readonly values: readonly number[];
  }[];
}

/** Made with PyTorch (`interpolate`) and OpenCV (`INTER_AREA`), see `golden/make.py`. */
const golden: Golden = JSON.parse(readFileSync(new URL('./golden/resample.json', import.meta.url), 'utf8'));
const filters: readonly ResampleFilter[] = ['half-pixel', 'align-corners', 'area'];

/** The same bytes as `pattern` in `golden/make.py`. */
function pattern(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Math.imul(i * 7919 + seed * 104729, 2654435761) >>> 24);
}

function picture(width: number, height: number, seed: number): RgbImage {
  return { width, height, data: pattern(width * height * 3, seed) };
}

const size = ([width, height]: Pair) => ({ width, height });

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** The weights as a full matrix, one row an output. */
function dense(weights: ReturnType<typeof axisWeights>): number[][] {
  return Array.from({ length: weights.outputSize }, (_, i) => {
    const row = new Array<number>(weights.inputSize).fill(0);
    for (let k = 0; k < weights.taps; k++) row[weights.first[i] + k] += weights.weights[i * weights.taps + k];
    return row;
  });
}

describe('resizeMap', () => {
  it.each(filters)('agrees with PyTorch and OpenCV (%s)', (filter) => {
    const cases = golden.maps.filter((entry) => entry.filter === filter);
    expect(cases.length).toBeGreaterThan(3);
    for (const { seed, input, output, values } of cases) {
      const data = Float32Array.from(pattern(input[0] * input[1], seed), (byte) => byte / 255);
      const resized = resizeMap(data, size(input), size(output), filter);
      expect(largestDifference(resized, values)).toBeLessThan(filter === 'area' ? 1e-4 : 1e-5);
    }
  });

  it('accepts bytes, and refuses data of another size', () => {
    const resized = resizeMap(Uint8Array.of(0, 200), size([2, 1]), size([1, 1]), 'area');
    expect([...resized]).toEqual([100]);
    const call = () => resizeMap(new Float32Array(3), size([2, 2]), size([1, 1]), 'area');
    expect(call).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});

describe('resizeToTensor', () => {
  it.each(filters)('crops and resizes as PyTorch and OpenCV do (%s)', (filter) => {
    const cases = golden.crops.filter((entry) => entry.filter === filter);
    expect(cases.length).toBeGreaterThan(3);
    for (const { seed, image, region, output, values } of cases) {
      const [x, y, width, height] = region;
      const tensor = resizeToTensor(picture(...image, seed), { x, y, width, height }, size(output), filter);
      expect(largestDifference(tensor, values)).toBeLessThan(filter === 'area' ? 1e-4 : 1e-5);
    }
  });

  it('gives the same by the area path for whole words as by the weights', () => {
    const drawn = fc
      .record({ quads: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 2, max: 60 }) })
      .chain(({ quads, height }) =>
        fc.record({
          image: fc.constant({ width: quads * 4, height }),
          x: fc.nat(quads * 4 - 2),
          y: fc.nat(height - 2),
          seed: fc.nat(1000),
        }),
      )
      .chain(({ image, x, y, seed }) =>
        fc.record({
          image: fc.constant(image),
          seed: fc.constant(seed),
          region: fc.record({
            x: fc.constant(x),
            y: fc.constant(y),
            width: fc.integer({ min: 2, max: image.width - x }),
            height: fc.integer({ min: 2, max: image.height - y }),
          }),
          across: fc.double({ min: 0, max: 1, noNaN: true }),
          down: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      );
    fc.assert(
      fc.property(drawn, ({ image, seed, region, across, down }) => {
        const output = {
          width: 1 + Math.floor(across * (region.width - 2)),
          height: 1 + Math.floor(down * (region.height - 2)),
        };
        const source = picture(image.width, image.height, seed);
        const tensor = resizeToTensor(source, region, output, 'area');
        for (let channel = 0; channel < 3; channel++) {
          const plane = new Float32Array(region.width * region.height);
          for (let p = 0; p < plane.length; p++) {
            const row = region.y + Math.floor(p / region.width);
            const column = region.x + (p % region.width);
            plane[p] = source.data[(row * image.width + column) * 3 + channel] / 255;
          }
          const expected = resizeMap(plane, region, output, 'area');
          const length = output.width * output.height;
          const got = tensor.subarray(channel * length, (channel + 1) * length);
          expect(largestDifference(got, expected)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same of an image in fewer pixels as of one where each is repeated', () => {
    const drawn = fc
      .record({
        image: fc.record({ width: fc.integer({ min: 2, max: 30 }), height: fc.integer({ min: 2, max: 30 }) }),
        factor: fc.record({ x: fc.integer({ min: 1, max: 5 }), y: fc.integer({ min: 1, max: 5 }) }),
      })
      .chain(({ image, factor }) => {
        const full = { width: image.width * factor.x, height: image.height * factor.y };
        const stretch = (length: number, least: number) =>
          fc
            .integer({ min: 0, max: length - least })
            .chain((start) =>
              fc.record({ start: fc.constant(start), length: fc.integer({ min: least, max: length - start }) }),
            );
        return fc.record({
          image: fc.constant(image),
          factor: fc.constant(factor),
          full: fc.constant(full),
          across: stretch(full.width, factor.x + 1),
          down: stretch(full.height, factor.y + 1),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
          seed: fc.nat(1000),
        });
      });
    fc.assert(
      fc.property(drawn, ({ image, factor, full, across, down, share, seed }) => {
        const region = { x: across.start, y: down.start, width: across.length, height: down.length };
        const fewer = (length: number, by: number) => 1 + Math.floor(share * (Math.ceil(length / by) - 2));
        const output = { width: fewer(region.width, factor.x), height: fewer(region.height, factor.y) };
        const reduced = picture(image.width, image.height, seed);
        const data = new Uint8Array(full.width * full.height * 3);
        for (let i = 0; i < data.length; i++) {
          const pixel = Math.floor(i / 3);
          const column = Math.floor((pixel % full.width) / factor.x);
          const row = Math.floor(Math.floor(pixel / full.width) / factor.y);
          data[i] = reduced.data[(row * image.width + column) * 3 + (i % 3)];
        }
        const expected = resizeToTensor({ ...full, data }, region, output, 'area');
        const got = resizeToTensor({ ...reduced, full }, region, output, 'area');
        expect(largestDifference(got, expected)).toBeLessThan(1e-6);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a reduced image where the output would need more pixels of it', () => {
    const reduced = { ...picture(10, 10, 1), full: { width: 40, height: 40 } };
    const region = { x: 0, y: 0, width: 20, height: 20 };
    const call = (width: number, filter: ResampleFilter) =>
      resizeToTensor(reduced, region, { width, height: 4 }, filter);
    expect(call(4, 'area')).toHaveLength(3 * 16);
    for (const [width, filter] of [
      [5, 'area'],
      [4, 'half-pixel'],
    ] as const) {
      expect(() => call(width, filter)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
    expect(() => resizeToTensor(reduced, { ...region, width: 41 }, { width: 4, height: 4 }, 'area')).toThrow(/40 x 40/);
  });

  it('sums up to 256 white rows without overflow, and falls back above', () => {
    for (const height of [255, 256, 257, 600]) {
      const data = new Uint8Array(4 * height * 3).fill(255);
      const region = { x: 0, y: 0, width: 4, height };
      const tensor = resizeToTensor({ width: 4, height, data }, region, { width: 2, height: 1 }, 'area');
      expect([...tensor]).toEqual(new Array(6).fill(1));
    }
  });

  it('reads images that begin in the middle of a word of their buffer, and clamped arrays', () => {
    const { data } = picture(8, 8, 3);
    const buffer = new ArrayBuffer(data.length + 1);
    const shifted = new Uint8ClampedArray(buffer, 1);
    shifted.set(data);
    const region = { x: 1, y: 0, width: 7, height: 8 };
    const output = { width: 3, height: 3 };
    const expected = resizeToTensor({ width: 8, height: 8, data }, region, output, 'area');
    const got = resizeToTensor({ width: 8, height: 8, data: shifted }, region, output, 'area');
    expect(largestDifference(got, expected)).toBeLessThan(1e-6);
  });

  it('scales by mean and standard deviation per channel', () => {
    const image = { width: 1, height: 1, data: Uint8Array.of(51, 102, 255) };
    const region = { x: 0, y: 0, width: 1, height: 1 };
    const tensor = resizeToTensor(image, region, region, 'half-pixel', { mean: [0.1, 0.4, 0.5], std: [0.1, 0.2, 0.5] });
    expect(largestDifference(tensor, [1, 0, 1])).toBeLessThan(1e-6);
    const bytes = resizeToTensor(image, region, region, 'half-pixel', { scale: 1 });
    expect([...bytes]).toEqual([51, 102, 255]);
  });

  it('squeezes images of one row or column', () => {
    const column = picture(1, 5000, 1);
    const region = { x: 0, y: 0, width: 1, height: 5000 };
    for (const filter of filters) {
      const tensor = resizeToTensor(column, region, { width: 4, height: 4 }, filter);
      expect(tensor.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });

  it.each([
    [{ x: -1, y: 0, width: 2, height: 2 }],
    [{ x: 0, y: 3, width: 2, height: 2 }],
    [{ x: 0, y: 0, width: 0, height: 2 }],
    [{ x: 0.5, y: 0, width: 2, height: 2 }],
    [{ x: 0, y: 0, width: Number.NaN, height: 2 }],
  ])('refuses the region %j', (region) => {
    const call = () => resizeToTensor(picture(4, 4, 0), region, { width: 2, height: 2 }, 'area');
    expect(call).toThrow(expect.objectContaining({ code: 'bad-option' }));
    expect(() => checkInside(region, { width: 4, height: 4 })).toThrow(/whole pixels inside 4 x 4/);
  });

  it('refuses an output without pixels', () => {
    for (const output of [size([0, 4]), size([4, -1]), size([2.5, 4])]) {
      const call = () => resizeToTensor(picture(4, 4, 0), { x: 0, y: 0, width: 4, height: 4 }, output, 'half-pixel');
      expect(call).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });
});

describe('axisWeights', () => {
  it('sums to 1 for every output and stays inside the input', () => {
    const sizes = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(sizes, sizes, fc.constantFrom(...filters), (input, output, filter) => {
        const weights = axisWeights(input, output, filter);
        for (let i = 0; i < output; i++) {
          expect(weights.first[i]).toBeGreaterThanOrEqual(0);
          expect(weights.first[i] + weights.taps).toBeLessThanOrEqual(input);
        }
        for (const row of dense(weights)) {
          expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
          expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('copies where nothing changes', () => {
    for (const filter of filters) {
      dense(axisWeights(5, 5, filter)).forEach((row, i) => {
        row.forEach((value, j) => {
          expect(value).toBeCloseTo(+(i === j), 12);
        });
      });
    }
  });

  it('refuses sizes that are not whole numbers from 1', () => {
    for (const wrong of [0, -3, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => axisWeights(wrong, 4, 'area')).toThrow(expect.objectContaining({ code: 'bad-option' }));
      expect(() => axisWeights(4, wrong, 'area')).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });
});

const axis = fc.record({
  map: fc.integer({ min: 1, max: 12 }),
  mapLength: fc.integer({ min: 1, max: 40 }),
  mapStart: fc.integer({ min: 0, max: 30 }),
  length: fc.integer({ min: 1, max: 40 }),
  start: fc.integer({ min: 0, max: 30 }),
  grid: fc.integer({ min: 1, max: 16 }),
});

describe('composeWeights', () => {
  it('is the product of both matrices, with zeros around the inner grid', () => {
    const outerFilter = fc.constantFrom(...filters);
    const innerFilter = fc.constantFrom('half-pixel' as const, 'align-corners' as const);
    fc.assert(
      fc.property(axis, outerFilter, innerFilter, (drawn, outerName, innerName) => {
        const outer = axisWeights(drawn.length, drawn.grid, outerName);
        const inner = axisWeights(drawn.map, drawn.mapLength, innerName);
        const offset = drawn.mapStart - drawn.start;
        const innerRows = dense(inner);
        const expected = dense(outer).map((row) => {
          const sum = new Array<number>(drawn.map).fill(0);
          row.forEach((weight, position) => {
            innerRows[position - offset]?.forEach((value, j) => {
              sum[j] += weight * value;
            });
          });
          return sum;
        });
        const composed = composeWeights(outer, inner, offset);
        expect(composed.inputSize).toBe(drawn.map);
        expect(composed.outputSize).toBe(drawn.grid);
        dense(composed).forEach((row, i) => {
          expect(largestDifference(row, expected[i])).toBeLessThan(1e-12);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('readOnGrid', () => {
  it('agrees with laying the map out at full size, cutting, and resampling', () => {
    const mapFilter = fc.constantFrom('half-pixel' as const, 'align-corners' as const);
    fc.assert(
      fc.property(axis, axis, fc.constantFrom(...filters), mapFilter, fc.nat(99), (h, v, filter, enlarge, seed) => {
        const canvas = { width: 80, height: 80 };
        const map = {
          width: h.map,
          height: v.map,
          data: Float32Array.from(pattern(h.map * v.map, seed), (byte) => byte / 255),
          roi: { x: h.mapStart, y: v.mapStart, width: h.mapLength, height: v.mapLength },
          filter: enlarge,
        };
        const roi = { x: h.start, y: v.start, width: h.length, height: v.length };
        const grid = { width: h.grid, height: v.grid };

        const full = new Float32Array(canvas.width * canvas.height);
        const enlarged = resizeMap(map.data, map, map.roi, enlarge);
        for (let y = 0; y < map.roi.height; y++) {
          const row = enlarged.subarray(y * map.roi.width, (y + 1) * map.roi.width);
          full.set(row, (map.roi.y + y) * canvas.width + map.roi.x);
        }
        const cut = new Float32Array(roi.width * roi.height);
        for (let y = 0; y < roi.height; y++) {
          const start = (roi.y + y) * canvas.width + roi.x;
          cut.set(full.subarray(start, start + roi.width), y * roi.width);
        }
        const expected = resizeMap(cut, roi, grid, filter);
        expect(largestDifference(readOnGrid(map, roi, grid, filter), expected)).toBeLessThan(1e-6);
      }),
      { numRuns: 200 },
    );
  });

  it('is 0 where the regions do not meet', () => {
    const roi = { x: 0, y: 0, width: 4, height: 4 };
    const map = { width: 2, height: 2, data: new Float32Array(4).fill(1), roi, filter: 'half-pixel' as const };
    const away = readOnGrid(map, { x: 4, y: 0, width: 4, height: 4 }, { width: 3, height: 3 }, 'area');
    expect([...away]).toEqual(new Array(9).fill(0));
  });
});

describe('maps of logits', () => {
  const roi = { x: 0, y: 0, width: 2, height: 1 };
  const data = Float32Array.of(-2, 3);
  const logits = { width: 2, height: 1, data, roi, filter: 'half-pixel' as const, scale: 'logit' as const };

  it('are read as probabilities', () => {
    const expected = [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-3))];
    expect(largestDifference(probabilitiesOf(logits), expected)).toBeLessThan(1e-7);
    expect(largestDifference(readOnGrid(logits, roi, roi, 'area'), expected)).toBeLessThan(1e-7);
    expect(probabilitiesOf({ data })).toBe(data);
  });

  it('are cut at the logit of the threshold', () => {
    for (const probability of [0.01, 0.49, 0.5, 0.9]) {
      expect(sigmoid(Float32Array.of(levelOf(logits, probability)))[0]).toBeCloseTo(probability, 6);
      expect(levelOf({}, probability)).toBe(probability);
    }
  });
});

describe('applyWeights', () => {
  it('refuses data of another size', () => {
    try {
      applyWeights(new Float32Array(5), axisWeights(2, 1, 'area'), axisWeights(2, 1, 'area'));
      expect.unreachable();
    } catch (error) {
      expect(isClickmaskError(error, 'bad-option')).toBe(true);
    }
  });
});
