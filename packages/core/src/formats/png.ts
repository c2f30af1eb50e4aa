import { ClickmaskError } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { Mask, MaskRuns } from '../mask/index.js';
import { createMask, runsFromMask, toRuns } from '../mask/index.js';
import { badFormat, type ParseOptions, readSize } from './codec.js';

const NAME = 'PNG';
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The meaning of a PNG's samples. */
export type PngKind = 'grey' | 'rgb' | 'palette' | 'grey-alpha' | 'rgba';

const colourTypes: Readonly<Record<PngKind, number>> = { grey: 0, rgb: 2, palette: 3, 'grey-alpha': 4, rgba: 6 };
const channelsOf: Readonly<Record<PngKind, number>> = { grey: 1, rgb: 3, palette: 1, 'grey-alpha': 2, rgba: 4 };

/** The samples of a PNG, row by row, without colour conversion. */
export interface PngSamples extends Size {
  readonly kind: PngKind;
  /** Bits per sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** `width * height * channels` samples; for palettes, the indices. */
  readonly data: Uint8Array | Uint16Array;
  /** Red, green and blue of each index. */
  readonly palette?: Uint8Array;
}

/**
 * A mask as a PNG file: 8-bit grey, 255 if set, else 0.
 *
 * @throws ClickmaskError `bad-mask`
 *
 * @example
 * ```ts
 * import { maskToPng } from '@clickmask/core/formats';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const png = await maskToPng(rectRuns({ width: 8, height: 8 }, { x: 1, y: 1, width: 4, height: 4 }));
 * console.log(png.length < 100); // true
 * ```
 */
export function maskToPng(mask: Mask | MaskRuns): Promise<Uint8Array<ArrayBuffer>> {
  const runs = toRuns(mask);
  return labelMapToPng(runs, [{ runs, value: 255 }]);
}

/**
 * Several masks of one image as a PNG file: 8-bit grey, 0 without an object. If masks overlap, the later one is on top.
 *
 * @param layers - masks of this size, each with the value of its pixels, 1 to 255
 *
 * @example
 * ```ts
 * import { labelMapToPng } from '@clickmask/core/formats';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 8 };
 * const runs = rectRuns(size, { x: 1, y: 1, width: 4, height: 4 });
 * const png = await labelMapToPng(size, [{ runs, value: 2 }]);
 * console.log(png.length < 100); // true
 * ```
 */
export function labelMapToPng(
  size: Size,
  layers: readonly { readonly runs: MaskRuns; readonly value: number }[],
): Promise<Uint8Array<ArrayBuffer>> {
  return encodePng(size, 'grey', (samples, stride) => {
    for (const { runs, value } of layers) paintRuns(samples, stride, runs, value);
  });
}

/** Writes the samples of a mask into rows of an 8-bit image with one channel. Rows begin `stride` apart. */
export function paintRuns(samples: Uint8Array, stride: number, { height, rows, spans }: MaskRuns, value: number): void {
  for (let y = 0; y < height; y++) {
    const offset = y * stride;
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      samples.fill(value, offset + spans[2 * i], offset + spans[2 * i + 1]);
    }
  }
}

/**
 * Writes a PNG of 8- or 16-bit samples. The platform compresses it outside this thread.
 *
 * @param fill - writes the samples: row `y` begins at `y * stride`; 16-bit samples have the high byte first
 * @param palette - red, green and blue of each index
 */
export async function encodePng(
  { width, height }: Size,
  kind: PngKind,
  fill: (samples: Uint8Array, stride: number) => void,
  { palette, depth = 8 }: { readonly palette?: Uint8Array; readonly depth?: 8 | 16 } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  // Each row begins with its filter type: 0, none.
  const stride = (width * channelsOf[kind] * depth) / 8 + 1;
  const rows = new Uint8Array(stride * height);
  fill(rows.subarray(1), stride);
  const deflated = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = new Uint8Array(await new Response(deflated).arrayBuffer());
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = depth;
  header[9] = colourTypes[kind];
  const chunks = [
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', palette)]),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob([signature, ...chunks]).arrayBuffer());
}

function chunk(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(data.length + 12);
  const view = new DataView(made.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) made[4 + i] = name.charCodeAt(i);
  made.set(data, 8);
  view.setUint32(data.length + 8, crc32(made.subarray(4, data.length + 8)));
  return made;
}

/** The checksum of PNG and gzip, bit by bit: its input is compressed, and therefore small. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Whether bytes begin like a PNG. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads the samples of a PNG as stored, including palette indices. Checksums are ignored. It unpacks no more than the
 * header declares.
 *
 * @throws ClickmaskError `bad-format`
 */
export async function decodePng(bytes: Uint8Array, options: ParseOptions = {}): Promise<PngSamples> {
  const { header, palette, data } = readChunks(bytes);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const size = readSize(NAME, view.getUint32(0), view.getUint32(4), options);
  const [depth, colourType, , , interlace] = header.subarray(8);
  const kind = (Object.keys(colourTypes) as PngKind[]).find((name) => colourTypes[name] === colourType);
  if (kind === undefined || ![1, 2, 4, 8, 16].includes(depth) || interlace > 1) {
    throw badFormat(NAME, 'the header', 'a known kind of samples', `type ${colourType}, ${depth} bits`);
  }
  const channels = channelsOf[kind];
  const passes = interlace === 0 ? [wholePass(size)] : adam7(size);
  const bitsPerPixel = channels * depth;
  const bytesOf = (pass: Pass) => pass.height * (1 + Math.ceil((pass.width * bitsPerPixel) / 8));
  const raw = await inflate(
    data,
    passes.reduce((sum, pass) => sum + bytesOf(pass), 0),
  );
  const length = size.width * size.height * channels;
  const samples = depth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  let at = 0;
  for (const pass of passes) {
    readPass(raw.subarray(at, at + bytesOf(pass)), pass, { depth, channels, width: size.width }, samples);
    at += bytesOf(pass);
  }
  return { ...size, kind, depth, data: samples, ...(palette === undefined ? {} : { palette }) };
}

/**
 * Reads a mask from a PNG. A pixel is set if its first sample is in the upper half of its range or, with a palette, if
 * its colour is not black.
 *
 * @throws ClickmaskError `bad-format`
 */
export async function maskFromPngBytes(bytes: Uint8Array, options: ParseOptions = {}): Promise<MaskRuns> {
  const { width, height, kind, depth, data, palette = new Uint8Array(0) } = await decodePng(bytes, options);
  const channels = channelsOf[kind];
  const isSet =
    kind === 'palette'
      ? (index: number) => palette.subarray(3 * index, 3 * index + 3).some((value) => value > 0)
      : (value: number) => value >= 2 ** (depth - 1);
  const mask = createMask(width, height);
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = isSet(data[i * channels]) ? 1 : 0;
  return runsFromMask(mask);
}

function readChunks(bytes: Uint8Array): { header: Uint8Array; palette?: Uint8Array; data: Uint8Array<ArrayBuffer>[] } {
  if (!isPng(bytes)) throw badFormat(NAME, 'the beginning', 'that of a PNG file', bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let header: Uint8Array | undefined;
  let palette: Uint8Array | undefined;
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR' && length === 13 && body.length === 13) header = body;
    else if (name === 'PLTE') palette = body;
    else if (name === 'IDAT') data.push(body as Uint8Array<ArrayBuffer>);
    else if (name === 'IEND') break;
    at += 12 + length;
  }
  if (header === undefined) throw badFormat(NAME, 'the header', '13 bytes', 'none');
  return { header, palette, data };
}

/** Unpacks exactly this many bytes. */
async function inflate(parts: Uint8Array<ArrayBuffer>[], length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let filled = 0;
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = stream.getReader();
  try {
    while (filled < length) {
      const { done, value } = await reader.read();
      if (done) break;
      out.set(value.subarray(0, length - filled), filled);
      filled += value.length;
    }
  } catch (cause) {
    throw new ClickmaskError('bad-format', 'The PNG value cannot be read: its pixels are damaged.', { cause });
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (filled < length) throw badFormat(NAME, 'the length of the pixels', `${length} bytes`, `${filled} bytes`);
  return out;
}

/** One of the passes of an interlaced PNG. */
interface Pass extends Size {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

const wholePass = (size: Size): Pass => ({ ...size, x: 0, y: 0, stepX: 1, stepY: 1 });

function adam7({ width, height }: Size): Pass[] {
  const starts = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ];
  return starts
    .map(([x, y, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - x) / stepX));
      const rows = Math.max(0, Math.ceil((height - y) / stepY));
      return { x, y, stepX, stepY, width: columns, height: rows };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

function readPass(
  raw: Uint8Array,
  pass: Pass,
  { depth, channels, width }: { readonly depth: number; readonly channels: number; readonly width: number },
  samples: Uint8Array | Uint16Array,
): void {
  const rowBytes = Math.ceil((pass.width * channels * depth) / 8);
  const distance = Math.max(1, (channels * depth) >> 3);
  let above = new Uint8Array(rowBytes);
  for (let y = 0; y < pass.height; y++) {
    const start = y * (rowBytes + 1);
    const row = raw.subarray(start + 1, start + 1 + rowBytes);
    unfilter(raw[start], row, above, distance);
    above = row as Uint8Array<ArrayBuffer>;
    const offset = (pass.y + y * pass.stepY) * width;
    for (let i = 0; i < pass.width * channels; i++) {
      const column = Math.floor(i / channels);
      const to = (offset + pass.x + column * pass.stepX) * channels + (i - column * channels);
      samples[to] = sampleAt(row, i, depth);
    }
  }
}

function sampleAt(row: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return row[i];
  if (depth === 16) return (row[2 * i] << 8) | row[2 * i + 1];
  const bit = i * depth;
  return (row[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Reverses a row's filter: none, left, up, average, or Paeth. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, distance: number): void {
  if (filter === 0) return;
  if (filter > 4) throw badFormat(NAME, 'a filter', 'from 0 to 4', filter);
  for (let i = 0; i < row.length; i++) {
    const left = i >= distance ? row[i - distance] : 0;
    const up = above[i];
    const corner = i >= distance ? above[i - distance] : 0;
    if (filter === 1) row[i] += left;
    else if (filter === 2) row[i] += up;
    else if (filter === 3) row[i] += (left + up) >> 1;
    else row[i] += paeth(left, up, corner);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
