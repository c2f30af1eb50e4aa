import type { Sharp, default as SharpFactory } from 'sharp';
import { ClickmaskError, expectInteger, unexpected } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import { bmpSize, decodeBmp, endPicture, pictureFormat, type ReducedImage, type RgbImage } from '../../image/index.js';
import { checkReading, type PictureReading, planDeep, readDeep } from './deep-picture.js';
import { checkHeader, explainDecoding, isTurned } from './picture-file.js';

/**
 * Decodes an image to upright 8-bit RGB, as browsers show it. EXIF rotation is applied (except for WebP), colours are
 * converted to sRGB (CMYK, grey, palette, 16-bit), and transparency is laid over white. Of an animation or a multi-page
 * file, the first page is read. A JPEG that was cut off within its pixels, and a PNG without its last chunk, are read
 * with the missing part in grey.
 *
 * TIFFs with other samples than 8-bit colours (12 bits in 16, floats, signed, more bands) are stretched; `notes` says
 * how.
 *
 * @param maxPixels - checked on the header, before decoding
 * @param reading - which values and bands of such images to show
 * @throws ClickmaskError `unsupported-image` for an unsupported format, `image-too-large`, `bad-image` for a damaged or
 * truncated file, `bad-option` for a limit that is not a whole number
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
export async function decodeImage(
  bytes: Uint8Array,
  maxPixels = 64e6,
  reading: PictureReading = {},
): Promise<ReducedImage> {
  return decodeReduced(bytes, maxPixels, () => 1, reading);
}

/**
 * Like {@link decodeImage}, with fewer pixels if they would be averaged anyway. A JPEG or WebP is then not even
 * decompressed in full: a quarter along both axes takes less than half the time and a sixteenth of the memory.
 *
 * @param shrink - returns by which factor an image of this size may be reduced along both axes
 */
export async function decodeReduced(
  given: Uint8Array,
  maxPixels: number,
  shrink: (size: Size) => number,
  reading: PictureReading = {},
): Promise<ReducedImage> {
  expectInteger('bad-option', 'maxPixels', maxPixels, 1);
  checkReading(reading);
  if (pictureFormat(given) === 'bmp') return decodeBmp(given, maxPixels);
  const sharp = await loadSharp();
  const { bytes, note } = endPicture(given);
  try {
    const { size: full, isPlainInk } = await checkHeader(sharp, bytes, maxPixels);
    const open = (file: Uint8Array, page = 0) => {
      const limits = { limitInputPixels: maxPixels, limitInputChannels: 0 };
      const picture = sharp(file, { failOn: 'error', ...limits, page, pages: 1 });
      return isTurned(bytes) ? picture.autoOrient() : picture;
    };
    const plan = planDeep(bytes, reading);
    const deep = plan === null ? null : await readDeep(open, plan, reading);
    if (deep !== null) return deep;
    const factor = shrink(full);
    const picture = open(bytes);
    if (factor > 1) {
      picture.resize(Math.ceil(full.width / factor), Math.ceil(full.height / factor), { fit: 'fill' });
    }
    return {
      ...(await (isPlainInk ? readInks(picture) : readColours(picture))),
      ...(factor > 1 ? { full } : {}),
      ...(note === undefined ? {} : { notes: [note] }),
    };
  } catch (cause) {
    throw explainDecoding(cause, bytes);
  }
}

async function readColours(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture
    .toColourspace('srgb')
    .flatten({ background: '#ffffff' })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw unexpected('bad-image', 'the image', '3 channels after decoding', info.channels);
  return { width: info.width, height: info.height, data };
}

/** CMYK as browsers show it without a profile: each ink absorbs its share of the light. */
async function readInks(picture: Sharp): Promise<RgbImage> {
  const { data: inks, info } = await picture
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels < 4) throw unexpected('bad-image', 'the image', '4 inks', channels);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const light = 255 - inks[i * channels + 3];
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(((255 - inks[i * channels + c]) * light) / 255);
  }
  return { width, height, data };
}

/**
 * Size of the upright image, from the file's header.
 *
 * @throws ClickmaskError `unsupported-image`, `image-too-large`, `bad-image`
 *
 * @example
 * ```ts no-run
 * import { readFile } from 'node:fs/promises';
 * import { pictureSize } from '@clickmask/core/adapters';
 *
 * console.log(await pictureSize(await readFile('photo.jpg'))); // { width: 640, height: 480 }
 * ```
 */
export async function pictureSize(bytes: Uint8Array, maxPixels = 2 ** 28): Promise<Size> {
  if (pictureFormat(bytes) === 'bmp') return bmpSize(bytes);
  const sharp = await loadSharp();
  try {
    return (await checkHeader(sharp, bytes, maxPixels)).size;
  } catch (cause) {
    throw explainDecoding(cause, bytes);
  }
}

/** @throws ClickmaskError `backend-unavailable` if sharp is not installed */
export async function loadSharp(): Promise<typeof SharpFactory> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const message = 'sharp is not installed; images cannot be decoded. Install it with: npm install sharp@0.35.5';
    throw new ClickmaskError('backend-unavailable', message, { cause });
  }
}
