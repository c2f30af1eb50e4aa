import type { MaskRuns, Size } from '@clickmask/core';

/** Value of a pixel that belongs to an object in {@link maskPng}. */
const white = 255;

/** A mask as a PNG: 8-bit grey, 255 on the object and 0 around it. */
export function maskPng(runs: MaskRuns): Promise<Blob> {
  return encodeGreyPng(runs, (pixels) => paint(pixels, runs, white));
}

/**
 * Several masks as one PNG: 8-bit grey, 0 where there is no object. Where masks overlap, the later one is on top.
 *
 * @param layers - the value of each mask's pixels, 1 to 255
 */
export function labelMapPng(
  size: Size,
  layers: readonly { readonly runs: MaskRuns; readonly value: number }[],
): Promise<Blob> {
  return encodeGreyPng(size, (pixels) => {
    for (const { runs, value } of layers) paint(pixels, runs, value);
  });
}

/** Rows of a PNG: a filter byte, 0 for none, and then the pixels. */
function paint(rows: Uint8Array, { width, height, rows: starts, spans }: MaskRuns, value: number): void {
  for (let y = 0; y < height; y++) {
    const offset = y * (width + 1) + 1;
    for (let i = starts[y]; i < starts[y + 1]; i++) rows.fill(value, offset + spans[2 * i], offset + spans[2 * i + 1]);
  }
}

/** Written here and not by a canvas: that gives four bytes a pixel, and changes them where pages are protected from it. */
async function encodeGreyPng({ width, height }: Size, fill: (rows: Uint8Array) => void): Promise<Blob> {
  const rows = new Uint8Array((width + 1) * height);
  fill(rows);
  const deflated = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = new Uint8Array(await new Response(deflated).arrayBuffer());
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits a pixel; grey (0), deflate (0), filters a row (0), not interlaced (0).
  header[8] = 8;
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', new Uint8Array(0))];
  return new Blob(parts, { type: 'image/png' });
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

/** The checksum that PNG and gzip use, bit by bit: what it runs over here is small. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
