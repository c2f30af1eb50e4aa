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
  ] as const)('pairs pictures and masks of layout %s by stem, in order', async (layout, images, masks) => {
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
    ['a folder holds no picture', { data_GT: ['a.txt'], boundary_GT: ['a.png'] }, /pictures for data_GT\//],
    [
      'a picture has no mask',
      { data_GT: ['a.jpg', 'b.jpg'], boundary_GT: ['a.png'] },
      /in boundary_GT\/ for data_GT\/b/,
    ],
    [
      'a mask has no picture',
      { data_GT: ['a.jpg'], boundary_GT: ['a.png', 'c.png', 'd.png'] },
      /c\.png \(and 1 more\)/,
    ],
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

  it('gives the picture as stored and the mask decoded', async () => {
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
    ['a picture cannot be read', ['img/1.jpg'], decode, /read img\/1\.jpg: EIO/],
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
