import { Problem } from '../problems/index.js';

/** Interleaved RGB, top row first. */
export interface RgbSamples {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const noCompression = 0;
const bitFields = 3;

/**
 * Reads a Windows bitmap without compression: 1, 4, 8 bits with a palette, 24 and 32 bits, upwards or downwards. Browsers show
 * it, and the decoders that pictures go through otherwise do not know it.
 *
 * Source: Microsoft, "Bitmap Storage", BITMAPFILEHEADER and BITMAPINFOHEADER.
 *
 * @throws Problem `picture-unreadable`, `picture-too-large`
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): RgbSamples {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 54 || view.getUint32(14, true) < 40) throw unreadable('a header of 40 bytes or more');
  const start = view.getUint32(10, true);
  const headerEnd = 14 + view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const depth = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  if (width < 1 || height < 1) throw unreadable('a width and height from 1');
  if (width * height > maxPixels) {
    throw new Problem(
      'picture-too-large',
      `Expected at most ${maxPixels} pixels but the header says ${width} x ${height}.`,
    );
  }
  if (compression !== noCompression && !(compression === bitFields && depth === 32)) throw unreadable('no compression');
  if (![1, 4, 8, 24, 32].includes(depth)) throw unreadable('1, 4, 8, 24 or 32 bits a pixel');
  const stride = Math.ceil((width * depth) / 32) * 4;
  if (start + stride * height > bytes.length) throw unreadable(`${stride * height} bytes of pixels`);
  const shifts = compression === bitFields ? maskShifts(view) : [16, 8, 0];
  const colourAt = depth <= 8 ? paletteReader(bytes, headerEnd, start) : undefined;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = start + stride * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      if (colourAt !== undefined) {
        const bit = x * depth;
        const index = (bytes[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
        data.set(colourAt(index), at);
      } else if (depth === 24) {
        const from = row + 3 * x;
        data.set([bytes[from + 2], bytes[from + 1], bytes[from]], at);
      } else {
        const pixel = view.getUint32(row + 4 * x, true);
        for (let c = 0; c < 3; c++) data[at + c] = (pixel >>> shifts[c]) & 255;
      }
    }
  }
  return { width, height, data };
}

/** Where red, green and blue of eight bits lie in a pixel. */
function maskShifts(view: DataView): number[] {
  return [54, 58, 62].map((at) => {
    const mask = at + 4 <= view.byteLength ? view.getUint32(at, true) : 0;
    const shift = [0, 8, 16, 24].find((bits) => mask === (255 << bits) >>> 0);
    if (shift === undefined) throw unreadable('masks of eight bits a colour');
    return shift;
  });
}

function paletteReader(bytes: Uint8Array, from: number, to: number): (index: number) => readonly number[] {
  const count = Math.min(256, Math.floor((to - from) / 4));
  return (index) => {
    if (index >= count) throw unreadable(`a palette of more than ${count} colours`);
    const at = from + 4 * index;
    return [bytes[at + 2], bytes[at + 1], bytes[at]];
  };
}

const unreadable = (what: string) => new Problem('picture-unreadable', `Expected a BMP file with ${what}.`);
