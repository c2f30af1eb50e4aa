import { ClickmaskError, type RgbImage } from '@clickmask/core';

/** Largest picture that is decoded. */
const MAX_PIXELS = 64e6;

/**
 * Decodes a Windows bitmap, which the usual picture decoders of servers leave out and CVAT sends as it was uploaded:
 * uncompressed, with 1, 4, 8, 16, 24 or 32 bits a pixel. Gives null for bytes that are no bitmap.
 *
 * @throws ClickmaskError `bad-image`, `unsupported-image`, `image-too-large`
 */
export function decodeBmp(bytes: Buffer): RgbImage | null {
  if (bytes.length < 26 || bytes[0] !== 0x42 || bytes[1] !== 0x4d) return null;
  const pixels = bytes.readUInt32LE(10);
  const headerSize = bytes.readUInt32LE(14);
  const old = headerSize === 12;
  if (!old && (headerSize < 40 || bytes.length < 54)) return null;
  const width = old ? bytes.readUInt16LE(18) : bytes.readInt32LE(18);
  const signedHeight = old ? bytes.readUInt16LE(20) : bytes.readInt32LE(22);
  const bits = bytes.readUInt16LE(old ? 24 : 28);
  const compression = old ? 0 : bytes.readUInt32LE(30);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0 || ![1, 4, 8, 16, 24, 32].includes(bits)) {
    throw new ClickmaskError('bad-image', `The bitmap is damaged: ${width} x ${signedHeight} px of ${bits} bits.`);
  }
  if (width * height > MAX_PIXELS) {
    throw new ClickmaskError(
      'image-too-large',
      `Expected at most ${MAX_PIXELS} pixels but received ${width} x ${height}.`,
    );
  }
  if (compression !== 0 && compression !== 3) {
    throw new ClickmaskError(
      'unsupported-image',
      `Bitmaps with compression ${compression} are not read. Save it as PNG.`,
    );
  }
  if (compression === 3 && bytes.length < 66)
    throw new ClickmaskError('bad-image', 'The bitmap is truncated: no masks.');
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixels + stride * height > bytes.length) {
    throw new ClickmaskError(
      'bad-image',
      `The bitmap is truncated: ${bytes.length} bytes of ${pixels + stride * height}.`,
    );
  }
  const data = new Uint8Array(width * height * 3);
  const colour =
    bits <= 8 ? paletteReader(bytes, 14 + headerSize, old ? 3 : 4, pixels) : directReader(bytes, bits, compression);
  for (let y = 0; y < height; y++) {
    const row = pixels + stride * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) colour(row, x, bits, data, 3 * (y * width + x));
  }
  return { width, height, data };
}

type ColourReader = (row: number, x: number, bits: number, out: Uint8Array, at: number) => void;

function paletteReader(bytes: Buffer, start: number, size: number, end: number): ColourReader {
  const last = Math.max(0, Math.floor((end - start) / size) - 1);
  return (row, x, bits, out, at) => {
    const perByte = 8 / bits;
    const byte = bytes[row + Math.floor(x / perByte)];
    const index = (byte >> (8 - bits - bits * (x % perByte))) & ((1 << bits) - 1);
    const entry = start + size * Math.min(index, last);
    out[at] = bytes[entry + 2];
    out[at + 1] = bytes[entry + 1];
    out[at + 2] = bytes[entry];
  };
}

function directReader(bytes: Buffer, bits: number, compression: number): ColourReader {
  if (bits === 24 || (bits === 32 && compression === 0)) {
    return (row, x, width, out, at) => {
      const from = row + (x * width) / 8;
      out[at] = bytes[from + 2];
      out[at + 1] = bytes[from + 1];
      out[at + 2] = bytes[from];
    };
  }
  const masks = compression === 3 ? [54, 58, 62].map((at) => bytes.readUInt32LE(at)) : [0x7c00, 0x3e0, 0x1f];
  const channels = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, max: mask >>> shift || 1 };
  });
  return (row, x, width, out, at) => {
    const value = width === 16 ? bytes.readUInt16LE(row + 2 * x) : bytes.readUInt32LE(row + 4 * x);
    for (let c = 0; c < 3; c++) {
      const { mask, shift, max } = channels[c];
      out[at + c] = Math.round((((value & mask) >>> shift) * 255) / max);
    }
  };
}
