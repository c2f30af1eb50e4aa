import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import {
  type Connectivity,
  complement,
  componentAt,
  connectedComponents,
  fillHoles,
  isSet,
  keepClickedParts,
  keepComponents,
  largestPart,
  type Mask,
  type MaskRuns,
  maskFromRuns,
  removeSpecks,
  runsFromMask,
} from './index.js';

const lines = (runs: MaskRuns) => linesOf(maskFromRuns(runs));

/** Labels by flood fill, from 1, in row order of the first pixel; 0 = not set. */
function flood(mask: Mask, connectivity: Connectivity): { labels: Int32Array; count: number } {
  const { width, height, data } = mask;
  const labels = new Int32Array(data.length);
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0 || labels[i] !== 0) continue;
    labels[i] = ++count;
    const stack = [i];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      const y = Math.floor(at / width);
      for (const [dx, dy] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
        [1, 1],
        [-1, -1],
        [1, -1],
        [-1, 1],
      ].slice(0, connectivity)) {
        const nx = x + dx;
        const ny = y + dy;
        if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const next = ny * width + nx;
        if (data[next] === 0 || labels[next] !== 0) continue;
        labels[next] = count;
        stack.push(next);
      }
    }
  }
  return { labels, count };
}

const connectivity = fc.constantFrom<Connectivity>(4, 8);

describe('connectedComponents', () => {
  it('agrees with a flood fill on labels, areas and bounds', () => {
    fc.assert(
      fc.property(arbitraryMask(), connectivity, (mask, kind) => {
        const runs = runsFromMask(mask);
        const components = connectedComponents(runs, kind);
        const expected = flood(mask, kind);
        expect(components.count).toBe(expected.count);
        for (let y = 0; y < mask.height; y++) {
          for (let i = runs.rows[y]; i < runs.rows[y + 1]; i++) {
            for (let x = runs.spans[2 * i]; x < runs.spans[2 * i + 1]; x++) {
              expect(components.labels[i] + 1).toBe(expected.labels[y * mask.width + x]);
            }
          }
        }
        for (let index = 0; index < components.count; index++) {
          const part = keepComponents(runs, (component) => component.index === index, kind);
          const { area, bounds } = componentAt(components, index);
          const set = [...expected.labels.keys()].filter((i) => expected.labels[i] === index + 1);
          expect(area).toBe(set.length);
          const xs = set.map((i) => i % mask.width);
          const ys = set.map((i) => Math.floor(i / mask.width));
          expect(bounds).toEqual({
            x: Math.min(...xs),
            y: Math.min(...ys),
            width: Math.max(...xs) - Math.min(...xs) + 1,
            height: Math.max(...ys) - Math.min(...ys) + 1,
          });
          expect(maskFromRuns(part).data).toEqual(
            Uint8Array.from(expected.labels, (label) => (label === index + 1 ? 1 : 0)),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it('refuses any other connectivity', () => {
    const runs = runsFromMask(maskOf('#'));
    for (const operation of [connectedComponents, largestPart]) {
      expect(() => operation(runs, 6 as never)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });
});

describe('golden masks', () => {
  // Counts and images computed with SciPy 1.17 (ndimage.label, ndimage.binary_fill_holes) and OpenCV 5.0 (floodFill with
  // flags 4 and 8 from the clicked pixel) on random blobs.
  interface Golden {
    readonly mask: string[];
    readonly count4: number;
    readonly count8: number;
    readonly areas8: number[];
    readonly filled8: string[];
    readonly filled4: string[];
    readonly click: [number, number];
    readonly flooded4: string[];
    readonly flooded8: string[];
  }
  const cases: Golden[] = JSON.parse(readFileSync(new URL('./golden/components.json', import.meta.url), 'utf8'));

  it.each(cases.map((golden, i) => [i, golden] as const))('case %i', (_, golden) => {
    const runs = runsFromMask(maskOf(...golden.mask));
    expect(connectedComponents(runs, 4).count).toBe(golden.count4);
    const eight = connectedComponents(runs, 8);
    expect(eight.count).toBe(golden.count8);
    expect([...eight.areas]).toEqual(golden.areas8);
    expect(lines(fillHoles(runs))).toEqual(golden.filled8);
    expect(lines(fillHoles(runs, undefined, 4))).toEqual(golden.filled4);
    const clicks = [{ x: golden.click[0] + 0.5, y: golden.click[1] + 0.5, label: 'positive' as const }];
    expect(lines(keepClickedParts(runs, clicks, { connectivity: 4 }))).toEqual(golden.flooded4);
    expect(lines(keepClickedParts(runs, clicks))).toEqual(golden.flooded8);
  });
});

describe('clean-up', () => {
  it('fills exactly the background parts of up to maxArea that miss the edge', () => {
    fc.assert(
      fc.property(arbitraryMask(), connectivity, fc.constantFrom(0, 1, 3, 10, undefined), (mask, kind, maxArea) => {
        const { width, height } = mask;
        const background = { ...mask, data: mask.data.map((value) => 1 - value) };
        const { labels, count } = flood(background, kind === 8 ? 4 : 8);
        const isOpen = new Set<number>();
        const areas = new Array(count + 1).fill(0);
        labels.forEach((label, i) => {
          const x = i % width;
          const y = Math.floor(i / width);
          if (x === 0 || y === 0 || x === width - 1 || y === height - 1) isOpen.add(label);
          areas[label]++;
        });
        const expected = mask.data.map((value, i) => {
          const label = labels[i];
          return value === 1 || (!isOpen.has(label) && areas[label] <= (maxArea ?? Infinity)) ? 1 : 0;
        });
        expect(maskFromRuns(fillHoles(runsFromMask(mask), maxArea, kind)).data).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('removes specks and keeps the largest part', () => {
    const runs = runsFromMask(maskOf('##..#', '##...', '...##', '.#..#'));
    expect(lines(removeSpecks(runs, 3))).toEqual(['##...', '##...', '...##', '....#']);
    expect(lines(removeSpecks(runs, 4))).toEqual(['##...', '##...', '.....', '.....']);
    expect(removeSpecks(runs, 0)).toBe(runs);
    expect(lines(largestPart(runs))).toEqual(['##...', '##...', '.....', '.....']);
    // Equal areas: the one that comes first.
    expect(lines(largestPart(runsFromMask(maskOf('.#.#'))))).toEqual(['.#..']);
    const empty = runsFromMask(maskOf('...'));
    expect(largestPart(empty)).toBe(empty);
  });

  it('refuses areas that are not whole numbers', () => {
    const runs = runsFromMask(maskOf('#'));
    for (const value of [-1, 0.5, Number.NaN, '3' as never]) {
      expect(() => removeSpecks(runs, value)).toThrow(expect.objectContaining({ code: 'bad-option' }));
      expect(() => fillHoles(runs, value)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });
});

describe('keepClickedParts', () => {
  const runs = runsFromMask(maskOf('##..#', '##...', '..#..', '....#'));

  it('keeps the union of the parts under positive clicks', () => {
    const clicks = [
      { x: 0.2, y: 0.7, label: 'positive' as const },
      { x: 4.5, y: 3.5, label: 'positive' as const },
      { x: 4.5, y: 0.5, label: 'negative' as const },
    ];
    expect(lines(keepClickedParts(runs, clicks))).toEqual(['##...', '##...', '..#..', '....#']);
    expect(lines(keepClickedParts(runs, clicks, { connectivity: 4 }))).toEqual(['##...', '##...', '.....', '....#']);
  });

  it('clamps clicks on the far edge into the image', () => {
    expect(lines(keepClickedParts(runs, [{ x: 5, y: 4, label: 'positive' }]))).toEqual([
      '.....',
      '.....',
      '.....',
      '....#',
    ]);
  });

  it('keeps or empties the mask where no positive click lies on it', () => {
    const miss = [{ x: 3.5, y: 1.5, label: 'positive' as const }];
    expect(keepClickedParts(runs, miss)).toBe(runs);
    expect(keepClickedParts(runs, [])).toBe(runs);
    expect(keepClickedParts(runs, miss, { whenNoneHit: 'empty' }).spans.length).toBe(0);
    expect(() => keepClickedParts(runs, miss, { whenNoneHit: 'drop' as never })).toThrow(/whenNoneHit/);
  });

  it('never adds a pixel', () => {
    fc.assert(
      fc.property(arbitraryMask(), fc.nat(20), fc.nat(20), (mask, x, y) => {
        const all = runsFromMask(mask);
        const kept = keepClickedParts(all, [{ x, y, label: 'positive' }], { whenNoneHit: 'empty' });
        maskFromRuns(kept).data.forEach((value, i) => {
          if (value === 1) expect(isSet(all, i % mask.width, Math.floor(i / mask.width))).toBe(true);
        });
        expect(complement(complement(kept))).toEqual(kept);
      }),
    );
  });

  it('leaves a hole that holds an open pixel', () => {
    const data = new Uint8Array([1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1]);
    const filled = fillHoles(runsFromMask({ width: 5, height: 3, data }), undefined, 8, [{ column: 3, row: 1 }]);
    expect([...maskFromRuns(filled).data].map((value) => value > 0)).toEqual(
      Array.from(data, (v, i) => v > 0 || i === 6),
    );
  });
});
