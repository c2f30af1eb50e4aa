import { describe, expect, it } from 'vitest';
import {
  type DatasetLayoutName,
  type DecodedMask,
  decodeGroundTruth,
  type FileSource,
  listSamples,
  readDataset,
  readSample,
} from './datasets.js';

function source(folders: Record<string, string[]>, unreadable: readonly string[] = []): FileSource {
  return {
    async list(folder) {
      if (!(folder in folders)) throw new Error(`ENOENT: no such directory, scandir '${folder}'`);
      return folders[folder];
    },
    async read(path) {
      if (unreadable.includes(path)) throw new Error('EIO: i/o error');
      return new TextEncoder().encode(path);
    },
  };
}

const grey = (...values: number[]): DecodedMask => ({
  width: values.length,
  height: 1,
  channels: 1,
  data: Uint8Array.from(values),
});
const decode = async () => grey(0, 128, 255);

describe('listSamples', () => {
  it.each([
    ['grabcut', 'data_GT', 'boundary_GT'],
    ['berkeley', 'images', 'masks'],
    ['davis', 'img', 'gt'],
  ] as const)('pairs images and masks of layout %s by stem, in order', async (layout, images, masks) => {
    const files = source({
      [images]: ['b.c.jpg', 'a.BMP', '.DS_Store', 'notes.txt', '._a.jpg'],
      [masks]: ['Thumbs.db', 'a.png', 'b.c.png'],
    });
    expect(await listSamples(files, layout)).toEqual([
      { name: 'a', image: `${images}/a.BMP`, mask: `${masks}/a.png` },
      { name: 'b.c', image: `${images}/b.c.jpg`, mask: `${masks}/b.c.png` },
    ]);
  });

  it.each([
    ['a folder is missing', { data_GT: ['a.jpg'] }, /folder boundary_GT\/ .*layout grabcut.*ENOENT/],
    ['a folder holds no image', { data_GT: ['a.txt'], boundary_GT: ['a.png'] }, /images for data_GT\//],
    [
      'an image has no mask',
      { data_GT: ['a.jpg', 'b.jpg'], boundary_GT: ['a.png'] },
      /in boundary_GT\/ for data_GT\/b/,
    ],
    ['a mask has no image', { data_GT: ['a.jpg'], boundary_GT: ['a.png', 'c.png', 'd.png'] }, /c\.png \(and 1 more\)/],
    ['a stem is there twice', { data_GT: ['a.jpg', 'a.png'], boundary_GT: ['a.png'] }, /one file a stem/],
  ] as [string, Record<string, string[]>, RegExp][])('says what is wrong where %s', async (_, folders, message) => {
    const listing = listSamples(source(folders), 'grabcut');
    await expect(listing).rejects.toThrow(message);
    await expect(listing).rejects.toMatchObject({ code: 'bad-dataset' });
  });

  it('refuses an unknown layout', async () => {
    for (const name of ['coco', 'constructor']) {
      const listing = listSamples(source({}), name as DatasetLayoutName);
      await expect(listing).rejects.toMatchObject({ code: 'bad-option' });
    }
  });
});

describe('readSample and readDataset', () => {
  const folders = { img: ['1.jpg', '2.jpg', '10.jpg'], gt: ['1.png', '2.png', '10.png'] };

  it('gives the image as stored and the mask decoded', async () => {
    const files = source({ data_GT: ['a.jpg'], boundary_GT: ['a.png'] });
    const [entry] = await listSamples(files, 'grabcut');
    const sample = await readSample(files, entry, 'grabcut', decode);
    expect(new TextDecoder().decode(sample.image)).toBe('data_GT/a.jpg');
    expect(sample.truth).toEqual({ width: 3, height: 1, data: Uint8Array.of(0, 255, 1) });
  });

  it('reads only as many as asked for', async () => {
    const read: string[] = [];
    const inner = source(folders);
    const files: FileSource = {
      ...inner,
      async read(path) {
        read.push(path);
        return await inner.read(path);
      },
    };
    const names: string[] = [];
    for await (const { name } of readDataset(files, 'davis', decode, { limit: 2 })) names.push(name);
    expect(names).toEqual(['1', '10']);
    expect(read).toEqual(['img/1.jpg', 'gt/1.png', 'img/10.jpg', 'gt/10.png']);
  });

  it.each([
    ['an image cannot be read', ['img/1.jpg'], decode, /read img\/1\.jpg: EIO/],
    ['a mask cannot be read', ['gt/1.png'], decode, /read gt\/1\.png: EIO/],
    [
      'a mask cannot be decoded',
      [],
      async () => Promise.reject(new Error('not a PNG.')),
      /decode gt\/1\.png: not a PNG\.$/,
    ],
    ['a mask shows no object', [], async () => grey(0, 0), /object pixel for gt\/1\.png/],
    ['a mask has the wrong number of bytes', [], async () => ({ ...grey(1), height: 2 }), /1 x 2 x 1 bytes for gt\/1/],
  ] as const)('names the file where %s', async (_, unreadable, decoder, message) => {
    const reading = readDataset(source(folders, unreadable), 'davis', decoder).next();
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ code: 'bad-dataset' });
  });

  it('refuses a limit below 1', async () => {
    const reading = readDataset(source(folders), 'davis', decode, { limit: 0 }).next();
    await expect(reading).rejects.toMatchObject({ code: 'bad-option' });
  });
});

describe('decodeGroundTruth', () => {
  const labels = (mask: DecodedMask, decoding: 'trimap' | 'nonzero') => [...decodeGroundTruth(mask, decoding).data];

  it('reads trimaps: 128 ignored, above object, 1 object, the rest background', () => {
    expect(labels(grey(0, 1, 2, 127, 128, 129, 255), 'trimap')).toEqual([0, 1, 0, 0, 255, 1, 1]);
  });

  it('reads any channel above 0 as object, nothing as ignored', () => {
    expect(labels(grey(0, 1, 128, 255), 'nonzero')).toEqual([0, 1, 1, 1]);
    const colour = {
      width: 4,
      height: 1,
      channels: 3,
      data: Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9),
    } as const;
    expect(labels(colour, 'nonzero')).toEqual([0, 1, 1, 1]);
  });

  it('never counts alpha', () => {
    const two = { width: 2, height: 1, channels: 2, data: Uint8Array.of(0, 255, 255, 255) } as const;
    const four = { width: 2, height: 1, channels: 4, data: Uint8Array.of(0, 0, 0, 255, 200, 200, 200, 255) } as const;
    for (const decoding of ['trimap', 'nonzero'] as const) {
      expect(labels(two, decoding)).toEqual([0, 1]);
      expect(labels(four, decoding)).toEqual([0, 1]);
    }
  });

  it('reads the blue channel of a coloured trimap', () => {
    const colour = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 255, 0, 0, 0, 255) } as const;
    expect(labels(colour, 'trimap')).toEqual([0, 1]);
  });
});

describe('layouts of several objects and of starting masks', () => {
  it('tells the objects of Pascal VOC apart and ignores what is void', async () => {
    const colours = [0, 0, 0, 128, 0, 0, 192, 128, 128, 224, 224, 192];
    const palette = async (): Promise<DecodedMask> => ({
      width: 4,
      height: 1,
      channels: 3,
      data: Uint8Array.from(colours),
    });
    const listed = {
      list: async () => [],
      read: async () => new TextEncoder().encode('2007_000033\n2007_000042\n'),
    };
    const samples = [];
    for await (const sample of readDataset(listed, 'voc', palette, { limit: 3 })) samples.push(sample);
    expect(samples.map((sample) => sample.name)).toEqual(['2007_000033#1', '2007_000033#15', '2007_000042#1']);
    expect([...samples[0].truth.data]).toEqual([0, 1, 0, 255]);
    expect([...samples[1].truth.data]).toEqual([0, 0, 1, 255]);
  });

  it('refuses a list that leads elsewhere', async () => {
    const listed = { list: async () => [], read: async () => new TextEncoder().encode('../../secret') };
    await expect(listSamples(listed, 'sbd')).rejects.toMatchObject({ code: 'bad-dataset' });
  });

  it('finds the starting masks of DAVIS-585', async () => {
    const files = source({
      '': ['bear', 'notes.txt'],
      bear: ['00009.jpg', 'object1_00009.png', 'init_sp_object1_00009.png', 'init_stm_object1_00009.png'],
    });
    const expected = { name: 'bear/object1_00009', image: 'bear/00009.jpg', mask: 'bear/object1_00009.png' };
    expect(await listSamples(files, 'davis-585')).toEqual([expected]);
    expect(await listSamples(files, 'davis-585', 'stm')).toEqual([
      { ...expected, start: 'bear/init_stm_object1_00009.png' },
    ]);
    const bright = async () => grey(0, 128, 129);
    const [files585] = await listSamples(files, 'davis-585', 'sp');
    const sample = await readSample(files, files585, 'davis-585', bright);
    expect([...sample.truth.data, ...sample.start!.data]).toEqual([0, 0, 1, 0, 0, 1]);
    await expect(listSamples(files, 'davis', 'sp')).rejects.toMatchObject({ code: 'bad-option' });
  });
});
