import { ClickmaskError, unexpected } from '../../errors/index.js';
import {
  endPicture,
  pictureFormat,
  type ReducedImage,
  type RgbImage,
  unreadFormat,
  unreadHeic,
} from '../../image/index.js';

/** Number of rows to read from the canvas at once, which limits the extra memory. */
const bandPixels = 4_000_000;

/**
 * Decodes an image to upright 8-bit RGB with the browser's own decoders. EXIF rotation is applied, colours are
 * converted to sRGB, and transparency is laid over white. Of an animation, the first frame is read.
 *
 * @throws ClickmaskError `unsupported-image` for an unsupported format, `bad-image` for a damaged file, or
 * `image-too-large`
 *
 * @example
 * ```ts browser
 * import { decodeImage } from '@clickmask/core/web';
 *
 * const response = await fetch('photo.jpg');
 * const image = await decodeImage(new Uint8Array(await response.arrayBuffer()));
 * console.log(image.width, image.height); // 640 480
 * ```
 *
 * @example
 * ```ts browser
 * import { decodeImage } from '@clickmask/core/web';
 *
 * const file = await fetch('photo.jpg');
 * const image = await decodeImage(new Uint8Array(await file.arrayBuffer()));
 * console.log(image.data.length === image.width * image.height * 3); // true
 * ```
 */
export async function decodeImage(given: Uint8Array, maxPixels = 64e6): Promise<ReducedImage> {
  const { bytes, note } = endPicture(given);
  let bitmap: ImageBitmap;
  try {
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch (cause) {
    throw refusal(bytes, cause);
  }
  try {
    const { width, height } = bitmap;
    if (width * height > maxPixels) {
      const advice = 'Scale it down, or raise the limit (limits.maxPixels).';
      throw unexpected('image-too-large', 'the image', `at most ${maxPixels} pixels`, `${width} x ${height}`, advice);
    }
    return { ...readPixels(bitmap), ...(note === undefined ? {} : { notes: [note] }) };
  } finally {
    bitmap.close();
  }
}

/** A browser only says that it failed. If it reads this format, the file is damaged; else the format is unsupported. */
function refusal(bytes: Uint8Array, cause: unknown): ClickmaskError {
  const format = pictureFormat(bytes);
  if (format === 'heif') return unreadHeic(cause);
  if (format === 'tiff') {
    const message = 'Browsers read no TIFF. Convert it to PNG, or let a server decode it (mode remote).';
    return new ClickmaskError('unsupported-image', message, { cause });
  }
  if (format === null) return unreadFormat(bytes);
  const message = `The image (${format.toUpperCase()}) is damaged or truncated, or of a kind that this browser does not read.`;
  return new ClickmaskError('bad-image', message, { cause });
}

/** The pixels of a bitmap over white, read in bands of rows. */
function readPixels(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const data = new Uint8Array(width * height * 3);
  const rows = Math.min(height, Math.max(1, Math.floor(bandPixels / width)));
  const canvas = new OffscreenCanvas(width, rows);
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  if (context === null) throw new ClickmaskError('internal', 'This browser provides no 2-D canvas in a worker.');
  for (let top = 0, to = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, width, count);
    context.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
    const rgba = context.getImageData(0, 0, width, count).data;
    for (let from = 0; from < rgba.length; from += 4) {
      data[to++] = rgba[from];
      data[to++] = rgba[from + 1];
      data[to++] = rgba[from + 2];
    }
  }
  return { width, height, data };
}
