import { ClickmaskError, type Size } from '@clickmask/core';
import { decodeBmp } from './bmp.js';

/**
 * Size of a picture as it is seen, EXIF rotation applied, from its head.
 *
 * @throws ClickmaskError `bad-image`, `backend-unavailable`
 */
export async function imageSize(bytes: Uint8Array): Promise<Size> {
  const bitmap = decodeBmp(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (bitmap !== null) return { width: bitmap.width, height: bitmap.height };
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw new ClickmaskError('backend-unavailable', 'sharp is not installed. Run npm install.', { cause });
  });
  try {
    const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (cause) {
    throw new ClickmaskError('bad-image', 'The file is no picture that can be read.', { cause });
  }
}
