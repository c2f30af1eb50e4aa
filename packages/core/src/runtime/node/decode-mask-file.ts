import { ClickmaskError } from '../../errors/index.js';
import type { DecodedMask } from '../../evaluation/index.js';
import { loadSharp } from './decode-image.js';

/**
 * Reads a ground-truth file as stored: palette colours resolved, but not turned, and with its channels as they are.
 *
 * @throws ClickmaskError `bad-format`
 */
export async function decodeMaskFile(bytes: Uint8Array): Promise<DecodedMask> {
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels as 1 | 2 | 3 | 4, data };
  } catch (cause) {
    throw new ClickmaskError('bad-format', 'Expected a picture file with a mask.', { cause });
  }
}
