import { readFileSync } from 'node:fs';
import { decode, encode } from '@thi.ng/rle-pack';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import { area, bounds, emptyRuns, type Mask, maskFromRuns, rectRuns, runsFromMask } from '../mask/index.js';
import {
  cocoRle,
  cocoRleUncompressed,
  cvatMask,
  decodeLabelStudioRle,
  encodeLabelStudioRle,
  labelStudioRle,
} from './index.js';

const badFormat = expect.objectContaining({ code: 'bad-format' });

describe('COCO RLE', () => {
  // Computed with pycocotools 2.0.11 (mask.encode), the plain counts with a loop over the columns.
  interface Golden {
    readonly size: [number, number];
    readonly compressed: string;
    readonly counts: number[];
    readonly mask: string[] | null;
    readonly area: number;
  }
  const cases: Golden[] = JSON.parse(readFileSync(new URL('./golden/coco-rle.json', import.meta.url), 'utf8'));

  it.each(cases.map((golden) => [golden.size.join(' x '), golden] as const))('golden mask of %s', (_, golden) => {
    const { size, compressed, counts } = golden;
    const runs = cocoRle.parse({ size, counts: compressed });
    expect(area(runs)).toBe(golden.area);
    if (golden.mask !== null) expect(linesOf(maskFromRuns(runs))).toEqual(golden.mask);
    expect(cocoRle.parse({ size, counts })).toEqual(runs);
    expect(cocoRle.serialize(runs)).toEqual({ size, counts: compressed });
    expect(cocoRleUncompressed.serialize(runs)).toEqual({ size, counts });
  });

  it('reads counts of 0 in between', () => {
    const runs = cocoRle.parse({ size: [1, 5], counts: [1, 1, 0, 1, 2, 0] });
    expect(linesOf(maskFromRuns(runs))).toEqual(['.##..']);
  });

  it.each<[string, unknown]>([
    ['no object', 'abc'],
    ['an array', []],
    ['no size', { counts: '4' }],
    ['three sides', { size: [2, 2, 1], counts: '4' }],
    ['a side that is text', { size: ['2', 2], counts: '4' }],
    ['an absurd size', { size: [2 ** 20, 2 ** 20], counts: [2 ** 40] }],
    ['no counts', { size: [2, 2] }],
    ['too few pixels', { size: [2, 2], counts: [3] }],
    ['too many pixels', { size: [2, 2], counts: [3, 2] }],
    ['a count far beyond', { size: [2, 2], counts: [Number.MAX_VALUE] }],
    ['a negative count', { size: [2, 2], counts: [5, -1] }],
    ['half a pixel', { size: [2, 2], counts: [3.5, 0.5] }],
    ['NaN', { size: [2, 2], counts: [Number.NaN, 4] }],
    ['text among counts', { size: [2, 2], counts: ['4'] }],
    ['a hole in the counts', { size: [2, 2], counts: new Array(3) }],
    ['an empty string', { size: [2, 2], counts: '' }],
    ['a character below the alphabet', { size: [2, 2], counts: '/4' }],
    ['a character above the alphabet', { size: [2, 2], counts: 'p' }],
    ['a number cut short', { size: [2, 2], counts: 'P' }],
    ['an endless number', { size: [2, 2], counts: 'o'.repeat(1000) }],
    ['a negative compressed count', { size: [2, 2], counts: 'O' }],
  ])('refuses %s', (_, value) => {
    expect(() => cocoRle.parse(value)).toThrow(badFormat);
    expect(() => cocoRleUncompressed.parse(value)).toThrow(badFormat);
  });
});

describe('Label Studio RLE', () => {
  /** The image that the editor packs: the mask value in all four channels. */
  const rgba = ({ data }: Mask) => Uint8Array.from({ length: data.length * 4 }, (_, i) => data[i >> 2] * 255);

  it('writes the bytes of @thi.ng/rle-pack', () => {
    fc.assert(
      fc.property(arbitraryMask(40), (mask) => {
        const values = rgba(mask);
        expect(encodeLabelStudioRle(runsFromMask(mask))).toEqual(encode(values, values.length));
      }),
      { numRuns: 300 },
    );
  });

  it.each([16384, 16385, 32768, 40000])('does so where a run of %i pixels is cut into groups', (pixels) => {
    for (const [from, to] of [
      [0, pixels],
      [0, pixels + 3],
      [2, pixels + 2],
    ]) {
      for (const value of [0, 1]) {
        const data = new Uint8Array(to).fill(value, from);
        data.fill(1 - value, 0, from);
        const mask = { width: to, height: 1, data };
        const values = rgba(mask);
        const bytes = encodeLabelStudioRle(runsFromMask(mask));
        const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);
        expect(same(bytes, encode(values, values.length))).toBe(true);
        expect(same(decode(bytes) as Uint8Array, values)).toBe(true);
        expect(same(maskFromRuns(decodeLabelStudioRle(bytes, mask)).data, data)).toBe(true);
      }
    }
  });

  it('reads what the packer writes for any image, by alpha', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.constantFrom(0, 0, 1, 128, 255), { minLength: 48, maxLength: 48 }),
        fc.constantFrom(0, 127),
        (width, values, threshold) => {
          const height = Math.floor(12 / width);
          const picture = Uint8Array.from(values.slice(0, width * height * 4));
          const bytes = encode(picture, picture.length);
          const mask = maskFromRuns(decodeLabelStudioRle(bytes, { width, height }, threshold));
          expect(mask.data).toEqual(mask.data.map((_, i) => (picture[4 * i + 3] > threshold ? 1 : 0)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads other word and field sizes', () => {
    const values = [0, 0, 0, 3, 1, 1, 1, 1, 1, 1, 1, 0, 2, 2, 2, 2];
    const bytes = encode(values, values.length, 3, [1, 2, 3, 4]);
    const mask = maskFromRuns(decodeLabelStudioRle(bytes, { width: 4, height: 1 }));
    expect([...mask.data]).toEqual([1, 1, 0, 1]);
  });

  it('takes a region, its value, or the bytes', () => {
    const size = { width: 8, height: 6 };
    const runs = rectRuns(size, { x: 1, y: 1, width: 3, height: 2 });
    const region = labelStudioRle.serialize(runs);
    const full = { id: 'a1', type: 'brushlabels', ...region, value: { ...region.value, brushlabels: ['Cat'] } };
    expect(labelStudioRle.parse(full)).toEqual(runs);
    expect(labelStudioRle.parse({ value: region.value }, { size })).toEqual(runs);
    expect(labelStudioRle.parse(region.value, { size })).toEqual(runs);
    expect(labelStudioRle.parse(region.value.rle, { size })).toEqual(runs);
    expect(labelStudioRle.parse(Uint8Array.from(region.value.rle), { size })).toEqual(runs);
    // Some writers add a byte of 0.
    expect(labelStudioRle.parse([...region.value.rle, 0], { size })).toEqual(runs);
    expect(() => labelStudioRle.parse(region.value)).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });

  const size = { width: 3, height: 2 };
  const good = Array.from(encodeLabelStudioRle(rectRuns(size, { x: 1, y: 0, width: 1, height: 2 })));
  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'rle'],
    ['an empty array', []],
    ['half a header', good.slice(0, 5)],
    ['data cut short', good.slice(0, -2)],
    ['another image', [0, 0, 0, 99, ...good.slice(4)]],
    ['a count of 2^32 - 1', [255, 255, 255, 255, ...good.slice(4)]],
    ['a byte of 256', [256, ...good.slice(1)]],
    ['a byte below 0', [-1, ...good.slice(1)]],
    ['a byte that is text', ['0', ...good.slice(1)]],
    ['groups that are too long', [...good.slice(0, 4), 0x38, 0x9a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['no bytes', { format: 'rle' }],
    ['a region without bytes', { original_width: 3, original_height: 2, value: {} }],
    ['a region of another size', { original_width: 2, original_height: 3, value: { rle: good } }],
  ])('refuses %s', (_, value) => {
    expect(() => labelStudioRle.parse(value, { size })).toThrow(badFormat);
  });

  it('refuses a threshold that is none', () => {
    expect(() => labelStudioRle.parse(good, { size, threshold: Number.NaN } as never)).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });
});

describe('CVAT mask', () => {
  const size = { width: 6, height: 4 };

  it('writes runs over the box, then the box, inclusive', () => {
    const runs = runsFromMask(maskOf('......', '..##..', '.#..#.', '......'));
    expect(cvatMask.serialize(runs)).toEqual([1, 2, 1, 1, 2, 1, 1, 1, 4, 2]);
    expect(cvatMask.serialize(rectRuns(size, { x: 0, y: 0, width: 6, height: 4 }))).toEqual([0, 24, 0, 0, 5, 3]);
    expect(cvatMask.serialize(emptyRuns(size))).toEqual([]);
  });

  it('agrees with a plain loop over the box', () => {
    fc.assert(
      fc.property(arbitraryMask(16), (mask) => {
        const box = bounds(runsFromMask(mask));
        if (box === null) return;
        const counts = [0];
        let value = 0;
        for (let y = box.y; y < box.y + box.height; y++) {
          for (let x = box.x; x < box.x + box.width; x++) {
            if (mask.data[y * mask.width + x] !== value) {
              counts.push(0);
              value = 1 - value;
            }
            counts[counts.length - 1]++;
          }
        }
        const corners = [box.x, box.y, box.x + box.width - 1, box.y + box.height - 1];
        expect(cvatMask.serialize(mask)).toEqual([...counts, ...corners]);
      }),
    );
  });

  it('takes a shape too, and boxes larger than the mask', () => {
    const runs = cvatMask.parse({ type: 'mask', points: [7, 1, 4, 1, 0, 3, 3] }, { size });
    expect(linesOf(maskFromRuns(runs))).toEqual(['......', '......', '..#...', '......']);
  });

  it.each<[string, unknown]>([
    ['no array', 7],
    ['a shape without points', { type: 'mask' }],
    ['only a box', [0, 0, 1, 1]],
    ['a box outside', [4, 5, 0, 6, 1]],
    ['a box upside down', [4, 3, 1, 2, 1]],
    ['a box below 0', [4, -1, 0, 0, 1]],
    ['a fractional box', [4, 0.5, 0, 1, 1]],
    ['too few pixels', [1, 2, 0, 0, 1, 1]],
    ['too many pixels', [1, 2, 2, 0, 0, 1, 1]],
    ['a negative run', [5, -1, 0, 0, 1, 1]],
    ['text', ['4', 0, 0, 1, 1]],
    ['NaN', [Number.NaN, 4, 0, 0, 1, 1]],
  ])('refuses %s', (_, value) => {
    expect(() => cvatMask.parse(value, { size })).toThrow(badFormat);
  });
});
