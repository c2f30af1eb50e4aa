import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import { area, maskFromRuns, maskIou, polygonsArea, runsFromMask } from '../mask/index.js';
import { cocoPolygon, geoJson, polygonJson, polygonsFromMask, svgPath } from './index.js';

const badFormat = expect.objectContaining({ code: 'bad-format' });
const badOption = expect.objectContaining({ code: 'bad-option' });
const size = { width: 6, height: 5 };
const ring = maskOf('......', '.####.', '.#..#.', '.####.', '......');
const square = [
  [1, 1],
  [4, 1],
  [4, 3],
  [1, 3],
];

describe('polygonsFromMask', () => {
  it('simplifies as asked, and stays near', () => {
    const disk = { width: 100, height: 100, data: new Uint8Array(10000) };
    for (let i = 0; i < 10000; i++) {
      disk.data[i] = Math.hypot((i % 100) - 49.5, Math.floor(i / 100) - 49.5) < 40 ? 1 : 0;
    }
    const exact = polygonsFromMask(disk);
    expect(polygonsArea(exact)).toBe(area(runsFromMask(disk)));
    for (const options of [{ tolerance: 1.5 }, { detail: 0.3 }]) {
      const simple = polygonsFromMask(disk, options);
      expect(simple[0].outer.length).toBeLessThan(exact[0].outer.length / 3);
      const back = polygonJson.parse(polygonJson.serialize(disk, options), { size: disk });
      expect(maskIou(back, runsFromMask(disk))).toBeGreaterThan(0.95);
    }
    expect(polygonsFromMask(disk, { detail: 1 })).toEqual(exact);
    expect(polygonsFromMask(disk, { minRingArea: 1e6 })).toEqual([]);
    expect(() => polygonsFromMask(disk, { detail: 0.5, tolerance: 1 })).toThrow(badOption);
    expect(() => polygonsFromMask(disk, { detail: 2 })).toThrow(badOption);
    expect(() => polygonsFromMask(disk, { tolerance: Number.NaN })).toThrow(badOption);
  });
});

describe('polygon JSON', () => {
  it('reads open and closed rings', () => {
    const open = polygonJson.parse([[square]], { size });
    expect(area(open)).toBe(6);
    expect(polygonJson.parse([[[...square, square[0]]]], { size })).toEqual(open);
  });

  it.each<[string, unknown]>([
    ['no array', {}],
    ['a polygon that is none', [7]],
    ['a polygon without rings', [[]]],
    ['two points', [[square.slice(0, 2)]]],
    ['points that are none', [[[1, 2, 3]]]],
    ['one coordinate', [[[[1], [2], [3]]]]],
    ['text', [[[['1', 1], ...square]]]],
    ['NaN', [[[[Number.NaN, 1], ...square]]]],
    ['infinity', [[[[1, Number.POSITIVE_INFINITY], ...square]]]],
    ['far away', [[[[1, 1e300], ...square]]]],
  ])('refuses %s', (_, value) => {
    expect(() => polygonJson.parse(value, { size })).toThrow(badFormat);
  });

  it('refuses more work than the image is worth', () => {
    const tall = { width: 1, height: 2 ** 20 };
    const zigzag = Array.from({ length: 1000 }, (_, i) => [i % 2, (i % 2) * 2 ** 20]);
    expect(() => polygonJson.parse([[zigzag]], { size: tall })).toThrow(badFormat);
  });
});

describe('COCO polygon', () => {
  it('makes a hole part of its ring, or fills it', () => {
    const bridged = cocoPolygon.serialize(ring);
    expect(bridged.length).toBe(1);
    expect(linesOf(maskFromRuns(cocoPolygon.parse(bridged, { size })))).toEqual(linesOf(ring));
    const dropped = cocoPolygon.serialize(ring, { holes: 'drop' });
    expect(dropped).toEqual([[1, 1, 5, 1, 5, 4, 1, 4]].map((points) => expect.arrayContaining(points)));
    expect(area(cocoPolygon.parse(dropped, { size }))).toBe(12);
    expect(() => cocoPolygon.serialize(ring, { holes: 'fill' as never })).toThrow(badOption);
  });

  it('fills simplified rings alike, but for pixel centres that lie on a line to within rounding', () => {
    fc.assert(
      fc.property(arbitraryMask(24), (mask) => {
        const options = { tolerance: 1.5 };
        const exact = maskFromRuns(polygonJson.parse(polygonJson.serialize(mask, options), { size: mask }));
        const bridged = maskFromRuns(cocoPolygon.parse(cocoPolygon.serialize(mask, options), { size: mask }));
        const rings = polygonsFromMask(mask, options).flatMap(({ outer, holes }) => [outer, ...holes]);
        bridged.data.forEach((value, i) => {
          if (value === exact.data[i]) return;
          const x = (i % mask.width) + 0.5;
          const y = Math.floor(i / mask.width) + 0.5;
          const isOnLine = rings.some((points) =>
            points.some((_, k) => {
              if (k % 2 === 1) return false;
              const [dx, dy] = [points.at(k - 2)! - points[k], points.at(k - 1)! - points[k + 1]];
              return Math.abs(dx * (y - points[k + 1]) - dy * (x - points[k])) < 1e-9;
            }),
          );
          expect(isOnLine).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, unknown]>([
    ['no array', {}],
    ['points in pairs', [square]],
    ['an odd number', [[1, 1, 4, 1, 4, 3, 1]]],
    ['two points', [[1, 1, 4, 1]]],
    ['NaN', [[1, 1, 4, 1, Number.NaN, 3]]],
    ['null', [[1, 1, 4, 1, null, 3]]],
    ['a hole in the array', [new Array(6)]],
  ])('refuses %s', (_, value) => {
    expect(() => cocoPolygon.parse(value, { size })).toThrow(badFormat);
  });
});

describe('GeoJSON', () => {
  it('writes a Polygon for one part and a MultiPolygon for none or several, rings closed', () => {
    const one = geoJson.serialize(ring);
    expect(one.type).toBe('Polygon');
    for (const points of one.coordinates as [number, number][][]) expect(points.at(-1)).toEqual(points[0]);
    expect(geoJson.serialize(maskOf('#.#')).type).toBe('MultiPolygon');
    expect(geoJson.serialize(maskOf('...'))).toEqual({ type: 'MultiPolygon', coordinates: [] });
  });

  it('reads a Feature, and positions with a height', () => {
    const coordinates = [square.map(([x, y]) => [x, y, 7])];
    const feature = { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates } };
    expect(area(geoJson.parse(feature, { size }))).toBe(6);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['another type', { type: 'Point', coordinates: [1, 2] }],
    ['a Feature without geometry', { type: 'Feature', geometry: null }],
    ['no coordinates', { type: 'Polygon' }],
    ['coordinates of the wrong depth', { type: 'MultiPolygon', coordinates: [square] }],
    ['no array', { type: 'MultiPolygon', coordinates: 'none' }],
  ])('refuses %s', (_, value) => {
    expect(() => geoJson.parse(value, { size })).toThrow(badFormat);
  });
});

describe('SVG path', () => {
  const read = (d: string) => linesOf(maskFromRuns(svgPath.parse(d, { size })));
  const expected = ['......', '.###..', '.###..', '......', '......'];

  it.each([
    'M1 1H4V3H1Z',
    'M1,1 L4,1 L4,3 L1,3 z',
    ' m 1 1 h 3 v 2 h -3 Z ',
    'm1,1 3,0 0,2 -3,0z',
    'M1 1 4 1 4 3 1 3',
    'M1 1H2 3 4V2 3H1',
    'M+1.0 1e0L.4e1 1L4 3L1 3Z',
    'M1 1h3v2l-3 0zM5 5',
    'M0 0M1 1L4 1L4 3L1 3Z',
    '\tM1\n1H4\r\nV3,H1Z',
  ])('reads %s', (d) => {
    expect(read(d)).toEqual(expected);
  });

  it('goes on from the start of a closed part', () => {
    expect(read('M1 1h1v1h-1zl0 2h1v1h-1z')).toEqual(read('M1 1h1v1h-1zM1 1L1 3h1v1h-1z'));
    expect(read('m1 1h1v1h-1zm2 0h1v1h-1z')).toEqual(['......', '.#.#..', '......', '......', '......']);
  });

  it('fills by the even-odd rule, whatever the directions', () => {
    expect(read('M1 1H5V4H1ZM2 2H4V3H2Z')).toEqual(linesOf(ring));
    expect(read('M1 1H5V4H1ZM2 2V3H4V2Z')).toEqual(linesOf(ring));
  });

  it('is empty for an empty mask', () => {
    expect(svgPath.serialize(maskOf('..'))).toBe('');
    expect(area(svgPath.parse('  ', { size }))).toBe(0);
  });

  it.each<[string, unknown]>([
    ['no string', 7],
    ['curves', 'M0 0C1 1 2 2 3 3'],
    ['arcs', 'M0 0A1 1 0 0 0 2 2'],
    ['no start', 'L1 1 2 2'],
    ['a close without start', 'Z'],
    ['half a point', 'M1 1L2'],
    ['no number', 'M'],
    ['a word', 'M1 1 nonsense'],
    ['NaN', 'MNaN NaN'],
    ['a number beyond all', 'M1 1L1e999 3L2 2Z'],
    ['two commas', 'M1,,1'],
    ['letters from elsewhere', 'M1 1L٢ 3'],
  ])('refuses %s', (_, value) => {
    expect(() => svgPath.parse(value, { size })).toThrow(badFormat);
  });
});
