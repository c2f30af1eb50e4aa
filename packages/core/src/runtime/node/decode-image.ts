import type { default as SharpFactory } from 'sharp';
import { ClickmaskError, isClickmaskError, unexpected } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import type { ReducedImage, RgbImage } from '../../image/index.js';
import { checkHeader } from './picture-file.js';

/**
 * Decodes a picture to upright 8-bit RGB: EXIF rotation applied, colours brought to sRGB (CMYK, grey, palette, 16-bit),
 * transparency laid over white; of an animation or a multi-page file, the first page.
 *
 * @param maxPixels - checked on the header, before pixels are decoded
 * @throws ClickmaskError `unsupported-image` for a format that is not read, `image-too-large`, `bad-image` for one that
 * is damaged or truncated, or `bad-option` for a limit that is no whole number
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { decodeImage } from '@clickmask/core/node';
 *
 * const image = await decodeImage(await readFile('examples/photos/cat.jpg'));
 * console.log(image.width, image.height); // 451 300
 * ```
 */
export async function decodeImage(bytes: Uint8Array, maxPixels = 64e6): Promise<RgbImage> {
  return decodeReduced(bytes, maxPixels, () => 1);
}

/**
 * As {@link decodeImage}, in fewer pixels where all of them would be averaged anyway. A JPEG or WebP is then not even
 * decompressed in full: a quarter along both axes takes less than half the time, and a sixteenth of the memory.
 *
 * @param shrink - the factor by which a picture of this size may be smaller along both axes
 */
export async function decodeReduced(
  bytes: Uint8Array,
  maxPixels: number,
  shrink: (size: Size) => number,
): Promise<ReducedImage> {
  const sharp = await loadSharp();
  try {
    const full = await checkHeader(sharp, bytes, maxPixels);
    const factor = shrink(full);
    const picture = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, page: 0, pages: 1 }).autoOrient();
    if (factor > 1) {
      picture.resize(Math.ceil(full.width / factor), Math.ceil(full.height / factor), { fit: 'fill' });
    }
    const { data, info } = await picture
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw unexpected('bad-image', 'the picture', '3 channels after decoding', info.channels);
    return { width: info.width, height: info.height, data, ...(factor > 1 ? { full } : {}) };
  } catch (cause) {
    throw explainDecoding(cause);
  }
}

/** What a decoder's failure means. */
function explainDecoding(cause: unknown): ClickmaskError {
  if (isClickmaskError(cause)) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/unsupported image format/i.test(text)) {
    const message = 'Expected JPEG, PNG, WebP, GIF, TIFF or AVIF but the bytes are of no known picture format.';
    return new ClickmaskError('unsupported-image', message, { cause });
  }
  return new ClickmaskError('bad-image', `The picture is damaged or truncated: ${text.split('\n')[0]}.`, { cause });
}

/**
 * Size of a picture file when upright, from its header.
 *
 * @throws ClickmaskError `unsupported-image`, `image-too-large`, `bad-image`
 */
export async function pictureSize(bytes: Uint8Array, maxPixels = 2 ** 28): Promise<Size> {
  const sharp = await loadSharp();
  try {
    const { width, height } = await checkHeader(sharp, bytes, maxPixels);
    return { width, height };
  } catch (cause) {
    throw explainDecoding(cause);
  }
}

/** @throws ClickmaskError `backend-unavailable` where sharp is not installed */
export async function loadSharp(): Promise<typeof SharpFactory> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const message = 'sharp is not installed; pictures cannot be decoded. Install it with: npm install sharp@0.35.5';
    throw new ClickmaskError('backend-unavailable', message, { cause });
  }
}
