import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import { createMask, type MaskRuns, runsFromMask } from '../../mask/index.js';
import { loadSharp } from './decode-image.js';
import { checkHeader } from './picture-file.js';

/**
 * Reads a mask from an image file. A pixel is set if its grey value is above 127 or, if the file has transparency, if
 * it is opaque and above 127.
 *
 * @param maxPixels - checked on the header, before decoding
 * @throws ClickmaskError `bad-format`, `image-too-large`, or `bad-option` for a limit that is not a whole number
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 * import { maskFromPng, maskToPng } from '@clickmask/core/node';
 *
 * const png = await maskToPng(rectRuns({ width: 8, height: 8 }, { x: 1, y: 1, width: 4, height: 4 }));
 * console.log(area(await maskFromPng(png))); // 16
 * ```
 */
export async function maskFromPng(bytes: Uint8Array, maxPixels = 64e6): Promise<MaskRuns> {
  const sharp = await loadSharp();
  try {
    await checkHeader(sharp, bytes, maxPixels);
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels })
      .flatten({ background: '#000000' })
      .toColourspace('b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const mask = createMask(info.width, info.height);
    for (let i = 0; i < mask.data.length; i++) mask.data[i] = data[i * info.channels] > 127 ? 1 : 0;
    return runsFromMask(mask);
  } catch (cause) {
    if (isClickmaskError(cause) && cause.code !== 'unsupported-image') throw cause;
    throw new ClickmaskError('bad-format', 'Expected a PNG (or another image file) with a mask.', { cause });
  }
}
