import { bounds, findCodec, type Mask, type MaskRuns, maskFromRuns } from '@clickmask/core';
import { CODECS, type CodecName, type CodecValue } from '@clickmask/core/formats';
import type { Rect } from '@clickmask/core/masks';
import { maskPng } from './png.js';

type CodecValues = { readonly [N in CodecName]: CodecValue<N> };

/** The forms of a mask: plain ones, and every codec of the core by name. */
export interface ResultTypes extends CodecValues {
  readonly runs: MaskRuns;
  readonly mask: Mask;
  readonly bbox: Rect;
  /** An 8-bit grey PNG in the image's size: 255 on the object, 0 around it. */
  readonly png: Promise<Blob>;
}

export type ResultFormat = keyof ResultTypes;
export type ResultOf<F extends ResultFormat> = ResultTypes[F];

/** Whether a format consists of outlines. The detail then reduces its corners directly, without changing the mask. */
export function isOutlineFormat(format: string): boolean {
  return CODECS.some(({ name, isOutline }) => isOutline && name === format);
}

/**
 * Every format of `getResult`, for example for a menu.
 *
 * @example
 * ```ts
 * import { resultFormats } from '@clickmask/browser-widget';
 *
 * console.log(resultFormats.includes('coco-rle'), resultFormats.includes('png')); // true true
 * ```
 */
export const resultFormats: readonly ResultFormat[] = /*#__PURE__*/ Object.freeze([
  .../*#__PURE__*/ CODECS.map(({ name }) => name as CodecName),
  'png',
  'mask',
  'runs',
  'bbox',
]);

/**
 * A mask in a format; null if the mask is empty.
 *
 * @param detail - for formats made of outlines, 0 to 1
 * @throws ClickmaskError `bad-option` for an unknown format; the message lists the known ones
 */
export function serializeResult<F extends ResultFormat>(format: F, runs: MaskRuns, detail: number): ResultOf<F> | null {
  if (runs.spans.length === 0) return null;
  const plain: Readonly<Record<string, () => unknown>> = {
    runs: () => runs,
    mask: () => maskFromRuns(runs),
    bbox: () => bounds(runs),
    png: () => maskPng(runs),
  };
  if (Object.hasOwn(plain, format)) return plain[format]() as ResultOf<F>;
  return findCodec(format).serialize(runs, isOutlineFormat(format) ? { detail } : {}) as ResultOf<F>;
}
