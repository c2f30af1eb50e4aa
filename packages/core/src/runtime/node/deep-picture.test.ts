import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../test/support/fake-model.js';
import { type TiffOptions, tiffOf } from '../../../test/support/tiff-file.js';
import { readTiffHeader } from '../../image/tiff-header.js';
import { decodeImage } from './decode-image.js';

const [width, height] = [40, 30];
const size = { width, height };
/** A ramp from left to right, 0 to 1, for each band its own way. */
const ramp = (bands: number, levels: (share: number, band: number) => number) =>
  Array.from({ length: width * height * bands }, (_, i) => {
    const band = i % bands;
    const x = Math.floor(i / bands) % width;
    const share = x / (width - 1);
    return levels(band % 2 === 0 ? share : 1 - share, band);
  });
const column = (data: ArrayLike<number>, x: number) => [0, 1, 2].map((c) => data[(10 * width + x) * 3 + c]);

describe('images of other samples than 8-bit colours', () => {
  it.each([
    [
      '12 bits in 16',
      tiffOf(
        ramp(1, (share) => share * 4095),
        { ...size },
      ),
    ],
    [
      'floats from 0 to 1',
      tiffOf(
        ramp(1, (share) => share),
        { ...size, bits: 32, kind: 'float' },
      ),
    ],
    [
      'temperatures',
      tiffOf(
        ramp(1, (share) => 270 + 40 * share),
        { ...size, bits: 32, kind: 'float' },
      ),
    ],
    [
      'signed',
      tiffOf(
        ramp(1, (share) => 3000 * share - 1000),
        { ...size, kind: 'signed' },
      ),
    ],
    [
      '32 bits',
      tiffOf(
        ramp(1, (share) => share * 1e5),
        { ...size, bits: 32 },
      ),
    ],
  ])('fill black to white: %s', async (_, bytes) => {
    const { data, notes } = await decodeImage(bytes);
    expect(column(data, 0)).toEqual([0, 0, 0]);
    expect(column(data, width - 1)).toEqual([255, 255, 255]);
    for (const value of column(data, width >> 1)) expect(Math.abs(value - 130)).toBeLessThan(4);
    expect(notes?.[0]).toMatch(/^Read as \d+-bit (unsigned|signed|float) samples, .* shown as black to white/);
  });

  it('go by the range that the file names, or that is asked for', async () => {
    const values = ramp(1, (share) => 3000 * share - 1000);
    const more: NonNullable<TiffOptions['more']> = [
      [340, 8, [-1000]],
      [341, 8, [5000]],
    ];
    const tagged = tiffOf(values, { ...size, kind: 'signed', more });
    expect(column((await decodeImage(tagged)).data, width - 1)).toEqual([128, 128, 128]);
    const asked = await decodeImage(tagged, 1e6, { range: [0, 2000] });
    expect([column(asked.data, 0)[0], column(asked.data, width - 1)[0]]).toEqual([0, 255]);
    expect(column(asked.data, 13)[0]).toBe(0);
    const full = await decodeImage(tagged, 1e6, { range: 'full' });
    expect(column(full.data, 0)[0]).toBe(Math.round(((32768 - 1000) * 255) / 65535));
  });

  it('show three bands of many, and take a fourth of no stated meaning for no opacity', async () => {
    const four = ramp(4, (share, band) => (band === 3 ? 20 : share * 255));
    const near = await decodeImage(tiffOf(four, { ...size, bits: 8, bands: 4, photometric: 2 }));
    expect(column(near.data, width - 1)).toEqual([255, 0, 255]);
    expect(near.notes?.[0]).toContain('bands 1, 2, 3 of 4');
    const opaque = await decodeImage(tiffOf(four, { ...size, bits: 8, bands: 4, photometric: 2, extra: 2 }));
    expect(opaque.notes).toBeUndefined();
    expect(column(opaque.data, width - 1)[1]).toBeGreaterThan(200);
    for (const bits of [8, 16] as const) {
      const five = tiffOf(
        ramp(5, (share, band) => share * 50 * (band + 1)),
        { ...size, bits, bands: 5 },
      );
      const chosen = await decodeImage(five, 1e6, { bands: [5, 4, 3], range: [0, 250] });
      expect(column(chosen.data, width - 1)).toEqual([255, 0, 153]);
      expect(await codeOf(decodeImage(five, 1e6, { bands: [6] }))).toBe('bad-option');
    }
  });

  it('keep the hue of colours, and full 16 bits as every viewer shows them', async () => {
    const rgb = (top: number) => ramp(3, (share, band) => (band === 2 ? 0 : share * top));
    const dim = await decodeImage(tiffOf(rgb(4095), { ...size, bands: 3, photometric: 2 }));
    expect(column(dim.data, width - 1)[2]).toBe(0);
    const full = await decodeImage(tiffOf(rgb(60_000), { ...size, bands: 3, photometric: 2 }));
    expect(full.notes).toBeUndefined();
    expect(column(full.data, width - 1)).toEqual([60_000 >> 8, 0, 0]);
  });

  it('of 16-bit PNGs are stretched only where that is asked for, as browsers show them', async () => {
    const raw = Uint16Array.from(ramp(1, (share) => share * 4095));
    const png = await sharp(raw, { raw: { ...size, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const plain = await decodeImage(png);
    expect([column(plain.data, width - 1)[0], plain.notes]).toEqual([15, undefined]);
    expect(column((await decodeImage(png, 1e6, { range: [0, 4095] })).data, width - 1)).toEqual([255, 255, 255]);
  });

  it('leave out what is no number', async () => {
    const values = ramp(1, (share) => (share > 0.9 ? Number.NaN : share * 9));
    const { data } = await decodeImage(tiffOf(values, { ...size, bits: 32, kind: 'float' }));
    expect(column(data, width - 1)).toEqual([0, 0, 0]);
    expect(column(data, 34)[0]).toBeGreaterThan(240);
  });

  it.each([
    [8, 1, 3],
    [8, 7, 3],
    [16, 30, 5],
    [32, 4, 4],
  ] as const)(
    'of bands that are stored one after the other: %i bits, %i rows a strip, %i bands',
    async (bits, planes, bands) => {
      // Other values in each row, which a decoder that mixes up rows and bands would not give.
      const values = Array.from({ length: width * height * bands }, (_, i) => (i * 7919) % 251);
      const options = { ...size, bits, bands, photometric: bands === 3 ? 2 : 1 } as const;
      const reading = { range: [0, 255], bands: bands === 3 ? [1, 2, 3] : [bands, 1, 2] } as const;
      const wanted = await decodeImage(tiffOf(values, options), 1e6, reading);
      const made = await decodeImage(tiffOf(values, { ...options, planes }), 1e6, reading);
      expect(made).toEqual(wanted);
      if (bands !== 3 || bits !== 8) return;
      const plain = [
        await decodeImage(tiffOf(values, options)),
        await decodeImage(tiffOf(values, { ...options, planes })),
      ];
      expect(plain.map(({ notes }) => notes)).toEqual([undefined, undefined]);
      expect([...plain[1].data]).toEqual([...plain[0].data]);
    },
  );

  it('have as many bands as there is room for', async () => {
    const many = tiffOf(
      ramp(12, (share, band) => share * (100 + band)),
      { ...size, bands: 12 },
    );
    expect((await decodeImage(many, 1e6, { bands: [12] })).notes?.[0]).toContain('bands 12 of 12');
    expect(await codeOf(decodeImage(many, width * height * 2))).toBe('image-too-large');
  });

  it.each<[string, string, Uint8Array, RegExp]>([
    [
      '64-bit floats',
      'unsupported-image',
      tiffOf([1, 2], { width: 2, height: 1, bits: 64, kind: 'float' }),
      /64-bit float samples.*32-bit float/,
    ],
    ['64-bit whole numbers', 'unsupported-image', tiffOf([1, 2], { width: 2, height: 1, bits: 64 }), /64-bit unsigned/],
    [
      'complex numbers',
      'unsupported-image',
      tiffOf([1, 2], { width: 2, height: 1, bits: 32, kind: 'complex' }),
      /complex.*magnitude/,
    ],
    ['grey half floats', 'unsupported-image', tiffOf([1, 2], { width: 2, height: 1, kind: 'float' }), /16-bit floats/],
    [
      'CIE Lab',
      'unsupported-image',
      tiffOf([1, 2, 3], { width: 1, height: 1, bits: 8, bands: 3, photometric: 8 }),
      /Lab.*RGB/,
    ],
    [
      'YCbCr as it is',
      'unsupported-image',
      tiffOf([1, 2, 3], { width: 1, height: 1, bits: 8, bands: 3, photometric: 6 }),
      /YCbCr.*RGB/,
    ],
    [
      'a sensor’s colours',
      'unsupported-image',
      tiffOf([1, 2], { width: 2, height: 1, photometric: 32803 }),
      /raw data.*Develop/,
    ],
    [
      'inks, one after the other',
      'unsupported-image',
      tiffOf([1, 2, 3, 4], { width: 1, height: 1, bits: 8, bands: 4, photometric: 5, planes: 1 }),
      /INTERLEAVE=PIXEL/,
    ],
    [
      'half of its pixels',
      'bad-image',
      tiffOf(
        ramp(1, (share) => share),
        { ...size },
      ).subarray(0, 1500),
      /damaged or truncated/,
    ],
  ])('are not read from %s', async (_, code, bytes, message) => {
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    { range: [5, 5] },
    { range: [Number.NaN, 1] },
    { range: 'auto?' },
    { bands: [0] },
    { bands: [1, 2] },
    { bands: new Array(1) },
  ])('refuse %j', async (reading) => {
    expect(await codeOf(decodeImage(tiffOf([0], { width: 1, height: 1 }), 9, reading as never))).toBe('bad-option');
  });
});

it('reads headers of any length, and none beyond the end', () => {
  const bytes = tiffOf(
    ramp(5, (share) => share),
    { ...size, bands: 5 },
  );
  expect(readTiffHeader(bytes)).toMatchObject({ bits: 16, bands: 5, kind: 'unsigned', isRgb: false, range: null });
  for (let length = 0; length < 400; length += 3) {
    expect(() => readTiffHeader(bytes.subarray(0, length))).not.toThrow();
  }
  for (let at = 0; at < 200; at++) {
    const odd = Buffer.from(bytes);
    odd[at] ^= 255;
    expect(() => readTiffHeader(odd)).not.toThrow();
  }
});
