import type { default as SharpFactory } from 'sharp';
import { ClickmaskError, expectInteger, isClickmaskError, messageOf } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import { type PictureFormat, pictureFormat } from '../../image/picture-format.js';
import { checkPixels } from '../../image/rgb-image.js';
import { unreadFormat, unreadHeic } from '../../image/unread-formats.js';

/** Formats that sharp reads here; HEIC where its libvips was built for it. */
const readable: readonly (PictureFormat | null)[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'heif'];

/**
 * Refuses every other format (SVG, PDF, ...) before a decoder sees it.
 *
 * @throws ClickmaskError `unsupported-image`
 */
export function checkFormat(bytes: Uint8Array): void {
  if (!readable.includes(pictureFormat(bytes))) throw unreadFormat(bytes, 'TIFF');
}

/** What is known of a picture before its pixels are decoded. */
export interface PictureHeader {
  /** When upright. */
  readonly size: Size;
  /** Whether it is in CMYK without a profile that says what the inks look like. */
  readonly isPlainInk: boolean;
}

/**
 * Checks a picture file's format and its header, before pixels are decoded.
 *
 * @returns its size when upright, and whether it is in inks
 * @throws ClickmaskError `unsupported-image`, `image-too-large`, or `bad-option` for a limit that is none
 */
export async function checkHeader(
  sharp: typeof SharpFactory,
  bytes: Uint8Array,
  maxPixels: number,
): Promise<PictureHeader> {
  expectInteger('bad-option', 'maxPixels', maxPixels, 1);
  checkFormat(bytes);
  const metadata = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
  const size = isTurned(bytes) ? metadata.autoOrient : metadata;
  checkPixels(size, maxPixels);
  const isPlainInk = metadata.space === 'cmyk' && !metadata.hasProfile;
  return { size: { width: size.width, height: size.height }, isPlainInk };
}

/** Whether EXIF orientation counts: browsers do not look at it in WebP, and what they show is what people click on. */
export function isTurned(bytes: Uint8Array): boolean {
  return pictureFormat(bytes) !== 'webp';
}

/** What a decoder's failure means: that the file is damaged, unless it says that it never could read such files. */
export function explainDecoding(cause: unknown, bytes: Uint8Array): ClickmaskError {
  if (isClickmaskError(cause)) return cause;
  if (pictureFormat(bytes) === 'heif') return unreadHeic(cause);
  const text = messageOf(cause);
  if (/unsupported image format/i.test(text)) return unreadFormat(bytes, 'TIFF');
  if (/not configured|not supported|unsupported|no codec|unknown compression|not implemented/i.test(text)) {
    const message = `This kind of ${pictureFormat(bytes)?.toUpperCase()} is not read here: ${text}. Save it with another compression or as PNG.`;
    return new ClickmaskError('unsupported-image', message, { cause });
  }
  return new ClickmaskError('bad-image', `The picture is damaged or truncated: ${text}.`, { cause });
}
