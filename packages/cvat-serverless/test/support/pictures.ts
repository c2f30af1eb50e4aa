import sharp from 'sharp';
import { discPicture } from '../../src/bundle/test-picture.js';

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

/** An image of a bright disc on a dark ground, as raw pixels. */
function disc(width: number, height: number): { readonly data: Buffer; readonly raw: Raw } {
  const data = Buffer.alloc(width * height * 3);
  const radius = Math.min(width, height) / 4;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = Math.hypot(x - width / 2, y - height / 2) < radius;
      data.set(inside ? [230, 90, 60] : [40, 60, 70], 3 * (y * width + x));
    }
  }
  return { data, raw: { width, height, channels: 3 } };
}

/** A TIFF of 240 x 160 px of 16 bits: a disc of samples of 3000 on a ground of 1000, which is nearly black at full range. */
export function deepDisc(): Promise<Buffer> {
  const { data } = disc(240, 160);
  const samples = Uint16Array.from({ length: 240 * 160 }, (_, i) => (data[3 * i] === 230 ? 3000 : 1000));
  return sharp(samples, { raw: { width: 240, height: 160, channels: 1 } })
    .toColourspace('grey16')
    .tiff()
    .toBuffer();
}

/** Every kind of image that CVAT stores and sends as it is; 240 × 160 px as seen. */
export async function pictureKinds(): Promise<Readonly<Record<string, Buffer>>> {
  const { data, raw } = disc(240, 160);
  const picture = () => sharp(data, { raw });
  const grey16 = Uint16Array.from({ length: 240 * 160 }, (_, i) => data[3 * i] * 257);
  const turned = disc(160, 240);
  return {
    jpeg: await picture().jpeg().toBuffer(),
    'progressive jpeg': await picture().jpeg({ progressive: true }).toBuffer(),
    'cmyk jpeg': await picture().toColourspace('cmyk').jpeg().toBuffer(),
    'grey jpeg': await picture().greyscale().jpeg().toBuffer(),
    'rotated jpeg': await sharp(turned.data, { raw: turned.raw }).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    png: await picture().png().toBuffer(),
    'png with alpha': await picture().ensureAlpha(0.7).png().toBuffer(),
    'palette png': await picture().png({ palette: true, colours: 8 }).toBuffer(),
    '16-bit grey png': await sharp(grey16, { raw: { width: 240, height: 160, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer(),
    '16-bit colour png': await picture().toColourspace('rgb16').png().toBuffer(),
    '1-bit png': await picture().greyscale().threshold(100).png({ palette: true, colours: 2 }).toBuffer(),
    webp: await picture().webp().toBuffer(),
    'lossless webp with alpha': await picture().ensureAlpha(0.5).webp({ lossless: true }).toBuffer(),
    'lzw tiff': await picture().tiff({ compression: 'lzw' }).toBuffer(),
    'deflate tiff': await picture().tiff({ compression: 'deflate' }).toBuffer(),
    gif: await picture().gif().toBuffer(),
    bmp: discPicture(240, 160),
  };
}

/** A PNG of about so many bytes, which no compression makes smaller. */
export async function pictureOfBytes(bytes: number): Promise<Buffer> {
  const width = Math.max(8, Math.round(Math.sqrt(bytes / 3)));
  const height = Math.max(8, Math.round(bytes / 3 / width));
  const data = Buffer.alloc(width * height * 3);
  let state = 12345;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    data[i] = state >>> 16;
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}
