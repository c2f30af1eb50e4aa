import type { default as SharpFactory } from 'sharp';
import { ClickmaskError, expectInteger } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import { type PictureFormat, pictureFormat } from '../../image/picture-format.js';
import { checkPixels } from '../../image/rgb-image.js';

/** Formats that sharp reads here. */
const readable: readonly (PictureFormat | null)[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'heif'];

/**
 * Refuses every other format (SVG, PDF, ...) before a decoder sees it.
 *
 * @throws ClickmaskError `unsupported-image`
 */
export function checkFormat(bytes: Uint8Array): void {
  if (readable.includes(pictureFormat(bytes))) return;
  const message = 'Expected JPEG, PNG, WebP, GIF, TIFF or AVIF but the bytes are of no known picture format.';
  throw new ClickmaskError('unsupported-image', message);
}

/**
 * Checks a picture file's format and its header, before pixels are decoded.
 *
 * @returns its size when upright
 * @throws ClickmaskError `unsupported-image`, `image-too-large`, or `bad-option` for a limit that is none
 */
export async function checkHeader(sharp: typeof SharpFactory, bytes: Uint8Array, maxPixels: number): Promise<Size> {
  expectInteger('bad-option', 'maxPixels', maxPixels, 1);
  checkFormat(bytes);
  const { autoOrient } = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
  checkPixels(autoOrient, maxPixels);
  return autoOrient;
}
