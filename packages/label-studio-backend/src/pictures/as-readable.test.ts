import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { asReadable, isSvg } from './as-readable.js';

const svg = (inside: string, attributes = 'width="8" height="6"') =>
  Buffer.from(
    `<?xml version="1.0"?><!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}</svg>`,
  );

async function pixels(bytes: Uint8Array) {
  const { data, info } = await sharp(await asReadable(bytes, 1e6))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: [...data] };
}

const reasonOf = (bytes: Uint8Array, maxPixels = 1e6) =>
  asReadable(bytes, maxPixels).then(
    () => 'read',
    (error: { reason?: string }) => error.reason ?? 'unexpected',
  );

/** 24 or 32 bits, upwards or downwards, written independently of the reader. */
function bmp(width: number, height: number, rgb: readonly number[], depth: 24 | 32, down: boolean): Buffer {
  const stride = Math.ceil((width * depth) / 32) * 4;
  const file = Buffer.alloc(54 + stride * height);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(down ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(depth, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 54 + stride * (down ? y : height - 1 - y) + (depth / 8) * x;
      const [r, g, b] = rgb.slice(3 * (y * width + x));
      file.set([b, g, r], at);
    }
  }
  return file;
}

describe('asReadable', () => {
  it('hands other files through', async () => {
    const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#abc' } })
      .png()
      .toBuffer();
    expect(await asReadable(png, 1e6)).toBe(png);
  });

  it('reads BMP of either depth and direction', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(24 as const, 32 as const),
        fc.boolean(),
        async (width, height, depth, down) => {
          const rgb = Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
          expect(await pixels(bmp(width, height, rgb, depth, down))).toEqual({ width, height, data: rgb });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('reads BMP with a palette, one bit a pixel', async () => {
    const file = Buffer.alloc(54 + 8 + 4);
    file.write('BM', 0, 'latin1');
    for (const [at, value] of [
      [10, 62],
      [14, 40],
      [18, 3],
      [22, 1],
    ])
      file.writeUInt32LE(value, at);
    file.writeUInt16LE(1, 28);
    file.set([0, 0, 255, 0, 0, 255, 0, 0, 0b01000000], 54);
    expect((await pixels(file)).data).toEqual([255, 0, 0, 0, 255, 0, 255, 0, 0]);
  });

  it('refuses BMP that is cut, huge or damaged, and never crashes', async () => {
    const good = bmp(
      4,
      4,
      Array.from({ length: 48 }, () => 9),
      24,
      false,
    );
    expect(await reasonOf(good.subarray(0, 90))).toBe('picture-unreadable');
    expect(await reasonOf(good, 10)).toBe('picture-too-large');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
        const broken = Buffer.from(good);
        broken[at] = value;
        expect(['read', 'picture-unreadable', 'picture-too-large']).toContain(await reasonOf(broken));
      }),
      { numRuns: 200 },
    );
  });

  it('draws SVG at the size that it names, on white', async () => {
    const { width, height, data } = await pixels(svg('<rect width="4" height="6" fill="#f00"/>'));
    expect([width, height]).toEqual([8, 6]);
    expect(data.slice(0, 3)).toEqual([255, 0, 0]);
    expect(data.slice(-3)).toEqual([255, 255, 255]);
    expect(await pixels(svg('', 'viewBox="0 0 40 20"'))).toMatchObject({ width: 40, height: 20 });
  });

  it('loads nothing from outside of an SVG', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clickmask-svg-'));
    const red = await sharp({ create: { width: 8, height: 6, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    await writeFile(join(folder, 'red.png'), red);
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      response.end(red);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}/red.png`;
    for (const address of [pathToFileURL(join(folder, 'red.png')).href, join(folder, 'red.png'), web]) {
      for (const name of ['href', 'xlink:href']) {
        const { data } = await pixels(svg(`<image ${name}="${address}" width="8" height="6"/>`));
        expect(new Set(data)).toEqual(new Set([255]));
      }
      await pixels(
        svg(`<style>@import url(${address}); rect { fill: url(${address}) }</style><rect width="4" height="4"/>`),
      );
    }
    expect(asked).toBe(0);
    server.close();
    await rm(folder, { recursive: true });
  });

  it('refuses SVG with entities, of huge sizes, and what cannot be drawn', async () => {
    const laughs =
      '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>';
    expect(isSvg(Buffer.from(laughs))).toBe(false);
    expect(await reasonOf(svg('<!ENTITY a "b">'))).toBe('picture-unreadable');
    expect(await reasonOf(svg('', 'width="100000" height="100000"'))).toBe('picture-too-large');
    expect(await reasonOf(Buffer.from('<svg'.padEnd(20)))).toBe('picture-unreadable');
  });
});
