import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../test/support/fake-model.js';
import { tiffOf } from '../../../test/support/tiff-file.js';
import { maskToPng } from '../../formats/index.js';
import { wholeRect } from '../../geometry/index.js';
import { type ReducedImage, type RgbImage, resizeToTensor } from '../../image/index.js';
import { area, rectRuns } from '../../mask/index.js';
import { decodeImage, decodeReduced, pictureSize } from './decode-image.js';
import { decodeMaskFile } from './decode-mask-file.js';
import { maskFromPng } from './mask-from-png.js';

/** 6 x 4 px: the left half red, the right half blue. */
const two = new Uint8Array(6 * 4 * 3);
for (let i = 0; i < 24; i++) two.set(i % 6 < 3 ? [220, 30, 20] : [20, 30, 220], i * 3);
const base = () => sharp(two, { raw: { width: 6, height: 4, channels: 3 } });
const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3).subarray(0, 3),
];
const near = (got: readonly number[], wanted: readonly number[], tolerance: number) => {
  expect(Math.max(...got.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThanOrEqual(tolerance);
};

const box = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(text), Buffer.alloc(64)]);

/** A TIFF that claims to be compressed by ZSTD. */
function zstdTiff(): Uint8Array {
  const bytes = tiffOf(new Array(24).fill(7), { width: 6, height: 4, bits: 8 });
  for (let at = 10; at < 160; at += 12) if (bytes.readUInt16LE(at) === 259) bytes.writeUInt16LE(50_000, at + 8);
  return bytes;
}

describe('decodeImage', () => {
  it.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)('reads %s', async (format) => {
    const image = await decodeImage(await base().resize(60, 40, { kernel: 'nearest' }).toFormat(format).toBuffer());
    expect(image).toMatchObject({ width: 60, height: 40 });
    expect(image.data).toHaveLength(60 * 40 * 3);
    near(pixel(image, 5, 20), [220, 30, 20], 12);
    near(pixel(image, 55, 20), [20, 30, 220], 12);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns an image of EXIF orientation %i upright', async (orientation) => {
    const bytes = await base().png().withMetadata({ orientation }).toBuffer();
    const image = await decodeImage(bytes);
    const turned = orientation >= 5;
    expect([image.width, image.height]).toEqual(turned ? [4, 6] : [6, 4]);
    const red = [220, 30, 20];
    const corner = pixel(image, 0, 0);
    // Red is on the left of the stored picture: where the left goes differs from one orientation to the next.
    const leftIsFirst = [1, 4, 5, 6].includes(orientation);
    expect(corner).toEqual(leftIsFirst ? red : [20, 30, 220]);
  });

  it('brings grey, grey with alpha, palette, 16-bit and CMYK images to 8-bit RGB', async () => {
    const grey = await base().greyscale().png().toBuffer();
    const shade = (await base().greyscale().toColourspace('b-w').raw().toBuffer())[0];
    const pictures = {
      grey,
      greyAlpha: await sharp(grey).ensureAlpha().png().toBuffer(),
      palette: await base().png({ palette: true }).toBuffer(),
      deep: await base().toColourspace('rgb16').png().toBuffer(),
      deepGrey: await sharp(grey).toColourspace('grey16').png().toBuffer(),
      cmyk: await base().toColourspace('cmyk').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
      cmykTiff: await base().toColourspace('cmyk').tiff().toBuffer(),
    };
    expect((await sharp(pictures.cmyk).metadata()).space).toBe('cmyk');
    expect((await sharp(pictures.deep).metadata()).depth).toBe('ushort');
    for (const [name, bytes] of Object.entries(pictures)) {
      const image = await decodeImage(bytes);
      expect(image.data, name).toHaveLength(6 * 4 * 3);
      const [r, g, b] = pixel(image, 0, 0);
      if (/grey/i.test(name)) {
        expect([r, g], name).toEqual([g, b]);
        near([r], [shade], 1);
      } else {
        expect(r, name).toBeGreaterThan(150);
        expect(Math.max(g, b), name).toBeLessThan(90);
      }
    }
    near(pixel(await decodeImage(pictures.deep), 5, 3), [20, 30, 220], 1);
  });

  it('lays transparency over white', async () => {
    const clear = {
      create: { width: 3, height: 2, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0 } },
    } as const;
    expect(pixel(await decodeImage(await sharp(clear).png().toBuffer()), 1, 1)).toEqual([255, 255, 255]);
    const half = { create: { ...clear.create, background: { r: 200, g: 0, b: 0, alpha: 0.5 } } };
    near(pixel(await decodeImage(await sharp(half).webp({ lossless: true }).toBuffer()), 1, 1), [228, 128, 128], 2);
  });

  it('takes the first frame of an animation and the first page of a file', async () => {
    const frames = Buffer.concat([Buffer.from(two), Buffer.alloc(6 * 4 * 3, 128)]);
    const pages = sharp(frames, { raw: { width: 6, height: 8, channels: 3, pageHeight: 4 } });
    for (const bytes of [
      await pages.clone().gif().toBuffer(),
      await pages.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      const image = await decodeImage(bytes);
      expect([image.width, image.height]).toEqual([6, 4]);
      near(pixel(image, 0, 0), [220, 30, 20], 12);
    }
  });

  it.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
  ])('reads an image of %i x %i px', async (width, height) => {
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    expect(await decodeImage(bytes)).toMatchObject({ width, height });
  });

  it('refuses more pixels than allowed, before it decodes them', async () => {
    const bytes = await base().png().toBuffer();
    expect(await codeOf(decodeImage(bytes, 23))).toBe('image-too-large');
    expect(await decodeImage(bytes, 24)).toMatchObject({ width: 6, height: 4 });
    expect(await codeOf(decodeImage(bytes, Number.POSITIVE_INFINITY))).toBe('bad-option');
    // The header alone claims a gigapixel.
    const claim = Buffer.from(bytes);
    claim.writeUInt32BE(30_000, 16);
    claim.writeUInt32BE(40_000, 20);
    expect(['image-too-large', 'bad-image', 'unsupported-image']).toContain(await codeOf(decodeImage(claim)));
  });

  it.each<[string, () => Promise<Uint8Array> | Uint8Array, RegExp]>([
    ['text', () => Buffer.from('this is no image at all'), /^unsupported-image$/],
    ['no bytes', () => new Uint8Array(0), /image$/],
    ['SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /^unsupported-image$/],
    [
      'damaged SVG, which no decoder sees',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="-9">'),
      /^unsupported-image$/,
    ],
    ['PDF', () => Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj'), /^unsupported-image$/],
    ['only the start of a PNG', async () => (await base().png().toBuffer()).subarray(0, 30), /^bad-image$/],
  ])('refuses %s', async (_, make, code) => {
    expect(await codeOf(decodeImage(await make()))).toMatch(code);
  });

  it.each(['png', 'webp', 'tiff'] as const)('refuses a truncated %s', async (format) => {
    const noise = Buffer.alloc(200 * 200 * 3);
    for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919) % 251;
    const bytes = await sharp(noise, { raw: { width: 200, height: 200, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    expect(await codeOf(decodeImage(bytes.subarray(0, bytes.length >> 1)))).toMatch(/^(bad|unsupported)-image$/);
  });

  it('reads a JPEG that was cut off in its pixels, with a note, and none that was cut off before', async () => {
    const [width, height] = [200, 160];
    const noise = Buffer.alloc(width * height * 3);
    for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919) % 251;
    const whole = await sharp(noise, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer();
    const wanted = await decodeImage(whole);
    expect(wanted.notes).toBeUndefined();
    const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
    for (const length of [whole.length - 1, whole.length - 2, whole.length - 40, whole.length >> 1, scan + 40]) {
      const image = await decodeImage(whole.subarray(0, length));
      expect(image).toMatchObject({ width, height, notes: [expect.stringContaining('JPEG')] });
      // The first rows are there.
      if (length > whole.length >> 2)
        expect(image.data.subarray(0, width * 3)).toEqual(wanted.data.subarray(0, width * 3));
    }
    // What follows the end, as some cameras write it, is no matter.
    expect((await decodeImage(Buffer.concat([whole, Buffer.alloc(99)]))).notes).toBeUndefined();
    for (const length of [20, 300, scan - 1])
      expect(await codeOf(decodeImage(whole.subarray(0, length)))).toBe('bad-image');
    const png = await base().png().toBuffer();
    expect((await decodeImage(png.subarray(0, -12))).notes?.[0]).toContain('PNG');
  });

  it('leaves WebP as it is stored, whatever EXIF says, as browsers do', async () => {
    const image = await decodeImage(await base().webp({ lossless: true }).withMetadata({ orientation: 6 }).toBuffer());
    expect([image.width, image.height]).toEqual([6, 4]);
    expect(await pictureSize(await base().webp().withMetadata({ orientation: 6 }).toBuffer())).toEqual({
      width: 6,
      height: 4,
    });
    expect(await pictureSize(await base().jpeg().withMetadata({ orientation: 6 }).toBuffer())).toEqual({
      width: 4,
      height: 6,
    });
  });

  it.each<[string, string, Uint8Array, RegExp]>([
    ['HEIC', 'unsupported-image', box('ftypheic'), /HEIC is not read here.*Convert it to JPEG.*libvips/],
    ['JPEG XL', 'unsupported-image', Buffer.from([0xff, 0x0a, 1, 2, 3]), /JPEG XL is not read here.*djxl/],
    ['DICOM', 'unsupported-image', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]), /DICOM.*16-bit PNG/],
    ['SVG', 'unsupported-image', Buffer.from('<?xml version="1.0"?>\n<svg/>'), /SVG.*PNG/],
    ['TIFF by ZSTD', 'unsupported-image', zstdTiff(), /This kind of TIFF is not read here.*another compression/],
    ['nothing', 'unsupported-image', new Uint8Array(0), /the file is empty/],
    ['a web page', 'unsupported-image', Buffer.from('<!DOCTYPE html><html>Log in</html>'), /web page/],
    ['a video', 'unsupported-image', box('ftypmp42'), /video.*ffmpeg/],
    ['PNM', 'unsupported-image', Buffer.from('P6 2 2 255\n'), /PNM.*PNG/],
    ['Canon’s raw data', 'unsupported-image', Buffer.from('II*\0\x10\0\0\0CR\x02\0'), /Raw camera data.*Develop/],
    ['a zip', 'unsupported-image', Buffer.from('PK\x03\x04'), /Unpack it/],
    ['a broken AVIF', 'bad-image', box('ftypavif'), /damaged/],
  ])('says what to do with %s', async (_, code, bytes, message) => {
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('fails with a code, if at all, on damaged files', async () => {
    const good = await base().resize(40, 30).jpeg().toBuffer();
    for (let i = 0; i < 60; i++) {
      const bytes = Buffer.from(good);
      for (let k = 0; k < 5; k++) bytes[(i * 131 + k * 977) % bytes.length] ^= 1 << ((i + k) % 8);
      const result = await decodeImage(bytes).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toMatchObject({ name: 'ClickmaskError' });
      else expect(result).toMatchObject({ data: expect.any(Uint8Array) });
    }
  });
});

describe('decodeReduced', () => {
  const [width, height] = [804, 606];
  const waves = new Uint8Array(width * height * 3);
  for (let i = 0; i < waves.length; i++) {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    waves[i] = 128 + 60 * Math.sin(x / 18 + (i % 3)) + 60 * Math.cos((x + 2 * y) / 26);
  }
  const file = sharp(waves, { raw: { width, height, channels: 3 } });
  const whole = { x: 0, y: 0, width, height };
  const grid = { width: 48, height: 36 };
  const encoded = (image: ReducedImage) => resizeToTensor(image, wholeRect(image.full ?? image), grid, 'area');

  it.each(['jpeg', 'webp', 'png', 'tiff'] as const)(
    'gives the network nearly what all pixels of a %s give',
    async (format) => {
      const bytes = await file.clone().toFormat(format).toBuffer();
      const image = await decodeImage(bytes);
      for (const factor of [2, 4]) {
        const reduced = await decodeReduced(bytes, 1e6, (size) => {
          expect(size).toEqual({ width, height });
          return factor;
        });
        expect(reduced).toMatchObject({ width: Math.ceil(width / factor), height: Math.ceil(height / factor) });
        expect(reduced.full).toEqual({ width, height });
        const wanted = resizeToTensor(image, whole, grid, 'area');
        const got = encoded(reduced);
        const error = Math.sqrt(wanted.reduce((sum, value, i) => sum + (value - got[i]) ** 2, 0) / wanted.length);
        expect(error * 255).toBeLessThan(1.5);
      }
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns an image of EXIF orientation %i upright', async (orientation) => {
    const bytes = await file.clone().jpeg().withMetadata({ orientation }).toBuffer();
    const image = await decodeImage(bytes);
    const reduced = await decodeReduced(bytes, 1e6, () => 4);
    expect(reduced.full).toEqual({ width: image.width, height: image.height });
    const wanted = encoded(image);
    const got = encoded(reduced);
    expect(Math.max(...got.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThan(0.06);
  });

  it('lays transparency over white', async () => {
    const half = {
      create: { width: 64, height: 64, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0.5 } },
    } as const;
    for (const bytes of [await sharp(half).png().toBuffer(), await sharp(half).webp({ lossless: true }).toBuffer()]) {
      near(pixel(await decodeReduced(bytes, 1e6, () => 4), 7, 7), [228, 128, 128], 2);
    }
  });

  it('refuses what is too large or cut off', async () => {
    const bytes = await file.clone().jpeg().toBuffer();
    expect(await codeOf(decodeReduced(bytes, width * height - 1, () => 4))).toBe('image-too-large');
    const png = await file.clone().png().toBuffer();
    expect(await codeOf(decodeReduced(png.subarray(0, png.length >> 1), 1e6, () => 4))).toBe('bad-image');
    const cut = await decodeReduced(bytes.subarray(0, bytes.length >> 1), 1e6, () => 4);
    expect(cut).toMatchObject({ full: { width, height }, notes: [expect.stringContaining('missing')] });
  });
});

describe('masks as PNG', () => {
  const mask = rectRuns({ width: 9, height: 7 }, { x: 2, y: 1, width: 4, height: 5 });

  it('come back as they were, in a file of one grey channel', async () => {
    const bytes = await maskToPng(mask);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', channels: 1, width: 9, height: 7 });
    expect(await maskFromPng(bytes)).toEqual(mask);
  });

  it('are read from colours and transparency too', async () => {
    const grey = sharp(await maskToPng(mask));
    expect(await maskFromPng(await grey.clone().toColourspace('srgb').png().toBuffer())).toEqual(mask);
    const alpha = await sharp({ create: { width: 9, height: 7, channels: 3, background: '#fff' } })
      .joinChannel(await grey.clone().toColourspace('b-w').raw().toBuffer(), {
        raw: { width: 9, height: 7, channels: 1 },
      })
      .png()
      .toBuffer();
    expect(area(await maskFromPng(alpha))).toBe(area(mask));
  });

  it('are refused where the file is none', async () => {
    expect(await codeOf(maskFromPng(Buffer.from('no image')))).toBe('bad-format');
    expect(await codeOf(maskFromPng((await maskToPng(mask)).subarray(0, 30)))).toBe('bad-format');
  });

  it('are refused where they are larger than allowed', async () => {
    const bytes = await maskToPng(mask);
    expect(await codeOf(maskFromPng(bytes, 62))).toBe('image-too-large');
    expect(await maskFromPng(bytes, 63)).toEqual(mask);
  });

  it('are never drawn from SVG, which can name files', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"><rect fill="#fff"/></svg>');
    expect(await codeOf(maskFromPng(svg))).toBe('bad-format');
    expect(await codeOf(decodeMaskFile(svg))).toBe('bad-format');
  });
});
