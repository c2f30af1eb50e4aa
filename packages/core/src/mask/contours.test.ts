import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import { checkSimpleRings } from '../../test/simple-rings.js';
import {
  area,
  checkRuns,
  connectedComponents,
  maskFromRuns,
  type Polygon,
  polygonsArea,
  rasterisePolygons,
  rectRuns,
  ringArea,
  runsFromMask,
  sameRuns,
  simplifyPolygons,
  toleranceForDetail,
  traceContours,
} from './index.js';

const plain = (polygons: readonly Polygon[]) =>
  polygons.map(({ outer, holes }) => [[...outer], ...holes.map((hole) => [...hole])]);

describe('traceContours', () => {
  it('gives the mask back when rasterised, exactly', () => {
    fc.assert(
      fc.property(arbitraryMask(), (mask) => {
        const runs = runsFromMask(mask);
        const polygons = traceContours(runs);
        const back = rasterisePolygons(polygons, mask);
        checkRuns(back);
        expect(linesOf(maskFromRuns(back))).toEqual(linesOf(mask));
        expect(polygonsArea(polygons)).toBe(area(runs));
      }),
      { numRuns: 500 },
    );
  });

  it('yields one polygon a 4-connected part, simple rings, outer clockwise, holes the other way', () => {
    fc.assert(
      fc.property(arbitraryMask(), (mask) => {
        const runs = runsFromMask(mask);
        const polygons = traceContours(runs);
        expect(polygons.length).toBe(connectedComponents(runs, 4).count);
        for (const { outer, holes } of polygons) {
          expect(ringArea(outer)).toBeGreaterThan(0);
          for (const hole of holes) expect(ringArea(hole)).toBeLessThan(0);
          for (const ring of [outer, ...holes]) {
            const corners = new Set<string>();
            for (let i = 0; i < ring.length; i += 2) {
              corners.add(`${ring[i]} ${ring[i + 1]}`);
              // Turns at each corner: one coordinate changes on each side.
              const before = (i + ring.length - 2) % ring.length;
              const after = (i + 2) % ring.length;
              expect((ring[before] === ring[i]) !== (ring[after] === ring[i])).toBe(true);
            }
            expect(corners.size).toBe(ring.length / 2);
          }
        }
        checkSimpleRings(polygons.flatMap(({ outer, holes }) => [outer, ...holes]));
      }),
      { numRuns: 150 },
    );
  });

  it('assigns each hole to the part around it', () => {
    fc.assert(
      fc.property(arbitraryMask(), (mask) => {
        for (const { outer, holes } of traceContours(runsFromMask(mask))) {
          const inside = rasterisePolygons([{ outer, holes: [] }], mask);
          for (const hole of holes) {
            const pixels = rasterisePolygons([{ outer: hole, holes: [] }], mask);
            const both = rasterisePolygons(
              [
                { outer, holes: [] },
                { outer: hole, holes: [] },
              ],
              mask,
            );
            expect(area(pixels)).toBeGreaterThan(0);
            expect(sameRuns(both, inside)).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['a pixel', ['#'], [[[0, 0, 1, 0, 1, 1, 0, 1]]]],
    ['nothing', ['..', '..'], []],
    [
      'a hole',
      ['####', '#..#', '####'],
      [
        [
          [0, 0, 4, 0, 4, 3, 0, 3],
          [3, 1, 1, 1, 1, 2, 3, 2],
        ],
      ],
    ],
    ['two pixels that touch at a corner', ['#.', '.#'], [[[0, 0, 1, 0, 1, 1, 0, 1]], [[1, 1, 2, 1, 2, 2, 1, 2]]]],
  ])('%s', (_, lines, expected) => {
    const sorted = (rings: number[][]) =>
      rings.map((ring) => {
        // From the topmost, leftmost corner on.
        let first = 0;
        for (let i = 2; i < ring.length; i += 2) {
          if (ring[i + 1] < ring[first + 1] || (ring[i + 1] === ring[first + 1] && ring[i] < ring[first])) first = i;
        }
        return [...ring.slice(first), ...ring.slice(0, first)];
      });
    const traced = plain(traceContours(runsFromMask(maskOf(...lines))));
    expect(traced.map(sorted)).toEqual(expected.map(sorted));
  });

  it('splits an outline that meets itself at a corner into an outer ring and a hole', () => {
    const runs = runsFromMask(maskOf('.##', '#.#', '###'));
    const [{ outer, holes }, ...others] = traceContours(runs);
    expect(others).toEqual([]);
    expect(holes.length).toBe(1);
    expect(ringArea(outer)).toBe(8);
    expect(ringArea(holes[0])).toBe(-1);
  });
});

describe('rasterisePolygons', () => {
  const coordinate = fc.oneof(
    fc.double({ min: -6, max: 26, noNaN: true }),
    fc.integer({ min: -6, max: 26 }),
    fc.integer({ min: -12, max: 52 }).map((value) => value / 2),
  );
  const ring = fc
    .array(fc.tuple(coordinate, coordinate), { minLength: 0, maxLength: 9 })
    .map((points) => Float64Array.from(points.flat()));
  const polygon = fc.record({ outer: ring, holes: fc.array(ring, { maxLength: 2 }) });
  const size = fc.record({ width: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 1, max: 20 }) });

  it('agrees with an even-odd test at each pixel centre', () => {
    fc.assert(
      fc.property(fc.array(polygon, { maxLength: 4 }), size, (polygons, { width, height }) => {
        const runs = rasterisePolygons(polygons, { width, height });
        checkRuns(runs);
        const mask = maskFromRuns(runs);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const isInside = polygons.some(({ outer, holes }) => {
              let crossings = 0;
              for (const points of [outer, ...holes]) {
                for (let i = 0; i < points.length; i += 2) {
                  const j = (i + 2) % points.length;
                  const [top, bottom] = points[i + 1] < points[j + 1] ? [i, j] : [j, i];
                  if (!(points[top + 1] <= y + 0.5 && y + 0.5 < points[bottom + 1])) continue;
                  const t = (y + 0.5 - points[top + 1]) / (points[bottom + 1] - points[top + 1]);
                  const at =
                    points[top] === points[bottom] ? points[top] : points[top] + (points[bottom] - points[top]) * t;
                  if (at <= x + 0.5) crossings++;
                }
              }
              return crossings % 2 === 1;
            });
            expect(mask.data[y * width + x]).toBe(isInside ? 1 : 0);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('neither overlaps nor leaves gaps between areas that share a border', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 4, maxLength: 4 }), (points) => {
        // Two triangles on either side of a line, and the even-odd union of both.
        const [a, b, c, d] = points;
        const triangle = (...corners: [number, number][]) => ({
          outer: Float64Array.from(corners.flat()),
          holes: [],
        });
        const picture = { width: 20, height: 20 };
        const one = rasterisePolygons([triangle(a, b, c)], picture);
        const two = rasterisePolygons([triangle(b, a, d)], picture);
        const evenOdd = rasterisePolygons(
          [{ outer: triangle(a, b, c).outer, holes: [triangle(b, a, d).outer] }],
          picture,
        );
        const quad = rasterisePolygons([triangle(a, d, b, c)], picture);
        expect(sameRuns(evenOdd, quad)).toBe(true);
        expect(area(evenOdd) % 2).toBe((area(one) + area(two)) % 2);
      }),
    );
  });

  it.each([
    null,
    5,
    [5],
    [{}],
    [{ outer: [1, 1] }],
    [{ outer: 5, holes: [] }],
    [{ outer: [Symbol('s'), 1], holes: [] }],
    new Array(1),
    [{ outer: [1, 1, 3, 1, 3, 3], holes: new Array(1) }],
  ])('refuses what is no polygon: %o', (wrong) => {
    const polygons = wrong as unknown as readonly Polygon[];
    expect(() => rasterisePolygons(polygons, { width: 4, height: 4 })).toThrow(
      expect.objectContaining({ code: 'bad-mask' }),
    );
  });

  it('refuses coordinates that are not finite, and absurd amounts of work', () => {
    const picture = { width: 4, height: 4 };
    const bad = expect.objectContaining({ code: 'bad-mask' });
    for (const outer of [
      Float64Array.of(0, 0, Number.NaN, 1, 2, 2),
      Float64Array.of(0, 0, 1),
      Float64Array.of(0, Infinity),
    ]) {
      expect(() => rasterisePolygons([{ outer, holes: [] }], picture)).toThrow(bad);
    }
    const zigzag = Float64Array.from({ length: 200_000 }, (_, i) => (i % 4 === 1 ? 4 : 0));
    expect(() => rasterisePolygons([{ outer: zigzag, holes: [] }], { width: 4, height: 4000 })).not.toThrow();
    const tall = Float64Array.from({ length: 100_000 }, (_, i) => (i % 4 === 1 ? 4000 : 0));
    expect(() => rasterisePolygons([{ outer: tall, holes: [] }], { width: 4, height: 4000 })).toThrow(/crossings/);
  });
});

describe('simplifyPolygons', () => {
  const distance = (x: number, y: number, ring: Float64Array) => {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const dx = ring[j] - ring[i];
      const dy = ring[j + 1] - ring[i + 1];
      const t = Math.min(1, Math.max(0, ((x - ring[i]) * dx + (y - ring[i + 1]) * dy) / (dx * dx + dy * dy)));
      best = Math.min(best, Math.hypot(x - ring[i] - t * dx, y - ring[i + 1] - t * dy));
    }
    return best;
  };

  it('keeps rings simple, apart, in their direction, with three corners or more, within the tolerance', () => {
    fc.assert(
      fc.property(arbitraryMask(26), fc.constantFrom(0, 0.5, 0.75, 1, 2, 5, 100), (mask, tolerance) => {
        const traced = traceContours(runsFromMask(mask));
        const simple = simplifyPolygons(traced, { tolerance });
        expect(simple.length).toBe(traced.length);
        const rings = simple.flatMap(({ outer, holes }) => [outer, ...holes]);
        checkSimpleRings(rings);
        traced
          .flatMap(({ outer, holes }) => [outer, ...holes])
          .forEach((ring, r) => {
            expect(rings[r].length).toBeGreaterThanOrEqual(6);
            expect(Math.sign(ringArea(rings[r]))).toBe(Math.sign(ringArea(ring)));
            const corners = new Set<string>();
            for (let i = 0; i < ring.length; i += 2) {
              corners.add(`${ring[i]} ${ring[i + 1]}`);
              expect(distance(ring[i], ring[i + 1], rings[r])).toBeLessThanOrEqual(tolerance + 1e-9);
            }
            for (let i = 0; i < rings[r].length; i += 2) {
              expect(corners.has(`${rings[r][i]} ${rings[r][i + 1]}`)).toBe(true);
            }
          });
      }),
      { numRuns: 400 },
    );
  });

  it('flattens staircases: a disk and a slanted bar come out with few corners', () => {
    const size = { width: 300, height: 300 };
    const fill = (isOn: (x: number, y: number) => boolean) => {
      const data = new Uint8Array(size.width * size.height);
      for (let i = 0; i < data.length; i++) data[i] = isOn((i % 300) + 0.5, Math.floor(i / 300) + 0.5) ? 1 : 0;
      return traceContours(runsFromMask({ ...size, data }));
    };
    const disk = fill((x, y) => Math.hypot(x - 150, y - 150) < 120);
    const simple = simplifyPolygons(disk);
    expect(disk[0].outer.length / 2).toBeGreaterThan(400);
    expect(simple[0].outer.length / 2).toBeLessThan(100);
    expect(Math.abs(polygonsArea(simple) / polygonsArea(disk) - 1)).toBeLessThan(0.01);
    const bar = fill((x, y) => Math.abs(y - 0.37 * x - 60) < 20 && x > 20 && x < 280);
    expect(simplifyPolygons(bar)[0].outer.length / 2).toBeLessThan(12);
  });

  it('drops small rings only where asked', () => {
    const traced = traceContours(runsFromMask(maskOf('#.#####', '..#...#', '..#.#.#', '..#...#', '..#####')));
    expect(simplifyPolygons(traced, { tolerance: 0 }).length).toBe(3);
    const large = simplifyPolygons(traced, { tolerance: 0, minRingArea: 2 });
    expect(large.map(({ holes }) => holes.length)).toEqual([1]);
    expect(simplifyPolygons(traced, { tolerance: 0, minRingArea: 10 })[0].holes.length).toBe(0);
    expect(simplifyPolygons(traced, { minRingArea: 1000 })).toEqual([]);
    expect(simplifyPolygons([])).toEqual([]);
  });

  it('drops corners on straight lines at tolerance 0', () => {
    const outer = Float64Array.of(0, 0, 2, 0, 4, 0, 4, 4, 2, 4, 0, 4);
    expect([...simplifyPolygons([{ outer, holes: [] }], { tolerance: 0 })[0].outer]).toEqual([0, 0, 4, 0, 4, 4, 0, 4]);
  });

  it('maps detail to a tolerance', () => {
    const polygons = traceContours(rectRuns({ width: 500, height: 500 }, { x: 0, y: 0, width: 300, height: 400 }));
    expect(toleranceForDetail(1, polygons)).toBe(0);
    expect(toleranceForDetail(0, polygons)).toBe(10);
    expect(toleranceForDetail(0.5, [])).toBe(0);
    for (const detail of [-0.1, 1.1, Number.NaN]) {
      expect(() => toleranceForDetail(detail, polygons)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
    expect(() => simplifyPolygons(polygons, { tolerance: -1 })).toThrow(/tolerance/);
  });
});
