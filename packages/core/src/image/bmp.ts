import { ClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { checkPixels, type RgbImage } from './rgb-image.js';

/** Position of a channel in a pixel's value. */
interface Channel {
  readonly shift: number;
  /** The largest value, 2^bits - 1; 0 if the channel is missing. */
  readonly max: number;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly pixelsAt: number;
  /** Red, green, blue, alpha. */
  readonly channels: readonly Channel[];
  /** Blue, green, red of each index, `step` bytes apart. */
  readonly palette: { readonly at: number; readonly step: number; readonly count: number };
}

const compressions = { none: 0, rle8: 1, rle4: 2, fields: 3, alphaFields: 6 } as const;

/**
 * Decodes a BMP file as browsers do: palettes, run lengths, 16, 24 and 32 bits. Alpha counts only if the header has a
 * mask for it; the image is then laid over white.
 *
 * @throws ClickmaskError `bad-image`, `unsupported-image`, `image-too-large`
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): RgbImage {
  const header = openHeader(bytes, maxPixels);
  const isRunLength = header.compression === compressions.rle8 || header.compression === compressions.rle4;
  return header.bits <= 8
    ? readIndexed(bytes, header, isRunLength ? unpackRuns(bytes, header) : unpackIndices(bytes, header))
    : readDirect(bytes, header);
}

/** Size of a BMP file, from its header. @throws ClickmaskError `bad-image`, `unsupported-image` */
export function bmpSize(bytes: Uint8Array): Size {
  const { width, height } = openHeader(bytes, Number.MAX_SAFE_INTEGER);
  return { width, height };
}

function openHeader(bytes: Uint8Array, maxPixels: number): Header {
  try {
    const header = readHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    checkPixels(header, maxPixels);
    return header;
  } catch (cause) {
    if (cause instanceof RangeError) throw damaged('its header is incomplete', cause);
    throw cause;
  }
}

function readHeader(view: DataView): Header {
  const headerSize = view.getUint32(14, true);
  const isOld = headerSize === 12;
  const width = isOld ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld ? 0 : view.getUint32(30, true);
  if (width < 1 || signedHeight === 0) throw unexpected('bad-image', 'the BMP', 'a size', `${width} x ${signedHeight}`);
  const known = Object.values(compressions) as number[];
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits) || !known.includes(compression)) {
    throw new ClickmaskError('unsupported-image', `This kind of BMP (${bits} bits, ${compression}) is not read.`);
  }
  const hasMasks = compression === compressions.fields || compression === compressions.alphaFields;
  const masksBehind = hasMasks && headerSize === 40 ? (compression === compressions.alphaFields ? 16 : 12) : 0;
  const used = isOld ? 0 : view.getUint32(46, true);
  const paletteAt = 14 + headerSize + masksBehind;
  const pixelsAt = view.getUint32(10, true);
  return {
    width,
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    bits,
    compression,
    pixelsAt,
    channels: hasMasks ? readMasks(view, headerSize, masksBehind) : plainChannels(bits),
    palette: {
      at: paletteAt,
      step: isOld ? 3 : 4,
      count: bits > 8 ? 0 : Math.min(used === 0 ? 2 ** bits : used, 2 ** bits),
    },
  };
}

function readMasks(view: DataView, headerSize: number, masksBehind: number): Channel[] {
  const hasAlpha = headerSize >= 56 || masksBehind === 16;
  return [0, 1, 2, 3].map((i) => {
    const mask = i < 3 || hasAlpha ? view.getUint32(54 + 4 * i, true) : 0;
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { shift, max: mask >>> shift };
  });
}

function plainChannels(bits: number): Channel[] {
  const max = bits === 16 ? 31 : 255;
  const step = bits === 16 ? 5 : 8;
  return [2, 1, 0].map((i) => ({ shift: i * step, max })).concat({ shift: 0, max: 0 });
}

/** One index per pixel, rows from the top. */
function unpackIndices(bytes: Uint8Array, { width, height, bits, isTopDown, pixelsAt }: Header): Uint8Array {
  const stride = strideOf(width, bits);
  if (pixelsAt + stride * height > bytes.length) throw damaged('it ends before its last row');
  const indices = new Uint8Array(width * height);
  const mask = 2 ** bits - 1;
  for (let y = 0; y < height; y++) {
    const row = pixelsAt + (isTopDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      indices[y * width + x] = (bytes[row + (bit >> 3)] >> (8 - bits - (bit & 7))) & mask;
    }
  }
  return indices;
}

/** The value of pixels that no run reaches: transparent. */
const nothing = 256;

/**
 * Run lengths: pairs of a count and a value. A zero is followed by the end of a row or of the image, a jump, or literal
 * values.
 */
function unpackRuns(bytes: Uint8Array, { width, height, bits, pixelsAt }: Header): Uint16Array {
  const indices = new Uint16Array(width * height).fill(nothing);
  let x = 0;
  let y = height - 1;
  const put = (value: number) => {
    if (x < width && y >= 0) indices[y * width + x] = value;
    x++;
  };
  const indexIn = (value: number, i: number) => (bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15);
  for (let at = pixelsAt; at + 1 < bytes.length; ) {
    const [count, value] = [bytes[at], bytes[at + 1]];
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(indexIn(value, i));
    } else if (value === 0) {
      x = 0;
      y--;
    } else if (value === 1) {
      return indices;
    } else if (value === 2) {
      x += bytes[at] ?? 0;
      y -= bytes[at + 1] ?? 0;
      at += 2;
    } else {
      const perByte = bits === 8 ? 1 : 2;
      for (let i = 0; i < value; i++) put(indexIn(bytes[at + Math.floor(i / perByte)] ?? 0, i));
      // Padded to whole words.
      at += 2 * Math.ceil(value / perByte / 2);
    }
  }
  return indices;
}

function readIndexed(
  bytes: Uint8Array,
  { width, height, palette }: Header,
  indices: Uint8Array | Uint16Array,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, to = 0; i < indices.length; i++) {
    // An index beyond the palette is black.
    const at = indices[i] < palette.count ? palette.at + indices[i] * palette.step : bytes.length;
    for (let c = 2; c >= 0; c--) data[to++] = indices[i] === nothing ? 255 : (bytes[at + c] ?? 0);
  }
  return { width, height, data };
}

function readDirect(bytes: Uint8Array, header: Header): RgbImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height, bits, isTopDown, pixelsAt, channels } = header;
  const stride = strideOf(width, bits);
  if (pixelsAt + stride * height > bytes.length) throw damaged('it ends before its last row');
  const data = new Uint8Array(width * height * 3);
  const alpha = channels[3];
  for (let y = 0, to = 0; y < height; y++) {
    const row = pixelsAt + (isTopDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const at = row + (x * bits) / 8;
      const value =
        bits === 32
          ? view.getUint32(at, true)
          : bits === 16
            ? view.getUint16(at, true)
            : bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
      const opacity = alpha.max === 0 ? 1 : levelOf(value, alpha) / 255;
      for (let c = 0; c < 3; c++) data[to++] = Math.round(levelOf(value, channels[c]) * opacity + 255 * (1 - opacity));
    }
  }
  return { width, height, data };
}

/** A channel of a pixel, 0 to 255. */
function levelOf(value: number, { shift, max }: Channel): number {
  return max === 0 ? 0 : Math.round((((value >>> shift) & max) * 255) / max);
}

function strideOf(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

function damaged(how: string, cause?: unknown): ClickmaskError {
  return new ClickmaskError('bad-image', `The BMP is damaged or truncated: ${how}.`, { cause });
}
