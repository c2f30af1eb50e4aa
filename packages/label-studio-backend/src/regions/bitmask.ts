import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import type { MaskRuns } from '@clickmask/core';
import { labelValue, type Region, type RegionRequest, regionFrame } from './region.js';

const deflateAsync = promisify(deflate);

/** A bitmask region: a PNG of the image's size, black where the mask is set and transparent elsewhere. */
export async function bitmaskRegions(request: RegionRequest): Promise<Region[]> {
  const png = await blackOnTransparentPng(request.mask);
  return [
    {
      id: request.id,
      ...regionFrame(request),
      value: { imageDataURL: `data:image/png;base64,${png.toString('base64')}`, ...labelValue(request) },
    },
  ];
}

/**
 * Writes a mask as a PNG with one bit per pixel and a palette of two entries: transparent and black. It is made from
 * the runs, so a 12-megapixel mask needs 1.5 MB of memory, and it is compressed off the event loop.
 */
export async function blackOnTransparentPng(mask: MaskRuns): Promise<Buffer> {
  const { width, height, rows, spans } = mask;
  const stride = 1 + Math.ceil(width / 8);
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const offset = y * stride + 1;
    for (let i = 2 * rows[y]; i < 2 * rows[y + 1]; i += 2) setBits(pixels, offset, spans[i], spans[i + 1]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 3, 0, 0, 0], 8); // bit depth 1, palette, deflate, no filter choice, not interlaced
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from([0, 0, 0, 0, 0, 0])),
    chunk('tRNS', Buffer.from([0, 255])),
    chunk('IDAT', await deflateAsync(pixels, { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Sets the bits of columns `start` to `end - 1` in a row that begins at `offset`, most significant bit first. */
function setBits(bytes: Uint8Array, offset: number, start: number, end: number): void {
  const first = offset + (start >> 3);
  const last = offset + ((end - 1) >> 3);
  const head = 0xff >> (start & 7);
  const tail = (0xff << (7 - ((end - 1) & 7))) & 0xff;
  if (first === last) {
    bytes[first] |= head & tail;
    return;
  }
  bytes[first] |= head;
  bytes.fill(0xff, first + 1, last);
  bytes[last] |= tail;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
