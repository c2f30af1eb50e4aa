import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryMask, linesOf, maskOf } from '../../test/arbitrary-masks.js';
import { checkRuns, difference, maskFromRuns, runsFromMask } from '../mask/index.js';
import {
  DATASET_FORMATS,
  type DatasetFile,
  type DatasetFormat,
  type DatasetSource,
  findDatasetFormat,
  type LabeledPicture,
  type NoteCode,
  noteTexts,
  recogniseDataset,
  zipFiles,
  zipSource,
} from './index.js';

const bytesOf = (content: DatasetFile['content']) =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const sourceOf = (files: readonly DatasetFile[]): DatasetSource => ({
  list: async () => files.map(({ path }) => path).sort(),
  read: async (path) => bytesOf((files.find((file) => file.path === path) as DatasetFile).content),
});

/** Images are found by name, with or without an ending, as in a folder of images. */
const finderOf = (pictures: readonly LabeledPicture[]) => async (name: string) => {
  const found = pictures.find((picture) => picture.name === name || picture.name.replace(/\.[^.]*$/, '') === name);
  return found === undefined ? null : { name: found.name, width: found.width, height: found.height };
};

const show = ({ name, width, height, objects }: LabeledPicture) => ({
  name,
  width,
  height,
  objects: objects.map(({ runs, className }) => [className, ...linesOf(maskFromRuns(runs))]),
});

async function roundTrip(format: DatasetFormat, pictures: readonly LabeledPicture[]) {
  const notes: NoteCode[] = [];
  const onNote = ({ code }: { readonly code: NoteCode }) => void notes.push(code);
  const files = await collect(format.write(pictures, { onNote }));
  const back = await collect(format.read(sourceOf(files), { findPicture: finderOf(pictures) }));
  for (const { objects } of back) for (const { runs } of objects) checkRuns(runs);
  return { files, back, notes: new Set(notes) };
}

const codecs = DATASET_FORMATS.filter(({ summary }) => summary.startsWith('a file for each object with its mask'));
const isCodec = (format: DatasetFormat) => codecs.includes(format);

describe.each(DATASET_FORMATS.map((format) => [format.name, format] as const))('data set %s', (_, format) => {
  const ring = runsFromMask(maskOf('#####..', '#...#..', '#.#.#..', '#...#..', '#####..', '.......'));
  const block = difference(runsFromMask(maskOf(...Array<string>(6).fill('.....##'))), ring);
  const picture: LabeledPicture = {
    name: 'a/photo 1.jpg',
    width: 7,
    height: 6,
    objects: [
      { runs: ring, className: 'car' },
      { runs: block, className: 'person' },
    ],
  };

  it('gives masks and classes back', async () => {
    const { back } = await roundTrip(format, [picture, { ...picture, name: 'b.png', objects: [picture.objects[1]] }]);
    if (isCodec(format)) {
      const lines = back.flatMap((read) => show(read).objects.map(([, ...rows]) => rows));
      expect(lines).toHaveLength(3);
      expect(lines).toContainEqual(linesOf(maskFromRuns(ring)));
      return;
    }
    expect(back.map(({ name }) => name).sort()).toEqual(['a/photo 1.jpg', 'b.png']);
    const first = back.find(({ name }) => name === 'a/photo 1.jpg') as LabeledPicture;
    // The pixel inside the ring is a part of its own, which YOLO joins.
    const { objects } = show(first);
    if (format.name === 'yolo-seg') {
      expect(objects[1]).toEqual(show(picture).objects[1]);
      expect(objects.map(([name]) => name)).toEqual(['car', 'person']);
    } else {
      expect([...objects].sort()).toEqual([...show(picture).objects].sort());
    }
  });

  it('gives any mask back to the pixel', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryMask(20), async (mask) => {
        const runs = runsFromMask(mask);
        const one = { name: 'x.jpg', width: mask.width, height: mask.height, objects: [{ runs, className: 'car' }] };
        const { back, notes } = await roundTrip(format, [one]);
        fc.pre(runs.spans.length > 0);
        if (format.name === 'yolo-seg' && notes.has('parts-joined')) return;
        expect(back).toHaveLength(1);
        expect(linesOf(maskFromRuns(back[0].objects[0].runs))).toEqual(linesOf(mask));
        if (!isCodec(format)) expect(back[0].objects[0].className).toBe('car');
      }),
      { numRuns: 60 },
    );
  });

  it('says what it cannot hold, and holds the rest', async () => {
    const full = runsFromMask(maskOf(...Array<string>(6).fill('#######')));
    const rich: LabeledPicture = {
      ...picture,
      objects: [
        { runs: full, className: 'car', id: 'first', score: 0.5, isCrowd: true },
        { runs: block, className: 'car', id: 'second', score: 0.25 },
      ],
    };
    const { back, notes } = await roundTrip(format, [rich]);
    expect(back).toHaveLength(1);
    const { objects } = back[0];
    const kept: readonly (readonly [NoteCode, boolean])[] = [
      ['scores-lost', objects[0].score === 0.5 && objects[1].score === 0.25],
      ['ids-lost', objects[0].id === 'first' && objects[1].id === 'second'],
      ['overlap-lost', linesOf(maskFromRuns(objects[0].runs)).join('') === '#'.repeat(42)],
      ['classes-lost', objects[0].className === 'car'],
    ];
    for (const [code, isKept] of kept) expect([code, isKept || notes.has(code)]).toEqual([code, true]);
    if (objects[0].isCrowd !== true) expect(notes).toContainEqual(expect.stringMatching(/crowds-lost|classes-lost/));
    for (const code of notes) expect(noteTexts[code]).toMatch(/^[a-z].*[a-z]$/);
  });

  it('keeps files inside its folder whatever images are called, and never writes one twice', async () => {
    const names = [
      '../../etc/passwd',
      'https://host/p/a.jpg?token=x',
      'C:\\pictures\\a.jpg',
      'p/a.jpg',
      'p/A.png',
      'p/a.jpg.png',
      '..',
      '',
    ];
    const files = await collect(format.write(names.map((name) => ({ ...picture, name }))));
    const paths = files.map(({ path }) => path);
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
    for (const path of paths) expect(path).toMatch(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\\:?*"<>|]+$/);
    expect(paths.join()).not.toContain('token');
  });

  it('is recognised by what it writes, also in a zip', async () => {
    const files = await collect(format.write([{ ...picture, objects: [picture.objects[1]] }]));
    const found = await recogniseDataset(zipSource(await zipFiles(files)));
    // Values of some codecs look alike, or like nothing.
    if (!isCodec(format)) expect(found?.name).toBe(format.name);
  });

  it('answers damaged files with data or with a code', async () => {
    const files = await collect(format.write([picture]));
    const damage = fc.record({
      file: fc.nat(files.length - 1),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      piece: fc.constantFrom('', '-1', '1e9', '"', '{', 'null', '\u0000\u0000\u0000'),
      cut: fc.integer({ min: 0, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, at, piece, cut }) => {
        const bytes = bytesOf(files[file].content);
        const start = Math.floor(at * bytes.length);
        const content = new Uint8Array([
          ...bytes.subarray(0, start),
          ...new TextEncoder().encode(piece),
          ...bytes.subarray(start + cut),
        ]);
        const source = sourceOf(files.map((entry, i) => (i === file ? { ...entry, content } : entry)));
        try {
          for (const read of await collect(format.read(source, { findPicture: finderOf([picture]), maxPixels: 1e6 }))) {
            for (const { runs } of read.objects) checkRuns(runs);
          }
        } catch (error) {
          expect([(error as Error).message, (error as { code?: string }).code]).toEqual([
            expect.any(String),
            expect.stringMatching(/^bad-(format|option)$/),
          ]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('writes nothing odd for no images, and for images without objects', async () => {
    for (const pictures of [[], [{ ...picture, objects: [] }]]) {
      const files = await collect(format.write(pictures));
      const back = await collect(format.read(sourceOf(files), { findPicture: finderOf([picture]) }));
      for (const { objects } of back) expect(objects).toEqual([]);
    }
  });

  it('is frozen, and described', () => {
    expect(Object.isFrozen(format)).toBe(true);
    expect(findDatasetFormat(format.name)).toBe(format);
    expect(format.summary.length + format.keeps.length).toBeLessThan(200);
  });
});

it('knows each name once, and lists them where there is none', () => {
  expect(new Set(DATASET_FORMATS.map(({ name }) => name)).size).toBe(DATASET_FORMATS.length);
  expect(() => findDatasetFormat('excel')).toThrow(/coco, .*yolo-seg/);
});

describe('zips', () => {
  it('are refused where they hold too much, or lead outside', async () => {
    const zip = await zipFiles([{ path: 'a.txt', content: 'x'.repeat(5000) }]);
    expect(() => zipSource(zip, { maxBytes: 4999 })).toThrow(expect.objectContaining({ code: 'bad-format' }));
    expect(() => zipSource(zip, { maxFiles: 0 })).toThrow(expect.objectContaining({ code: 'bad-format' }));
    expect(() => zipSource(new Uint8Array(9))).toThrow(expect.objectContaining({ code: 'bad-format' }));
    const outside = await zipFiles([{ path: '../a.txt', content: 'x' }]);
    expect(await zipSource(outside).list()).toEqual([]);
  });
});
