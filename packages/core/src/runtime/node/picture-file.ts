import type { default as SharpFactory } from 'sharp';
import { ClickmaskError, expectInteger, isClickmaskError, messageOf } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import { type PictureFormat, pictureFormat } from '../../image/picture-format.js';
import { checkPixels } from '../../image/rgb-image.js';
import { readTiffHeader, type TiffHeader } from '../../image/tiff-header.js';
import { unreadFormat, unreadHeic } from '../../image/unread-formats.js';

/** Formats that sharp reads here. HEIC only if its libvips was built with it. */
const readable: readonly (PictureFormat | null)[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'heif'];

/**
 * Refuses other formats (SVG, PDF, ...) before a decoder sees them.
 *
 * @throws ClickmaskError `unsupported-image`
 */
export function checkFormat(bytes: Uint8Array): void {
  if (!readable.includes(pictureFormat(bytes))) throw unreadFormat(bytes, 'TIFF');
}

/** What is known of an image before decoding. */
export interface PictureHeader {
  /** Size of the upright image. */
  readonly size: Size;
  /** Whether it is CMYK without a profile. */
  readonly isPlainInk: boolean;
}

/**
 * Checks an image file's format and header before decoding.
 *
 * @returns its upright size, and whether it is CMYK
 * @throws ClickmaskError `unsupported-image`, `image-too-large`, or `bad-option` for an invalid limit
 */
export async function checkHeader(
  sharp: typeof SharpFactory,
  bytes: Uint8Array,
  maxPixels: number,
): Promise<PictureHeader> {
  expectInteger('bad-option', 'maxPixels', maxPixels, 1);
  checkFormat(bytes);
  const tiff = pictureFormat(bytes) === 'tiff' ? readTiffHeader(bytes) : null;
  if (tiff !== null) checkTiff(tiff);
  const metadata = await sharp(bytes, { failOn: 'error', limitInputPixels: false, limitInputChannels: 0 }).metadata();
  const size = isTurned(bytes) ? metadata.autoOrient : metadata;
  checkPixels(size, maxPixels);
  if (tiff !== null && size.width * size.height * tiff.bands > 4 * maxPixels) {
    const message = `Expected at most ${4 * maxPixels} samples but the image has ${tiff.bands} in each of ${size.width} x ${size.height} px. Save the bands that you want (gdal_translate -b).`;
    throw new ClickmaskError('image-too-large', message);
  }
  const isPlainInk = metadata.space === 'cmyk' && !metadata.hasProfile;
  return { size: { width: size.width, height: size.height }, isPlainInk };
}

/**
 * Refuses TIFFs that the decoder cannot read, or would silently read wrong.
 *
 * @throws ClickmaskError `unsupported-image`, `bad-image`
 */
function checkTiff(tiff: TiffHeader): void {
  if (tiff.isCut) {
    const message = 'The image is damaged or truncated: the TIFF says that pixels lie beyond its end.';
    throw new ClickmaskError('bad-image', message);
  }
  const found = unreadKinds.find(([, isSo]) => isSo(tiff));
  if (found === undefined) return;
  const [what, , advice = 'Save it with 8, 16 or 32 bits a sample, such as 32-bit float, or as PNG'] = found;
  throw new ClickmaskError('unsupported-image', `TIFFs ${what(tiff)} are not read here. ${advice}.`);
}

const unreadKinds: readonly (readonly [
  what: (tiff: TiffHeader) => string,
  isSo: (tiff: TiffHeader) => boolean,
  advice?: string,
])[] = [
  [
    () => 'of cameras’ raw data',
    ({ isRaw }) => isRaw,
    'Develop it to JPEG or to a 16-bit TIFF, for instance with dcraw or darktable',
  ],
  [() => 'of complex numbers', ({ kind }) => kind === 'other', 'Save magnitude or phase as 32-bit float'],
  [({ bits, kind }) => `of ${bits}-bit ${kind} samples`, ({ bits }) => ![1, 2, 4, 8, 16, 32].includes(bits)],
  // The decoder would read grey floats as whole numbers.
  [() => 'of 16-bit floats that are not RGB', ({ bits, kind, isRgb }) => bits === 16 && kind === 'float' && !isRgb],
  [
    () => 'in CIE Lab or other rare colours',
    ({ photometric }) => ![0, 1, 2, 3, 5, 6].includes(photometric),
    'Save it as RGB',
  ],
  [
    () => 'in YCbCr that are not compressed as JPEG',
    ({ photometric, compression }) => photometric === 6 && compression !== 6 && compression !== 7,
    'Save it as RGB',
  ],
  [
    () => 'whose bands are stored separately and are neither grey nor RGB',
    ({ isPlanar, isPlain }) => isPlanar && !isPlain,
    'Save it with bands side by side in each pixel (gdal_translate -co INTERLEAVE=PIXEL), or as RGB',
  ],
];

/** Whether EXIF orientation counts. Browsers ignore it in WebP, and people click on what browsers show. */
export function isTurned(bytes: Uint8Array): boolean {
  return pictureFormat(bytes) !== 'webp';
}

/**
 * The meaning of a decoder's failure: the file is damaged, unless the decoder says that it does not support such files.
 */
export function explainDecoding(cause: unknown, bytes: Uint8Array): ClickmaskError {
  if (isClickmaskError(cause)) return cause;
  if (pictureFormat(bytes) === 'heif') return unreadHeic(cause);
  const text = messageOf(cause);
  if (/unsupported image format/i.test(text)) return unreadFormat(bytes, 'TIFF');
  if (/not configured|not supported|unsupported|no codec|unknown compression|not implemented/i.test(text)) {
    const message = `This kind of ${pictureFormat(bytes)?.toUpperCase()} is not read here: ${text}. Save it with another compression or as PNG.`;
    return new ClickmaskError('unsupported-image', message, { cause });
  }
  return new ClickmaskError('bad-image', `The image is damaged or truncated: ${text}.`, { cause });
}
