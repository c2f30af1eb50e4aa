import { describe, expect, it } from 'vitest';
import { decodeBmp } from './bmp.js';

/** A bitmap with a header of 40 bytes. */
function bitmap(
  width: number,
  height: number,
  bits: number,
  rows: number[][],
  palette: number[] = [],
  compression = 0,
): Buffer {
  const stride = Math.ceil((width * bits) / 32) * 4;
  const start = 54 + palette.length;
  const out = Buffer.alloc(start + stride * rows.length);
  out.write('BM', 0, 'latin1');
  out.writeUInt32LE(out.length, 2);
  out.writeUInt32LE(start, 10);
  out.writeUInt32LE(40, 14);
  out.writeInt32LE(width, 18);
  out.writeInt32LE(height, 22);
  out.writeUInt16LE(1, 26);
  out.writeUInt16LE(bits, 28);
  out.writeUInt32LE(compression, 30);
  Buffer.from(palette).copy(out, 54);
  for (const [y, row] of rows.entries()) Buffer.from(row).copy(out, start + y * stride);
  return out;
}

const maxPixels = 64e6;
const pixels = (bytes: Buffer) => [...decodeBmp(bytes, maxPixels).data];

describe('decodeBmp', () => {
  it('reads 24 bits, bottom row first', () => {
    const bytes = bitmap(2, 2, 24, [
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11, 12],
    ]);
    expect(pixels(bytes)).toEqual([9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4]);
  });

  it('reads a negative height as top row first', () => {
    const bytes = bitmap(1, -2, 24, [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(pixels(bytes)).toEqual([3, 2, 1, 6, 5, 4]);
  });

  it('reads 32 bits, 8 bits, 4 bits and 1 bit', () => {
    expect(pixels(bitmap(1, 1, 32, [[1, 2, 3, 255]]))).toEqual([3, 2, 1]);
    const palette = [0, 0, 0, 0, 30, 20, 10, 0];
    expect(pixels(bitmap(2, 1, 8, [[1, 0]], palette))).toEqual([10, 20, 30, 0, 0, 0]);
    expect(pixels(bitmap(2, 1, 4, [[0x10]], palette))).toEqual([10, 20, 30, 0, 0, 0]);
    expect(pixels(bitmap(2, 1, 1, [[0b0100_0000]], palette))).toEqual([0, 0, 0, 10, 20, 30]);
  });

  it('reads 16 bits', () => {
    expect(pixels(bitmap(1, 1, 16, [[0x1f, 0x7c]]))).toEqual([255, 0, 255]);
  });

  it.each([
    ['a truncated file', bitmap(4, 4, 24, [[1]]).subarray(0, 60), 'bad-image'],
    ['no width', bitmap(0, 4, 24, []), 'bad-image'],
    ['odd bits', bitmap(1, 1, 7, [[1]]), 'unsupported-image'],
    ['a huge size', bitmap(100_000, 100_000, 24, []), 'image-too-large'],
    ['a JPEG inside', bitmap(1, 1, 24, [[1, 2, 3]], [], 4), 'unsupported-image'],
    ['masks that are missing', bitmap(1, 1, 16, [[1, 2]], [], 3), 'bad-image'],
  ])('refuses %s', (_, bytes, code) => {
    expect(() => decodeBmp(bytes, maxPixels)).toThrow(expect.objectContaining({ code }));
  });
});
