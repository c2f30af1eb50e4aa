import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import { createMask, type Mask, type MaskRuns, maskFromRuns, runsFromMask } from '../../mask/index.js';
import { loadSharp } from './decode-image.js';
import { checkHeader } from './picture-file.js';

/**
 * A mask as a PNG file: one grey channel, 255 where the mask is set, else 0.
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { maskFromPng, maskToPng } from '@clickmask/core/node';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 1, y: 1, width: 4, height: 4 });
 * const back = await maskFromPng(await maskToPng(runs));
 * console.log(back.spans.length === runs.spans.length); // true
 * ```
 */
export async function maskToPng(mask: Mask | MaskRuns): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { width, height, data } = 'spans' in mask ? maskFromRuns(mask) : mask;
  const grey = data.map((value) => (value === 0 ? 0 : 255));
  return sharp(grey, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/**
 * Reads a mask from a picture file: set where the grey value is above 127, or, where the file has transparency, where
 * it is opaque and above 127.
 *
 * @param maxPixels - checked on the header, before pixels are decoded
 * @throws ClickmaskError `bad-format`, `image-too-large`, or `bad-option` for a limit that is no whole number
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
    throw new ClickmaskError('bad-format', 'Expected a PNG (or another picture file) with a mask.', { cause });
  }
}
