import type { Click } from '../../clicks/index.js';
import type { RgbImage } from '../../image/index.js';
import { difference, erode, MAX_RADIUS, type MaskRuns } from '../../mask/index.js';
import { loadSharp } from './decode-image.js';

const tint = [30, 144, 255] as const;
const outline = [255, 255, 255] as const;
const positive = [40, 200, 80] as const;
const negative = [230, 50, 50] as const;

/**
 * Draws a mask and its clicks over an image, for people: the mask in blue with a white outline, positive clicks as
 * green dots, negative ones as red dots.
 *
 * @param format - `png`, `jpeg` or `webp`
 * @returns the bytes of the image file
 *
 * @example
 * ```ts
 * import { readFile, writeFile } from 'node:fs/promises';
 * import { createSegmenter, decodeImage, renderOverlay } from '@clickmask/core/node';
 *
 * const bytes = await readFile('photo.jpg');
 * const clicks = [{ x: 320, y: 240, label: 'positive' as const }];
 * const segmenter = await createSegmenter();
 * const { runs } = await segmenter.segment(await segmenter.open(bytes), { clicks });
 * await writeFile('overlay.png', await renderOverlay(await decodeImage(bytes), runs, clicks));
 * await segmenter.close();
 * ```
 */
export async function renderOverlay(
  image: RgbImage,
  runs: MaskRuns,
  clicks: readonly Click[],
  format: 'png' | 'jpeg' | 'webp' = 'png',
): Promise<Uint8Array> {
  const { width, height } = image;
  const data = new Uint8Array(image.data);
  const blend = (offset: number, colour: readonly [number, number, number], share: number) => {
    for (let k = 0; k < 3; k++) data[offset + k] = data[offset + k] * (1 - share) + colour[k] * share;
  };
  const paint = (part: MaskRuns, colour: readonly [number, number, number], share: number) => {
    for (let y = 0; y < height; y++) {
      for (let i = part.rows[y]; i < part.rows[y + 1]; i++) {
        for (let x = part.spans[2 * i]; x < part.spans[2 * i + 1]; x++) blend((y * width + x) * 3, colour, share);
      }
    }
  };
  paint(runs, tint, 0.45);
  const line = Math.min(MAX_RADIUS, Math.max(1, Math.round(Math.max(width, height) / 400)));
  paint(difference(runs, erode(runs, line)), outline, 0.9);
  const radius = Math.max(3, Math.max(width, height) / 110);
  for (const click of clicks) {
    const colour = click.label === 'positive' ? positive : negative;
    for (let y = Math.max(0, Math.floor(click.y - radius - 2)); y < Math.min(height, click.y + radius + 2); y++) {
      for (let x = Math.max(0, Math.floor(click.x - radius - 2)); x < Math.min(width, click.x + radius + 2); x++) {
        const distance = Math.hypot(x + 0.5 - click.x, y + 0.5 - click.y);
        if (distance <= radius) blend((y * width + x) * 3, colour, 1);
        else if (distance <= radius + Math.max(1, radius / 3)) blend((y * width + x) * 3, outline, 1);
      }
    }
  }
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format, { quality: 90 })
    .toBuffer();
}
