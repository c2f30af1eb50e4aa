import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Click } from '../clicks/index.js';
import { isClickmaskError } from '../errors/index.js';
import { createMask, type Mask, maskFromRuns, runsFromMask } from '../mask/index.js';
import { squaredDistances } from './distance-transform.js';
import type { GroundTruth } from './ground-truth.js';
import { intersectionOverUnion } from './iou.js';
import { nextClick } from './next-click.js';

interface GoldenCase {
  readonly truth: readonly string[];
  readonly prediction: readonly string[];
  readonly clicks: readonly ([number, number, Click['label']] | null)[];
  readonly distances: readonly number[];
  readonly iou: number;
}

const golden: { readonly cases: readonly GoldenCase[] } = JSON.parse(
  readFileSync(new URL('./golden/clicks.json', import.meta.url), 'utf8'),
);

function truthOf(rows: readonly string[]): GroundTruth {
  const bytes = [...rows.join('')].map((symbol) => ({ '.': 0, '#': 1, '?': 255 })[symbol] ?? -1);
  return { width: rows[0].length, height: rows.length, data: Uint8Array.from(bytes) };
}

const objectOf = (truth: GroundTruth): Mask => ({ ...truth, data: Uint8Array.from(truth.data, (v) => +(v === 1)) });

/** The definition, pixel against pixel. */
function naiveDistances({ width, height, data }: Mask): number[] {
  return Array.from(data, (value, p) => {
    if (value === 0) return 0;
    const x = p % width;
    const y = Math.floor(p / width);
    let best = Math.min(x + 1, width - x, y + 1, height - y) ** 2;
    for (let q = 0; q < data.length; q++) {
      if (data[q] === 0) best = Math.min(best, ((q % width) - x) ** 2 + (Math.floor(q / width) - y) ** 2);
    }
    return best;
  });
}

function naiveNextClick(truth: GroundTruth, prediction: Mask, clicks: readonly Click[]): Click | null {
  const { width, height } = truth;
  const labels = Array.from(truth.data, (label) => (label === -1 ? 255 : label));
  const depths = (wrong: (label: number, set: number) => boolean) => {
    const data = Uint8Array.from(labels, (label, p) => +wrong(label, prediction.data[p]));
    const distances = naiveDistances({ width, height, data });
    for (const { x, y } of clicks) distances[Math.floor(y) * width + Math.floor(x)] = 0;
    return distances;
  };
  const missed = depths((label, set) => label === 1 && set === 0);
  const extra = depths((label, set) => label !== 1 && label !== 255 && set === 1);
  const positive = Math.max(...missed) > Math.max(...extra);
  const chosen = positive ? missed : extra;
  const depth = Math.max(...chosen);
  if (depth === 0) return null;
  const p = chosen.indexOf(depth);
  return { x: (p % width) + 0.5, y: Math.floor(p / width) + 0.5, label: positive ? 'positive' : 'negative' };
}

const scene = fc
  .record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 1, max: 14 }) })
  .chain(({ width, height }) => {
    const bytes = (...values: number[]) =>
      fc.array(fc.constantFrom(...values), { minLength: width * height, maxLength: width * height });
    return fc.record({
      size: fc.constant({ width, height }),
      truth: bytes(0, 1, 1, 1, 255),
      prediction: bytes(0, 0, 0, 1),
    });
  });

describe('squaredDistances', () => {
  it('agrees with SciPy and OpenCV', () => {
    for (const { truth, distances } of golden.cases) {
      const mask = objectOf(truthOf(truth));
      expect(Array.from(squaredDistances(runsFromMask(mask)).data)).toEqual(distances);
    }
  });

  it('agrees with the definition', () => {
    fc.assert(
      fc.property(scene, ({ size, truth }) => {
        const mask = { ...size, data: Uint8Array.from(truth, (value) => +(value > 0)) };
        expect(Array.from(squaredDistances(runsFromMask(mask)).data)).toEqual(naiveDistances(mask));
      }),
      { numRuns: 300 },
    );
  });

  it('counts the border as outside, however long the image', () => {
    const bar = createMask(70_000, 1);
    bar.data.fill(1);
    expect(new Set(squaredDistances(runsFromMask(bar)).data)).toEqual(new Set([1]));
    const large = createMask(801, 601);
    large.data.fill(1);
    const { data } = squaredDistances(runsFromMask(large));
    expect(data[300 * 801 + 400]).toBe(301 ** 2);
    expect(data[0]).toBe(1);
  });
});

describe('nextClick', () => {
  it('makes the clicks of the reference, one after the other', () => {
    for (const { truth, prediction, clicks } of golden.cases) {
      const ground = truthOf(truth);
      const mask = objectOf(truthOf(prediction));
      const made: Click[] = [];
      for (const expected of clicks) {
        const click = nextClick(ground, mask, made);
        expect(click && [click.x - 0.5, click.y - 0.5, click.label]).toEqual(expected);
        if (click !== null) made.push(click);
      }
    }
  });

  it('agrees with a naive model for masks, runs, and both spellings of "ignore"', () => {
    fc.assert(
      fc.property(scene, fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 6 }), (drawn, places) => {
        const { size } = drawn;
        const truth = { ...size, data: Uint8Array.from(drawn.truth) };
        const mask = { ...size, data: Uint8Array.from(drawn.prediction) };
        const clicks = places
          .filter(([x, y]) => x < size.width && y < size.height)
          .map(([x, y]): Click => ({ x: x + 0.25, y: y + 0.75, label: 'positive' }));
        const expected = naiveNextClick(truth, mask, clicks);
        expect(nextClick(truth, mask, clicks)).toEqual(expected);
        expect(nextClick(truth, runsFromMask(mask), clicks)).toEqual(expected);
        expect(nextClick({ ...size, data: Int8Array.from(truth.data) }, mask, clicks)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('prefers the wrongly set pixels where both errors are equally deep', () => {
    const truth = truthOf(['##....']);
    const prediction = objectOf(truthOf(['....##']));
    expect(nextClick(truth, prediction, [])).toEqual({ x: 4.5, y: 0.5, label: 'negative' });
  });

  it('takes the first of several deepest pixels in row-major order', () => {
    const truth = truthOf(['....', '.###', '.###']);
    expect(nextClick(truth, createMask(4, 3), [])).toEqual({ x: 1.5, y: 1.5, label: 'positive' });
  });

  it('does not let clicked pixels bend the distances of their neighbours', () => {
    const truth = truthOf(['.....', '#####', '#####', '#####', '.....'].map((row) => `.${row}.`));
    const first = nextClick(truth, createMask(7, 5), []);
    expect(first).toEqual({ x: 2.5, y: 2.5, label: 'positive' });
    // Were the clicked pixel outside before the transform, its neighbour would be 1 deep and (4, 2) would be next.
    expect(nextClick(truth, createMask(7, 5), [first!])).toEqual({ x: 3.5, y: 2.5, label: 'positive' });
  });

  it('gives null for a perfect mask, whatever the ignored pixels say, and where every error was clicked', () => {
    const truth = truthOf(['#?.']);
    expect(nextClick(truth, objectOf(truthOf(['##.'])), [])).toBeNull();
    expect(nextClick(truth, createMask(3, 1), [{ x: 0.5, y: 0.5, label: 'positive' }])).toBeNull();
  });

  it('refuses a prediction of another size', () => {
    const call = () => nextClick(truthOf(['#.']), createMask(1, 2), []);
    expect(call).toThrow(/1 x 2.*received "2 x 1"/);
    expect(call).toThrow(expect.objectContaining({ code: 'bad-dataset' }));
  });
});

describe('intersectionOverUnion', () => {
  it('agrees with NumPy', () => {
    for (const { truth, prediction, iou } of golden.cases) {
      const mask = objectOf(truthOf(prediction));
      expect(intersectionOverUnion(truthOf(truth), mask)).toBeCloseTo(iou, 8);
      expect(intersectionOverUnion(truthOf(truth), runsFromMask(mask))).toBeCloseTo(iou, 8);
    }
  });

  it('is 1 where both are empty, and reads -1 as ignored', () => {
    expect(intersectionOverUnion(truthOf(['.?']), createMask(2, 1))).toBe(1);
    const truth = { width: 3, height: 1, data: new Int8Array([1, -1, 0]) };
    expect(intersectionOverUnion(truth, { width: 3, height: 1, data: new Uint8Array([1, 1, 1]) })).toBe(0.5);
  });

  it('refuses a prediction of another size', () => {
    try {
      intersectionOverUnion(truthOf(['#.']), maskFromRuns(runsFromMask(createMask(3, 1))));
      expect.unreachable();
    } catch (error) {
      expect(isClickmaskError(error, 'bad-dataset')).toBe(true);
    }
  });
});
