import { type MaskRuns, maskFromRuns } from '@clickmask/core';
import { DATASET_FORMATS, findDatasetFormat, zipSource } from '@clickmask/core/datasets';
import { RunBuilder } from '@clickmask/core/masks';
import { addObjectFromMask, emptyValue, type SessionValue } from '@clickmask/core/session';
import { expect, test } from 'vitest';
import { defaultSettings } from '../state/settings.js';
import { createDataset, type DatasetContent, labeledPictures } from './dataset.js';

const size = { width: 20, height: 10 };
/** Squares with their top at 1. */
const squares = (...places: (readonly [x: number, side: number])[]): MaskRuns => {
  const builder = new RunBuilder(size);
  for (let y = 1; y < size.height; y++) for (const [x, side] of places) if (y <= side) builder.add(y, x, x + side);
  return builder.finish();
};
const valueWith = (...objects: (readonly [runs: MaskRuns, id: string, classId: string | null])[]): SessionValue =>
  objects.reduce((value, [runs, id, classId]) => addObjectFromMask(runs, { id, classId }, true)(value), emptyValue);

const content = (named: readonly (readonly [string, SessionValue])[], settings = {}): DatasetContent => ({
  pictures: named.map(([name, value]) => ({ name, value })),
  // Names that Cityscapes knows too.
  classes: [{ id: 'cat', name: 'car' }, { id: 'person' }],
  settings: { ...defaultSettings, ...settings },
});

test.each(DATASET_FORMATS.map(({ name }) => name))('%s holds every image with its objects', async (name) => {
  const all = content([
    ['https://example.com/a/one.jpg?x=1', valueWith([squares([1, 4]), 'a', 'cat'], [squares([10, 5]), 'b', 'person'])],
    ['nothing.jpg', emptyValue],
    ['file:two.png:12:34', valueWith([squares([3, 6]), 'c', 'cat'])],
  ]);
  const zip = await createDataset({ ...all, getPictures: () => all.pictures }, name);
  expect(zip.type).toBe('application/zip');
  const source = zipSource(new Uint8Array(await zip.arrayBuffer()));
  const read = [];
  const findPicture = async (wanted: string) => ({ name: wanted, ...size });
  for await (const picture of findDatasetFormat(name).read(source, { findPicture, classes: ['car', 'person'] })) {
    read.push(...picture.objects);
  }
  expect(read).toHaveLength(3);
});

test('images are named once, and by names that are files', () => {
  const value = valueWith([squares([1, 4]), 'a', null]);
  const names = [
    'https://x.test/a/1.jpg',
    'b/1.jpg',
    'file:my cat.png:1:2',
    'data:image/png;base64,AA',
    '',
    '../..',
    'a%2f..%2fb.jpg',
  ];
  const made = labeledPictures(content(names.map((name) => [name, value] as const))).map(({ name }) => name);
  expect(made).toEqual(['1.jpg', '1-2.jpg', 'my cat.png', 'picture', 'picture-2', 'picture-3', 'a_.._b.jpg']);
});

test('masks are cleaned as the settings say, and classes go by their names', () => {
  const both = squares([1, 2], [10, 5]);
  const areaOf = (runs: MaskRuns) => maskFromRuns(runs).data.reduce((sum, one) => sum + one, 0);
  const pictures = [['a.jpg', valueWith([both, 'a', 'cat'], [both, 'b', 'x'], [both, 'c', null])]] as const;
  const [plain] = labeledPictures(content(pictures));
  const [cleaned] = labeledPictures(content(pictures, { largestPart: true }));
  expect(plain.objects.map(({ className }) => className)).toEqual(['car', 'x', 'object']);
  expect([areaOf(plain.objects[0].runs), areaOf(cleaned.objects[0].runs)]).toEqual([29, 25]);
});

test('an unknown format is an error that lists those there are', async () => {
  await expect(createDataset({ ...content([]), getPictures: () => [] }, 'nonsense')).rejects.toThrow(/yolo-seg/);
});
