import { ClickmaskError } from '../../errors/index.js';
import type { DecodedMask } from '../../evaluation/index.js';
import { loadSharp } from './decode-image.js';
import { checkFormat } from './picture-file.js';

/**
 * Reads a ground-truth file as stored: palette colours resolved, without rotation, and with its own channels.
 *
 * @throws ClickmaskError `bad-format`
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { decodeMaskFile, maskToPng } from '@clickmask/core/node';
 *
 * const runs = rectRuns({ width: 4, height: 3 }, { x: 1, y: 1, width: 2, height: 1 });
 * const { width, height, data } = await decodeMaskFile(await maskToPng(runs));
 * console.log(width, height, data.includes(255)); // 4 3 true
 * ```
 */
export async function decodeMaskFile(bytes: Uint8Array): Promise<DecodedMask> {
  const sharp = await loadSharp();
  try {
    checkFormat(bytes);
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels as 1 | 2 | 3 | 4, data };
  } catch (cause) {
    throw new ClickmaskError('bad-format', 'Expected an image file with a mask.', { cause });
  }
}
