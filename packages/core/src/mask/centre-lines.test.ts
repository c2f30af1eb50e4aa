import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import { centreLines, emptyRuns, fillCentreLine, joinLines, maskFromRuns, runsFromMask, union } from './index.js';

describe('centreLines', () => {
  it('give every mask back when their lines are painted too', () => {
    fc.assert(
      fc.property(arbitraryMask(24), (mask) => {
        const filled = centreLines(runsFromMask(mask))
          .map((line) => fillCentreLine(line, mask))
          .reduce(union, emptyRuns(mask));
        expect(linesOf(maskFromRuns(filled))).toEqual(linesOf(mask));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['one pixel', ['...', '.#.', '...'], [[1, 1]]],
    ['a line', ['####'], [[3, 0, 0, 0]]],
    ['a block', ['###', '###', '###'], [[2, 0, 2, 2, 0, 2, 0, 0]]],
    ['a ring, tied in', ['###', '#.#', '###'], undefined],
    ['a ring in a ring', ['#######', '#.....#', '#.###.#', '#.#.#.#', '#.###.#', '#.....#', '#######'], undefined],
    ['two holes side by side', ['#######', '#.##..#', '#.##..#', '#######'], undefined],
    ['holes that touch at a corner', ['#####', '#.###', '##.##', '#####'], undefined],
  ])('are right for %s', (_, lines, expected) => {
    const mask = maskOf(...lines);
    const outlines = centreLines(runsFromMask(mask));
    if (expected !== undefined) expect(outlines).toEqual(expected);
    const filled = outlines.map((line) => fillCentreLine(line, mask)).reduce(union);
    expect(linesOf(maskFromRuns(filled))).toEqual(lines);
  });

  it('stay within the tolerance where corners are left out', () => {
    const disk = maskOf(
      ...Array.from({ length: 60 }, (_, y) =>
        Array.from({ length: 60 }, (_, x) => (Math.hypot(x - 30, y - 30) < 25 ? '#' : '.')).join(''),
      ),
    );
    const runs = runsFromMask(disk);
    const [exact] = centreLines(runs);
    const [coarse] = centreLines(runs, 1);
    expect(coarse.length).toBeLessThan(exact.length / 2);
    const filled = maskFromRuns(fillCentreLine(coarse, disk));
    const differing = filled.data.reduce((sum, value, i) => sum + (value === disk.data[i] ? 0 : 1), 0);
    expect(differing).toBeLessThan(160);
  });
});

describe('joinLines', () => {
  it('keeps masks whose parts touch at corners, and adds only pixels elsewhere', () => {
    fc.assert(
      fc.property(arbitraryMask(16), (mask) => {
        const lines = centreLines(runsFromMask(mask));
        fc.pre(lines.length > 0);
        const filled = maskFromRuns(fillCentreLine(joinLines(lines), mask));
        expect(mask.data.every((value, i) => filled.data[i] >= value)).toBe(true);
      }),
      { numRuns: 200 },
    );
    const diagonal = maskOf('##..', '##..', '..##', '..##');
    expect(linesOf(maskFromRuns(fillCentreLine(joinLines(centreLines(runsFromMask(diagonal))), diagonal)))).toEqual(
      linesOf(diagonal),
    );
  });

  it('gives nothing for nothing', () => {
    expect(joinLines([])).toEqual([]);
  });
});

describe('fillCentreLine', () => {
  it('cuts off what lies outside', () => {
    const size = { width: 4, height: 3 };
    expect(linesOf(maskFromRuns(fillCentreLine([-1e6, 1, 1e6, 1], size)))).toEqual(['....', '####', '....']);
    expect(linesOf(maskFromRuns(fillCentreLine([9, 9], size)))).toEqual(['....', '....', '....']);
  });
});
