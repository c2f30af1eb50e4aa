import type { default as SharpFactory } from 'sharp';
import { ClickmaskError, expectInteger } from '../../errors/index.js';
import { checkPixels } from '../../image/rgb-image.js';

/** How the files begin that are read; a dot stands for any byte. The last is the box of AVIF and HEIF. */
const beginnings = [
  '\xff\xd8\xff',
  '\x89PNG\r\n\x1a\n',
  'RIFF....WEBP',
  'GIF8',
  'II*\0',
  'MM\0*',
  'II+\0',
  'MM\0+',
  '....ftyp',
];

/**
 * Refuses every other format (SVG, PDF, ...) before a decoder sees it.
 *
 * @throws ClickmaskError `unsupported-image`
 */
export function checkFormat(bytes: Uint8Array): void {
  const begins = (signs: string) => [...signs].every((sign, i) => sign === '.' || bytes[i] === sign.charCodeAt(0));
  if (beginnings.some(begins)) return;
  const message = 'Expected JPEG, PNG, WebP, GIF, TIFF or AVIF but the bytes are of no known picture format.';
  throw new ClickmaskError('unsupported-image', message);
}

/**
 * Checks a picture file's format and its header, before pixels are decoded.
 *
 * @throws ClickmaskError `unsupported-image`, `image-too-large`, or `bad-option` for a limit that is none
 */
export async function checkHeader(sharp: typeof SharpFactory, bytes: Uint8Array, maxPixels: number): Promise<void> {
  expectInteger('bad-option', 'maxPixels', maxPixels, 1);
  checkFormat(bytes);
  checkPixels(await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata(), maxPixels);
}
