import { pictureFormat } from '@clickmask/core/adapters';
import { decodeImage } from '@clickmask/core/node';
import { Problem, toProblem } from '../problems/index.js';

const maxSvgBytes = 10e6;
const seconds = 10;

/**
 * Converts image files that Label Studio's editor shows but sharp cannot read to PNG: BMP and SVG. Other files pass
 * unchanged.
 *
 * An SVG is drawn in its own size on white. As in the editor, nothing outside the file is loaded.
 *
 * @throws Problem `picture-unreadable`, `picture-too-large`
 */
export async function asReadable(bytes: Uint8Array, maxPixels: number): Promise<Uint8Array> {
  if (pictureFormat(bytes) === 'bmp') {
    const { width, height, data } = await decodeImage(bytes, maxPixels).catch((cause: unknown) => {
      throw toProblem(cause);
    });
    const { default: sharp } = await import('sharp');
    return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: maxPixels })
      .png({ compressionLevel: 1 })
      .toBuffer();
  }
  return isSvg(bytes) ? drawSvg(bytes, maxPixels) : bytes;
}

/** Whether a file starts like an SVG: an optional declaration and comments, then the root element. */
export function isSvg(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4096)).toString('utf8');
  return /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!DOCTYPE svg[^>[]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]/i.test(
    start,
  );
}

async function drawSvg(bytes: Uint8Array, maxPixels: number): Promise<Uint8Array> {
  if (bytes.length > maxSvgBytes) {
    throw new Problem(
      'picture-too-large',
      `Expected an SVG of at most ${maxSvgBytes} bytes but it has ${bytes.length}.`,
    );
  }
  const text = Buffer.from(bytes).toString('utf8');
  if (/<!ENTITY/i.test(text)) throw new Problem('picture-unreadable', 'Expected an SVG without entities of its own.');
  const { default: sharp } = await import('sharp');
  try {
    return await sharp(Buffer.from(withoutOutside(text)), { limitInputPixels: maxPixels })
      .timeout({ seconds })
      .flatten({ background: '#fff' })
      .png({ compressionLevel: 1 })
      .toBuffer();
  } catch (cause) {
    const isLarge = /pixel limit|too large|dimensions/i.test(String(cause));
    throw new Problem(
      isLarge ? 'picture-too-large' : 'picture-unreadable',
      isLarge ? `Expected an SVG of at most ${maxPixels} pixels.` : 'Expected an SVG but it cannot be drawn.',
      { cause },
    );
  }
}

/** The drawing library loads nothing by itself. This check does not rely on that. */
function withoutOutside(svg: string): string {
  return svg
    .replace(/<\?xml-stylesheet[\s\S]*?\?>/gi, '')
    .replace(/@import[^;}]*/gi, '')
    .replace(/\b(href|src)(\s*=\s*)("|')(?!\s*#|\s*data:image\/)[^"']*\3/gi, '$1$2$3#$3')
    .replace(/url\(\s*(["']?)(?!#|data:image\/)[^)]*\)/gi, 'none');
}
