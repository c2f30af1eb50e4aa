import { expectInteger } from '../errors/index.js';
import { type Mask, type MaskRuns, toRuns, transpose } from '../mask/index.js';
import { badFormat, type Codec, isRecord, type ParseOptions, readSize } from './codec.js';
import { runLengths, runsFromLengths } from './run-lengths.js';

/** COCO RLE with compressed counts, as written by `pycocotools.mask.encode` (which returns the counts as bytes). */
export interface CocoRle {
  /** Height, then width. */
  readonly size: readonly [number, number];
  readonly counts: string;
}

/** COCO RLE with counts as numbers, as in COCO files for crowds. */
export interface CocoRleUncompressed {
  /** Height, then width. */
  readonly size: readonly [number, number];
  /** Alternating lengths of unset and set pixels, column by column. */
  readonly counts: readonly number[];
}

/**
 * COCO RLE, compressed. Reads the uncompressed form too.
 *
 * @example
 * ```ts
 * import { area, cocoRle } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const rle = cocoRle.serialize(rectRuns({ width: 4, height: 3 }, { x: 1, y: 1, width: 2, height: 2 }));
 * console.log(JSON.stringify(rle)); // {"size":[3,4],"counts":"42102"}
 * console.log(area(cocoRle.parse(rle))); // 4
 * ```
 */
export const cocoRle: Codec<CocoRle> = Object.freeze({
  name: 'coco-rle',
  mediaType: 'application/json',
  needsSize: false,
  isOutline: false,
  serialize(mask: Mask | MaskRuns): CocoRle {
    const runs = toRuns(mask);
    expectInteger('bad-mask', 'width x height', runs.width * runs.height, 1, 2 ** 31 - 1);
    return { size: [runs.height, runs.width], counts: compressCounts(runLengths(transpose(runs))) };
  },
  parse: parseCocoRle,
});

/**
 * COCO RLE with counts as numbers. Reads the compressed form too.
 *
 * @example
 * ```ts
 * import { cocoRleUncompressed } from '@clickmask/core/formats';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const rle = cocoRleUncompressed.serialize(rectRuns({ width: 4, height: 3 }, { x: 1, y: 1, width: 2, height: 2 }));
 * console.log(rle.counts.join(' ')); // 4 2 1 2 3
 * ```
 */
export const cocoRleUncompressed: Codec<CocoRleUncompressed> = Object.freeze({
  name: 'coco-rle-uncompressed',
  mediaType: 'application/json',
  needsSize: false,
  isOutline: false,
  serialize(mask: Mask | MaskRuns): CocoRleUncompressed {
    const runs = toRuns(mask);
    return { size: [runs.height, runs.width], counts: runLengths(transpose(runs)) };
  },
  parse: parseCocoRle,
});

function parseCocoRle(value: unknown, options: ParseOptions = {}): MaskRuns {
  if (!isRecord(value)) throw badFormat('COCO RLE', 'the type', '{ size, counts }', value);
  const { size, counts } = value;
  if (!Array.isArray(size) || size.length !== 2) throw badFormat('COCO RLE', 'size', '[height, width]', size);
  const { width, height } = readSize('COCO RLE', size[1], size[0], options);
  if (typeof counts !== 'string' && !Array.isArray(counts)) {
    throw badFormat('COCO RLE', 'counts', 'a string or an array of numbers', counts);
  }
  const lengths = typeof counts === 'string' ? expandCounts(counts) : counts;
  return transpose(runsFromLengths('COCO RLE', lengths, { width: height, height: width }));
}

/**
 * From the fourth count on, each is stored as the difference from the count two before (the previous one of its kind).
 * A number is split into groups of 5 bits, lowest first. Bit 6 says that more groups follow. The top bit of the last
 * group is the sign. Each group is written as the character with its value + 48.
 */
function compressCounts(counts: readonly number[]): string {
  let text = '';
  for (let i = 0; i < counts.length; i++) {
    let rest = i > 2 ? counts[i] - counts[i - 2] : counts[i];
    for (let isMore = true; isMore; ) {
      const group = rest & 31;
      rest >>= 5;
      isMore = (group & 16) !== 0 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode(48 + group + (isMore ? 32 : 0));
    }
  }
  return text;
}

/** Maximum number of groups per count: 7 x 5 bits hold every count below 2^31, also as a difference. */
const MAX_GROUPS = 7;

function expandCounts(text: string): number[] {
  const counts: number[] = [];
  let at = 0;
  while (at < text.length) {
    let value = 0;
    let scale = 1;
    for (let groups = 1; ; groups++) {
      const code = text.charCodeAt(at) - 48;
      if (!(code >= 0 && code < 64)) {
        throw badFormat(
          'COCO RLE',
          `character ${at} of counts`,
          at < text.length ? "a character from '0' to 'o'" : 'the rest of a number',
          at < text.length ? text[at] : 'the end',
        );
      }
      at++;
      value += (code & 31) * scale;
      scale *= 32;
      if ((code & 32) === 0) {
        if ((code & 16) !== 0) value -= scale;
        break;
      }
      if (groups === MAX_GROUPS) {
        throw badFormat(
          'COCO RLE',
          `character ${at} of counts`,
          `a number of at most ${MAX_GROUPS} characters`,
          'more',
        );
      }
    }
    counts.push(counts.length > 2 ? counts[counts.length - 2] + value : value);
  }
  return counts;
}
