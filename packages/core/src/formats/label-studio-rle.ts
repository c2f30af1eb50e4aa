import { expectInteger, expectNumber } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { type Mask, type MaskRuns, RunBuilder, toRuns } from '../mask/index.js';
import { addLinear } from '../mask/mask-runs.js';
import { badFormat, type Codec, isRecord, type ParseOptions, readSize, requireSize } from './codec.js';
import { runLengths } from './run-lengths.js';

/**
 * The part of a Label Studio brush region that holds its mask. The caller adds `id`, `type`, `from_name`, `to_name`,
 * and `value.brushlabels`.
 */
export interface LabelStudioRle {
  readonly original_width: number;
  readonly original_height: number;
  readonly image_rotation: 0;
  readonly value: {
    readonly format: 'rle';
    /** Bytes, 0 to 255. */
    readonly rle: readonly number[];
  };
}

/** Options for reading Label Studio RLE. */
export interface LabelStudioParseOptions extends ParseOptions {
  /**
   * A pixel is set if its alpha value is above this, 0 to 255. The editor paints every pixel above 0.
   *
   * @defaultValue 0
   */
  readonly threshold?: number;
}

/**
 * Label Studio's brush masks. `parse` accepts a whole region (other fields are ignored), its `value`, or the plain
 * bytes. For the latter two, the option `size` is required.
 *
 * @example
 * ```ts
 * import { labelStudioRle } from '@clickmask/core/formats';
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const region = labelStudioRle.serialize(rectRuns({ width: 8, height: 6 }, { x: 1, y: 1, width: 2, height: 2 }));
 * console.log(region.original_width, region.value.format); // 8 rle
 * console.log(area(labelStudioRle.parse(region))); // 4
 * ```
 */
export const labelStudioRle: Codec<LabelStudioRle> & {
  parse(value: unknown, options?: LabelStudioParseOptions): MaskRuns;
} = Object.freeze({
  name: 'label-studio-rle',
  mediaType: 'application/json',
  needsSize: false,
  isOutline: false,
  serialize(mask: Mask | MaskRuns): LabelStudioRle {
    const runs = toRuns(mask);
    return {
      original_width: runs.width,
      original_height: runs.height,
      image_rotation: 0,
      value: { format: 'rle', rle: Array.from(encodeLabelStudioRle(runs)) },
    };
  },
  parse(value: unknown, options: LabelStudioParseOptions = {}): MaskRuns {
    const region = isRecord(value) && isRecord(value.value) ? value : undefined;
    const content = region === undefined ? value : region.value;
    const bytes = isRecord(content) && !ArrayBuffer.isView(content) ? content.rle : content;
    const size =
      region !== undefined && (region.original_width !== undefined || options.size === undefined)
        ? readSize(NAME, region.original_width, region.original_height, options)
        : requireSize(NAME, options);
    return decodeLabelStudioRle(bytes as Uint8Array | readonly number[], size, options.threshold);
  },
});

const NAME = 'Label Studio RLE';

/** The header counts values, four per pixel, in 32 bits. */
const MAX_PIXELS = 2 ** 30 - 1;

/** Bits of the run length for each of the four field sizes. */
const FIELD_BITS = [3, 4, 8, 16];
const HEADER_BITS = 32 + 5 + 4 * 4;

/** Longest run of one group: the largest field holds the length minus one. */
const MAX_RUN = 2 ** 16;

/**
 * The bytes of Label Studio's brush RLE. They are identical to what its editor packs from the mask's RGBA image (all
 * four channels 255 if set, else 0), but are written from the runs.
 *
 * Bits, highest first: 32 bits number of values (`4 * width * height`); 5 bits word size minus one; 4 x 4 bits sizes of
 * the length fields minus one (3, 4, 8, 16); then groups: 1 bit kind (1 = run), 2 bits index of the length field, the
 * length minus one, and one word. Padded with 0 to a whole byte.
 *
 * @throws ClickmaskError `bad-mask` from 2^30 pixels on, which the header cannot count
 *
 * @example
 * ```ts
 * import { encodeLabelStudioRle } from '@clickmask/core/formats';
 * import { emptyRuns } from '@clickmask/core/masks';
 *
 * const bytes = encodeLabelStudioRle(emptyRuns({ width: 1200, height: 800 }));
 * console.log(bytes.subarray(0, 6).join(' ')); // 0 58 152 0 57 27
 * ```
 */
export function encodeLabelStudioRle(runs: MaskRuns): Uint8Array {
  expectInteger('bad-mask', 'width x height', runs.width * runs.height, 1, MAX_PIXELS);
  // A pixel is four equal values, so every run has at least four, and groups of literals never occur.
  const groups: number[] = [];
  let bitCount = HEADER_BITS;
  runLengths(runs).forEach((pixels, i) => {
    for (let left = pixels * 4; left > 0; left -= MAX_RUN) {
      const length = Math.min(left, MAX_RUN);
      groups.push((i & 1) === 1 ? length : -length);
      bitCount += 3 + FIELD_BITS[fieldFor(length)] + 8;
    }
  });
  const bits = new BitWriter(Math.ceil(bitCount / 8));
  const values = 4 * runs.width * runs.height;
  bits.write(Math.floor(values / MAX_RUN), 16);
  bits.write(values % MAX_RUN, 16);
  bits.write(8 - 1, 5);
  for (const size of FIELD_BITS) bits.write(size - 1, 4);
  for (const group of groups) {
    const length = Math.abs(group);
    const field = fieldFor(length);
    bits.write(4 | field, 3);
    bits.write(length - 1, FIELD_BITS[field]);
    bits.write(group > 0 ? 255 : 0, 8);
  }
  return bits.bytes;
}

/** The smallest length field for a length. */
function fieldFor(length: number): number {
  return length <= 8 ? 0 : length <= 16 ? 1 : length <= 256 ? 2 : 3;
}

/**
 * Reads Label Studio's brush RLE with any word and field sizes. Bytes after the last group are ignored.
 *
 * @param threshold - a pixel is set if its alpha value is above this; default 0
 * @throws ClickmaskError `bad-format`
 */
export function decodeLabelStudioRle(bytes: Uint8Array | readonly number[], size: Size, threshold = 0): MaskRuns {
  readSize(NAME, size.width, size.height, { maxPixels: MAX_PIXELS });
  expectNumber('bad-option', 'threshold', threshold, 0, 255);
  const bits = new BitReader(checkBytes(bytes));
  const values = bits.read(32);
  const expected = 4 * size.width * size.height;
  if (values !== expected) {
    const advice = `An image of ${size.width} x ${size.height} px has ${expected}; the size must be that of the image.`;
    throw badFormat(NAME, 'the number of values', String(expected), values, advice);
  }
  const wordBits = bits.read(5) + 1;
  const fieldBits = FIELD_BITS.map(() => bits.read(4) + 1);
  const builder = new RunBuilder(size);
  let position = 0;
  while (position < values) {
    const isRun = bits.read(1) === 1;
    const length = bits.read(fieldBits[bits.read(2)]) + 1;
    if (length > values - position) {
      throw badFormat(NAME, 'a group', `at most ${values - position} values`, length);
    }
    if (isRun) {
      // Alpha is the fourth value of each pixel: find the pixels whose fourth value is in the group.
      if (bits.read(wordBits) > threshold) {
        addLinear(builder, size.width, Math.floor(position / 4), Math.floor((position + length) / 4));
      }
      position += length;
      continue;
    }
    for (const end = position + length; position < end; position++) {
      if (bits.read(wordBits) > threshold && position % 4 === 3) {
        addLinear(builder, size.width, (position - 3) / 4, (position + 1) / 4);
      }
    }
  }
  return builder.finish();
}

function checkBytes(bytes: unknown): Uint8Array | readonly number[] {
  if (bytes instanceof Uint8Array) return bytes;
  if (!Array.isArray(bytes)) throw badFormat(NAME, 'rle', 'an array of bytes', bytes);
  for (let i = 0; i < bytes.length; i++) {
    const byte: unknown = bytes[i];
    if (!Number.isInteger(byte) || (byte as number) < 0 || (byte as number) > 255) {
      throw badFormat(NAME, `byte ${i}`, 'a whole number from 0 to 255', byte);
    }
  }
  return bytes;
}

/** Writes numbers of up to 16 bits, highest bit first. */
class BitWriter {
  readonly bytes: Uint8Array;
  #at = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
  }

  write(value: number, bits: number): void {
    // Fewer than 8 bits are ever pending, so at most 24 are in use.
    this.#pending = (this.#pending << bits) | value;
    this.#pendingBits += bits;
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      this.bytes[this.#at++] = this.#pending >>> this.#pendingBits;
    }
    this.#pending &= (1 << this.#pendingBits) - 1;
    if (this.#pendingBits > 0) this.bytes[this.#at] = this.#pending << (8 - this.#pendingBits);
  }
}

/** Reads numbers of up to 32 bits, highest bit first. */
class BitReader {
  readonly #bytes: Uint8Array | readonly number[];
  #bit = 0;

  constructor(bytes: Uint8Array | readonly number[]) {
    this.#bytes = bytes;
  }

  read(bits: number): number {
    if (this.#bit + bits > this.#bytes.length * 8) {
      throw badFormat(NAME, 'the length', 'further groups', `${this.#bytes.length} bytes`, 'The data are cut short.');
    }
    let value = 0;
    for (let left = bits; left > 0; ) {
      const free = 8 - (this.#bit & 7);
      const take = Math.min(free, left);
      const part = (this.#bytes[this.#bit >> 3] >> (free - take)) & ((1 << take) - 1);
      value = value * 2 ** take + part;
      this.#bit += take;
      left -= take;
    }
    return value;
  }
}
