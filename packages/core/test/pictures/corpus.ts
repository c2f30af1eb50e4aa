/**
 * Images of every kind that a platform shows: formats, EXIF orientations, depths, colour models, profiles, transparency,
 * animation and damage. Small, and without any symmetry, so that a turn or a mirror shows.
 */
import sharp, { type Sharp } from 'sharp';

/** A file, and what is wanted of it. */
export interface CorpusEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `note`: read with a note. A code: refused with it. Left out: read. */
  readonly expect?: 'note' | 'bad-image' | 'unsupported-image';
  /** Levels by which a browser is known to differ from the others; `read` where it alone reads the file. */
  readonly known?: Readonly<Record<string, number | 'read'>>;
}

const width = 48;
const height = 36;

/** An image with slow colours, sharp corners that all differ, and a little grey. */
export function samples(channels: number, depth: 8 | 16 = 8): Uint8Array | Uint16Array {
  const max = 2 ** depth - 1;
  const data = depth === 8 ? new Uint8Array(width * height * channels) : new Uint16Array(width * height * channels);
  const corners = [
    [1, 0, 0, 1],
    [0, 1, 0, 1],
    [0, 0, 1, 1],
    [1, 1, 0, 1],
  ];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const slow = [x / width, y / height, (x + y) / (width + height), 0.3 + (0.7 * x) / width];
      const corner = (x < 8 || x >= width - 8) && (y < 8 || y >= height - 8);
      const colour = corner ? corners[(y < 8 ? 0 : 2) + (x < 8 ? 0 : 1)] : slow;
      for (let c = 0; c < channels; c++) {
        const value = channels < 3 && c === 1 ? colour[3] : colour[c];
        data[(y * width + x) * channels + c] = Math.round(value * max);
      }
    }
  }
  return data;
}

const raw = (channels: 1 | 3 | 4, depth: 8 | 16 = 8) =>
  sharp(samples(channels, depth), { raw: { width, height, channels } });

const formats: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  jpeg: (image) => image.jpeg({ quality: 92 }),
  png: (image) => image.png(),
  webp: (image) => image.webp({ quality: 92 }),
  avif: (image) => image.avif({ quality: 80 }),
  gif: (image) => image.gif(),
  tiff: (image) => image.tiff({ compression: 'lzw' }),
};

/** A BMP as Windows writes it: a header of 40 bytes, rows from the bottom up. */
function bmp(bits: number, topDown = false, mask: readonly number[] | null = null): Buffer {
  const rgb = samples(3);
  const headerSize = mask === null ? 40 : 108;
  const palette = bits <= 8 ? 4 * 2 ** bits : 0;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const offset = 14 + headerSize + palette;
  const file = Buffer.alloc(offset + stride * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(offset, 10);
  file.writeUInt32LE(headerSize, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(topDown ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(mask === null ? 0 : 3, 30);
  for (const [i, value] of (mask ?? []).entries()) file.writeUInt32LE(value >>> 0, 54 + 4 * i);
  for (let i = 0; i < palette / 4; i++) {
    const grey = Math.round((i * 255) / (2 ** bits - 1));
    file.set([grey, 255 - grey, grey >> 1, 0], 14 + headerSize + 4 * i);
  }
  for (let y = 0; y < height; y++) {
    const row = offset + (topDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const [r, g, b] = rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
      if (bits === 24) file.set([b, g, r], row + 3 * x);
      else if (bits === 32) file.set([b, g, r, mask === null ? 7 * x : 255 - 4 * x], row + 4 * x);
      else if (bits === 16) file.writeUInt16LE(((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3), row + 2 * x);
      else file[row + ((x * bits) >> 3)] |= (r >> (8 - bits)) << (8 - bits - ((x * bits) & 7));
    }
  }
  return file;
}

/** A BMP of 256 greys in run lengths, with a row that ends early and one of values as they are. */
function bmpOfRuns(): Buffer {
  const plain = bmp(8);
  const pixelsAt = plain.readUInt32LE(10);
  const rows: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += 6) rows.push(6, (y * 7 + x) & 255);
    rows.push(0, 0);
  }
  rows.splice(0, 2 * (width / 6) + 2, 0, 5, 10, 60, 110, 160, 210, 0, 9, 30, 0, 0);
  const file = Buffer.concat([plain.subarray(0, pixelsAt), Buffer.from([...rows, 0, 1])]);
  file.writeUInt32LE(1, 30);
  file.writeUInt32LE(file.length - pixelsAt, 34);
  file.writeUInt32LE(file.length, 2);
  return file;
}

/** A BMP as OS/2 wrote it: a header of 12 bytes. */
function oldBmp(): Buffer {
  const plain = bmp(24);
  const head = Buffer.alloc(26);
  plain.copy(head, 0, 0, 14);
  head.writeUInt32LE(plain.length - 28, 2);
  head.writeUInt32LE(26, 10);
  head.writeUInt32LE(12, 14);
  head.writeUInt16LE(width, 18);
  head.writeUInt16LE(height, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt16LE(24, 24);
  return Buffer.concat([head, plain.subarray(54)]);
}

/** The files, made anew. */
export async function makeCorpus(): Promise<readonly CorpusEntry[]> {
  const corpus: CorpusEntry[] = [];
  const add = (name: string, bytes: Uint8Array, more: Pick<CorpusEntry, 'expect' | 'known'> = {}) =>
    void corpus.push({ name, bytes, ...more });

  for (const [name, encode] of Object.entries(formats)) {
    for (let orientation = 1; orientation <= 8; orientation++) {
      if (name === 'gif' && orientation > 1) continue;
      add(`${name} exif ${orientation}`, await encode(raw(3).withMetadata({ orientation })).toBuffer());
    }
    // Chromium gives chroma to transparent images in its own way.
    const known = name === 'avif' ? { chromium: 24 } : undefined;
    if (name !== 'jpeg') add(`${name} alpha`, await encode(raw(4)).toBuffer(), { known });
    add(`${name} grey`, await encode(raw(1).toColourspace('b-w')).toBuffer());
    if (name !== 'gif') {
      for (const profile of ['p3', 'srgb']) {
        // Lossy chroma reaches colours that sRGB does not have, and each library cuts them off in its own way.
        const cut = name === 'avif' && profile === 'p3' ? { chromium: 12, firefox: 12 } : undefined;
        add(`${name} icc ${profile}`, await encode(raw(3).withIccProfile(profile)).toBuffer(), { known: cut });
      }
    }
  }
  const deep = (channels: 1 | 3 | 4) => raw(channels, 16).toColourspace(channels < 3 ? 'grey16' : 'rgb16');
  for (const channels of [1, 3, 4] as const) {
    add(`png 16 bit, ${channels} bands`, await deep(channels).png().toBuffer());
    add(`tiff 16 bit, ${channels} bands`, await deep(channels).tiff().toBuffer());
  }
  for (const colours of [2, 4, 16, 256])
    add(`png palette of ${colours}`, await raw(3).png({ palette: true, colours }).toBuffer());
  add('png interlaced', await raw(3).png({ progressive: true }).toBuffer());
  add('jpeg progressive', await raw(3).jpeg({ progressive: true }).toBuffer());
  for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
    add(`jpeg ${chromaSubsampling}`, await raw(3).jpeg({ chromaSubsampling }).toBuffer());
  }
  add('avif icc p3 lossless', await raw(3).withIccProfile('p3').avif({ lossless: true }).toBuffer());
  add('jpeg cmyk', await raw(3).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer());
  add('webp lossless alpha', await raw(4).webp({ lossless: true }).toBuffer());
  add('avif 10 bit', await raw(3).avif({ bitdepth: 10, quality: 90 }).toBuffer(), { known: { firefox: 3 } });
  for (const bits of [1, 4, 8, 16, 24, 32]) add(`bmp ${bits} bit`, bmp(bits));
  // What no run reaches is transparent to Firefox, and black to Chromium.
  add('bmp in run lengths', bmpOfRuns(), { known: { chromium: 255 } });
  add('bmp with an old header', oldBmp());
  add('bmp 24 bit from the top', bmp(24, true));
  add('bmp 32 bit with alpha', bmp(32, false, [0xff0000, 0xff00, 0xff, 0xff000000]));

  const frames = Buffer.concat([Buffer.from(samples(4)), Buffer.from(samples(4).fill(90))]);
  const film = () => sharp(frames, { raw: { width, height: 2 * height, channels: 4, pageHeight: height } });
  add(
    'gif animated',
    await film()
      .gif({ delay: [100, 100] })
      .toBuffer(),
  );
  add(
    'webp animated',
    await film()
      .webp({ delay: [100, 100], lossless: true })
      .toBuffer(),
  );

  const jpeg = await raw(3).jpeg({ quality: 92 }).toBuffer();
  const png = await raw(3).png().toBuffer();
  add('jpeg without its last two bytes', jpeg.subarray(0, -2), { expect: 'note' });
  add('jpeg cut at three quarters', jpeg.subarray(0, Math.round(jpeg.length * 0.75)), { expect: 'note' });
  add('jpeg cut in its header', jpeg.subarray(0, 200), { expect: 'bad-image' });
  add('png without IEND', png.subarray(0, -12), { expect: 'note' });
  add('png cut at half', half(png), { expect: 'bad-image', known: { firefox: 'read' } });
  add('webp cut at half', half(await raw(3).webp().toBuffer()), { expect: 'bad-image' });
  add('gif cut at half', half(await raw(3).gif().toBuffer()), { expect: 'bad-image', known: { firefox: 'read' } });
  add('avif cut at half', half(await raw(3).avif().toBuffer()), { expect: 'bad-image' });
  add('text', Buffer.from('no image at all, but a text'), { expect: 'unsupported-image' });
  add('svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'), {
    expect: 'unsupported-image',
  });
  add('heic', box('ftypheic'), { expect: 'unsupported-image' });
  add('jpeg xl', Buffer.from([0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20, 13, 10, 0x87, 10]), { expect: 'unsupported-image' });
  add('jpeg xl stream', Buffer.from([0xff, 0x0a, 1, 2, 3, 4, 5, 6]), { expect: 'unsupported-image' });
  add('dicom', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(64)]), {
    expect: 'unsupported-image',
  });
  return corpus;
}

const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);
const box = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(text), Buffer.alloc(64)]);
