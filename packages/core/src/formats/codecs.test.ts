import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import { checkRuns, maskFromRuns, runsFromMask } from '../mask/index.js';
import { CODECS, type Codec, findCodec } from './index.js';

/** What every codec owes, run over the whole registry. */
describe.each(CODECS.map((codec) => [codec.name, codec] as const))('codec %s', (_, codec: Codec) => {
  it('gives back every pixel, through JSON, from bytes and from runs', () => {
    fc.assert(
      fc.property(arbitraryMask(24), (mask) => {
        const size = { width: mask.width, height: mask.height };
        const written = codec.serialize(mask);
        expect(codec.serialize(runsFromMask(mask))).toEqual(written);
        const runs = codec.parse(JSON.parse(JSON.stringify(written)), codec.needsSize ? { size } : {});
        checkRuns(runs);
        expect(linesOf(maskFromRuns(runs))).toEqual(linesOf(mask));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['1 x 1, empty', ['.']],
    ['1 x 1, full', ['#']],
    ['a row', ['.##.#']],
    ['a column', ['#', '.', '#', '#']],
    ['full', ['###', '###']],
    ['empty', ['...', '...']],
    ['a checkerboard', ['#.#.', '.#.#', '#.#.']],
    ['nested rings', ['#######', '#.....#', '#.###.#', '#.#.#.#', '#.###.#', '#.....#', '#######']],
    ['rings that touch at corners', ['.##..', '#..#.', '#.#.#', '.#.##', '..##.']],
  ])('gives back %s', (_name, lines) => {
    const mask = maskOf(...lines);
    const size = { width: mask.width, height: mask.height };
    expect(linesOf(maskFromRuns(codec.parse(codec.serialize(mask), { size })))).toEqual(lines);
  });

  it('is frozen, and named for a command line', () => {
    expect(Object.isFrozen(codec)).toBe(true);
    expect(codec.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(codec.mediaType).toMatch(/^[a-z]+\/[a-z+]+$/);
    expect(findCodec(codec.name)).toBe(codec);
  });

  it('refuses masks that are none', () => {
    for (const value of [null, undefined, 3, {}, { width: 2, height: 2, data: new Uint8Array(3) }]) {
      expect(() => codec.serialize(value as never)).toThrow(expect.objectContaining({ code: 'bad-mask' }));
    }
  });

  it('answers any value with runs or with bad-format', () => {
    const value = fc.oneof(
      fc.anything({ maxDepth: 4 }),
      fc.array(fc.oneof(fc.integer(), fc.double())),
      fc.record({
        size: fc.array(fc.integer({ min: -2, max: 9 })),
        counts: fc.oneof(fc.string(), fc.array(fc.nat(9))),
      }),
      fc.record({
        original_width: fc.constantFrom<unknown>(4, 4.5, -1, '4'),
        original_height: fc.constantFrom<unknown>(4, Number.NaN),
        value: fc.record({ rle: fc.array(fc.integer({ min: 0, max: 255 })) }),
      }),
      fc.record({ type: fc.constantFrom('Polygon', 'MultiPolygon', 'Point', 'Feature'), coordinates: fc.jsonValue() }),
      fc.stringMatching(/^[MLHVZmlhvz0-9 ,.-]*$/),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(value, fc.boolean(), (anything, hasSize) => {
        try {
          checkRuns(codec.parse(anything, hasSize || codec.needsSize ? { size: { width: 4, height: 4 } } : {}));
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^bad-(format|option)$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('survives a damaged value', () => {
    const mask = maskOf('.##.', '#..#', '##.#');
    const text = JSON.stringify(codec.serialize(mask));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', '9', '-', '"', ' ', '', '1e9', 'null'), (at, piece) => {
        let damaged: unknown;
        try {
          damaged = JSON.parse(text.slice(0, at) + piece + text.slice(at + 1));
        } catch {
          return;
        }
        try {
          checkRuns(codec.parse(damaged, { size: { width: 4, height: 3 } }));
        } catch (error) {
          expect((error as { code?: string }).code).toBe('bad-format');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('bounds the size of the image', () => {
    const mask = maskOf('#..', '.#.');
    const value = codec.serialize(mask);
    const bad = expect.objectContaining({ code: 'bad-format' });
    const size = { width: 3, height: 2 };
    expect(() => codec.parse(value, { size, maxPixels: 5 })).toThrow(bad);
    expect(() => codec.parse(value, { size, maxPixels: Number.NaN })).toThrow(bad);
    for (const side of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 20 + 1, 2 ** 40]) {
      expect(() => codec.parse(value, { size: { width: side, height: 2 } })).toThrow(bad);
      expect(() => codec.parse(value, { size: { width: 3, height: side } })).toThrow(bad);
    }
    expect(() => codec.parse(value, { size: { width: 2 ** 19, height: 2 ** 19 } })).toThrow(bad);
    if (codec.needsSize) {
      expect(() => codec.parse(value)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    } else {
      expect(() => codec.parse(value, { size: { width: 2, height: 3 } })).toThrow(bad);
      expect(linesOf(maskFromRuns(codec.parse(value)))).toEqual(linesOf(mask));
    }
  });
});

describe('findCodec', () => {
  it('lists the names where there is none', () => {
    expect(() => findCodec('bmp')).toThrow(/coco-rle, .*svg-path/);
  });

  it('knows each name once', () => {
    expect(Object.isFrozen(CODECS)).toBe(true);
    expect(new Set(CODECS.map(({ name }) => name)).size).toBe(CODECS.length);
  });
});
