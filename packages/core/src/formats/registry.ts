import { unexpected } from '../errors/index.js';
import { cocoPolygon } from './coco-polygon.js';
import { cocoRle, cocoRleUncompressed } from './coco-rle.js';
import type { Codec } from './codec.js';
import { cvatMask } from './cvat-mask.js';
import { geoJson } from './geojson.js';
import { labelStudioRle } from './label-studio-rle.js';
import { polygonJson } from './polygon.js';
import { svgPath } from './svg-path.js';

/** Every codec by name. A new one is a file and a line here; types and contract tests follow. */
const codecs = {
  'coco-rle': cocoRle,
  'coco-rle-uncompressed': cocoRleUncompressed,
  'coco-polygon': cocoPolygon,
  'label-studio-rle': labelStudioRle,
  'cvat-mask': cvatMask,
  polygon: polygonJson,
  geojson: geoJson,
  'svg-path': svgPath,
} as const;

/** Name of a codec. */
export type CodecName = keyof typeof codecs;

/** The value that the codec with this name writes. */
export type CodecValue<N extends CodecName> = ReturnType<(typeof codecs)[N]['serialize']>;

/**
 * Every codec of the core.
 *
 * @example
 * ```ts
 * import { CODECS } from '@clickmask/core/formats';
 *
 * console.log(CODECS.some(({ name }) => name === 'coco-rle')); // true
 * ```
 */
export const CODECS: readonly Codec[] = /*#__PURE__*/ Object.freeze(/*#__PURE__*/ Object.values(codecs));

/**
 * The codec with this name.
 *
 * @throws ClickmaskError `bad-option` for an unknown name; the message lists the known ones
 *
 * @example
 * ```ts
 * import { findCodec } from '@clickmask/core';
 *
 * console.log(findCodec('cvat-mask').needsSize); // true
 * ```
 */
export function findCodec(name: string): Codec {
  const codec = CODECS.find((candidate) => candidate.name === name);
  if (codec !== undefined) return codec;
  throw unexpected('bad-option', 'format', `one of ${CODECS.map((candidate) => candidate.name).join(', ')}`, name);
}
