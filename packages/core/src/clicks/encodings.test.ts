import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDisks, encodeDistances, encodeGaussians } from './encodings.js';

interface GoldenCase {
  readonly points: readonly (readonly [number, number])[];
  readonly disk: readonly number[];
  readonly smallDisk: readonly number[];
  readonly gaussian: readonly number[];
  readonly distance: readonly number[];
}

/** Made with NumPy and SciPy, see `golden/make.py`. */
const golden: {
  readonly width: number;
  readonly height: number;
  readonly cases: readonly GoldenCase[];
  readonly centres: Pick<GoldenCase, 'points' | 'distance'>;
} = JSON.parse(readFileSync(new URL('./golden/encodings.json', import.meta.url), 'utf8'));

const pointsOf = (points: GoldenCase['points']) => points.map(([x, y]) => ({ x, y }));
const count = (map: Float32Array) => map.reduce((sum, value) => sum + value, 0);

function closeTo(map: Float32Array, expected: readonly number[]): void {
  expect(map.length).toBe(expected.length);
  for (let i = 0; i < map.length; i++) expect(Math.abs(map[i] - expected[i])).toBeLessThan(1e-5);
}

describe('encodeDisks', () => {
  it('agrees with NumPy, fractional centres and points beyond the border included', () => {
    for (const { points, disk, smallDisk } of golden.cases) {
      expect([...encodeDisks(pointsOf(points), golden, 5)]).toEqual(disk);
      expect([...encodeDisks(pointsOf(points), golden, 2.5)]).toEqual(smallDisk);
    }
  });

  it('has 81 pixels for radius 5 at a pixel centre, the rim included', () => {
    const map = encodeDisks([{ x: 32.5, y: 32.5 }], { width: 64, height: 64 }, 5);
    expect(count(map)).toBe(81);
    expect(map[32 * 64 + 37]).toBe(1);
    expect(map[32 * 64 + 38]).toBe(0);
    expect(map[(32 + 3) * 64 + 32 + 4]).toBe(1);
  });

  it('does not round fractional centres', () => {
    const size = { width: 64, height: 64 };
    expect(count(encodeDisks([{ x: 32, y: 32 }], size, 5))).toBe(80);
    expect(encodeDisks([{ x: 32.5, y: 32.5 }], size, 5)).not.toEqual(encodeDisks([{ x: 32.9, y: 32.5 }], size, 5));
    expect(count(encodeDisks([{ x: 32.5, y: 32.5 }], size, 0))).toBe(1);
    expect(count(encodeDisks([{ x: 32.25, y: 32.5 }], size, 0))).toBe(0);
  });

  it("has the pixels of the rim that the authors' click maps have", () => {
    const size = { width: 448, height: 448 };
    // Pixel (352, 273) of 640 x 480, and what PyTorch makes of it: in double precision, 4.8² + 1.4² is above 5².
    const [x, y] = [(352 * 448) / 640 + 0.5, (273 * 448) / 480 + 0.5];
    const map = encodeDisks([{ x, y }], size, 5);
    expect(count(map)).toBe(80);
    expect(map[250 * 448 + 245]).toBe(1);
    const mirrored = encodeDisks([{ x: 448 - x, y }], size, 5);
    expect(count(mirrored)).toBe(80);
    expect(mirrored[250 * 448 + 202]).toBe(1);
  });

  it('agrees with the definition everywhere', () => {
    const coordinate = fc.double({ min: -10, max: 40, noNaN: true });
    const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { maxLength: 4 });
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 12, noNaN: true }), (drawn, radius) => {
        const size = { width: 23, height: 17 };
        const map = encodeDisks(drawn, size, radius);
        for (let p = 0; p < map.length; p++) {
          const x = (p % size.width) + 0.5;
          const y = Math.floor(p / size.width) + 0.5;
          const nearest = Math.min(...drawn.map((point) => Math.hypot(point.x - x, point.y - y)));
          // On the rim, rounding to single precision decides.
          if (Math.abs(nearest - radius) > 2e-6) expect(map[p]).toBe(+(nearest < radius));
        }
      }),
    );
  });
});

describe('encodeGaussians', () => {
  it('agrees with NumPy', () => {
    for (const { points, gaussian } of golden.cases) closeTo(encodeGaussians(pointsOf(points), golden, 10), gaussian);
  });

  it('is 1 on the click and one half at half of the full width at half maximum', () => {
    for (const fwhm of [4, 10, 30]) {
      const map = encodeGaussians([{ x: 20.5, y: 0.5 }], { width: 41, height: 1 }, fwhm);
      expect(map[20]).toBe(1);
      expect(map[20 + fwhm / 2]).toBeCloseTo(0.5, 6);
      expect(map[20 - fwhm / 2]).toBeCloseTo(0.5, 6);
    }
  });
});

describe('encodeDistances', () => {
  it('agrees with NumPy, and at pixel centres with the distance transform of SciPy', () => {
    for (const { points, distance } of golden.cases) closeTo(encodeDistances(pointsOf(points), golden, 6), distance);
    closeTo(encodeDistances(pointsOf(golden.centres.points), golden), golden.centres.distance);
  });

  it('is the limit everywhere without clicks', () => {
    expect([...encodeDistances([], { width: 3, height: 1 })]).toEqual([255, 255, 255]);
    expect([...encodeDistances([], { width: 1, height: 1 }, 1e25)][0] / 1e25).toBeCloseTo(1, 6);
  });
});

describe('bad options', () => {
  it.each([
    ['a negative radius', () => encodeDisks([], golden, -1)],
    ['a radius that is no number', () => encodeDisks([], golden, Number.NaN)],
    ['a width of 0', () => encodeGaussians([], golden, 0)],
    ['an endless limit', () => encodeDistances([], golden, Number.POSITIVE_INFINITY)],
  ])('refuses %s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});
