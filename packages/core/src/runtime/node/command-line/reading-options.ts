/**
 * The options `--range` and `--bands` of a program, for `readingFromOptions`.
 *
 * @example
 * ```ts
 * import { readingOptions } from '@clickmask/core/adapters';
 *
 * console.log(readingOptions.bands.value); // N|R,G,B
 * ```
 */
export const readingOptions = {
  range: {
    type: 'text',
    value: 'LOW,HIGH|full',
    help: "Values for black and white in deep images (12 or 16 bits, floats, signed), or all that samples can hold. Default: the file's range, else percentiles; a note says which.",
  },
  bands: {
    type: 'text',
    value: 'N|R,G,B',
    help: 'Bands to show of images with many bands, counted from 1. Default: the first three.',
  },
} as const;
