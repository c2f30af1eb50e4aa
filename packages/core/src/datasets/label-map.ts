import { ClickmaskError, unexpected } from '../errors/index.js';
import { badFormat } from '../formats/codec.js';
import { decodePng, encodePng, type PngSamples, paintRuns } from '../formats/png.js';
import type { MaskRuns } from '../mask/index.js';
import { type CityscapesClass, cityscapesClasses, vocColour, vocPalette } from './colours.js';
import type { DatasetFormat, DatasetReadOptions, DatasetSource, LabeledObject, LabeledPicture } from './dataset.js';
import { commonValue, masksByValue, withoutOverlap } from './layers.js';
import { createClassNumbers, createStems, stemOf } from './names.js';
import type { Note } from './notes.js';
import { fullName, readText, withEnding } from './reading.js';

/** The value of pixels without a label (VOC's border). */
const ignored = 255;

/**
 * Label maps in Pascal VOC's layout: `SegmentationClass/<picture>.png` with the class of each pixel,
 * `SegmentationObject/<picture>.png` with its object, both with VOC's palette, `labelmap.txt` with the classes, and
 * `ImageSets/Segmentation/default.txt` with the images. 0 is background; 255 is ignored when reading.
 *
 * @example
 * ```ts
 * import { voc } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * const paths: string[] = [];
 * for await (const { path } of voc.write([picture])) paths.push(path);
 * console.log(paths[0]); // SegmentationClass/a.png
 * ```
 */
export const voc = Object.freeze<DatasetFormat>({
  name: 'voc',
  summary: 'Pascal VOC: palette PNGs of classes and objects, torchvision, CVAT, Datumaro',
  keeps: 'masks to the pixel where they do not overlap, classes; not scores',
  async *write(pictures, { classes, onNote } = {}) {
    const numbers = createClassNumbers(['background', ...(classes ?? []).filter((name) => name !== 'background')]);
    const stemFor = createStems();
    const stems: string[] = [];
    for await (const picture of pictures) {
      const stem = stemFor(picture.name);
      stems.push(stem);
      const values = picture.objects.map(({ className }) => numbers.numberOf(className));
      yield { path: `SegmentationClass/${stem}.png`, content: await paint(picture, values, 'voc', onNote) };
      const objects = picture.objects.map((_, i) => i + 1);
      yield { path: `SegmentationObject/${stem}.png`, content: await paint(picture, objects, 'voc') };
      noteLost(picture, onNote);
    }
    const lines = numbers.names.map((name, i) => `${name}:${vocColour(i).join(',')}::\n`).join('');
    yield { path: 'labelmap.txt', content: `# label:color_rgb:parts:actions\n${lines}` };
    yield { path: 'ImageSets/Segmentation/default.txt', content: stems.map((stem) => `${stem}\n`).join('') };
  },
  async *read(source, options = {}) {
    const paths = await source.list();
    const classes = await vocClasses(source, options.classes);
    for (const path of paths.filter((name) => /(^|\/)SegmentationClass\/.*\.png$/i.test(name))) {
      const objectPath = path.replace(/(^|\/)SegmentationClass\//i, '$1SegmentationObject/');
      const stem = stemOf(path).replace(/^(?:.*\/)?SegmentationClass\//i, '');
      const map = await readMap(source, path, options, classes);
      const instances = paths.includes(objectPath) ? await readMap(source, objectPath, options, []) : null;
      yield await readPicture(stem, map, instances, classes, options);
    }
  },
  readClasses: async (source) => (await vocClasses(source)).slice(1),
  recognises: ({ paths }) => paths.some((path) => /(^|\/)SegmentationClass\//.test(path)),
});

/**
 * One palette PNG per image with the class number of each pixel: 0 for background, then the classes in the order of
 * `classes.txt` from 1 on. Like ADE20K's annotations, and readable by most semantic trainers. The palette has VOC's
 * colours.
 *
 * @example
 * ```ts
 * import { labelMap } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of labelMap.write([picture])) console.log(path); // a.png classes.txt
 * ```
 */
export const labelMap = Object.freeze<DatasetFormat>({
  name: 'label-map',
  summary: 'palette PNG of class numbers (ADE20K style): MMSegmentation, semantic trainers',
  keeps: 'classes of pixels; not objects, scores, overlaps',
  async *write(pictures, { classes, onNote } = {}) {
    const numbers = createClassNumbers(classes);
    const stemFor = createStems();
    for await (const picture of pictures) {
      const values = picture.objects.map(({ className }) => numbers.numberOf(className) + 1);
      if (new Set(values).size < values.length) onNote?.({ code: 'instances-merged', picture: picture.name });
      yield { path: `${stemFor(picture.name)}.png`, content: await paint(picture, values, 'voc', onNote) };
      noteLost(picture, onNote);
    }
    yield { path: 'classes.txt', content: numbers.names.map((name) => `${name}\n`).join('') };
  },
  async *read(source, options = {}) {
    const paths = await source.list();
    const classes = ['background', ...(options.classes ?? (await readClassesTxt(source)))];
    for (const path of withEnding(paths, '.png')) {
      const map = await readMap(source, path, options, classes);
      yield await readPicture(stemOf(path), map, null, classes, options);
    }
  },
  readClasses: readClassesTxt,
  recognises: ({ paths }) =>
    withEnding(paths, '.png').length > 0 && paths.some((path) => /(^|\/)classes\.txt$/i.test(path)),
});

/**
 * Cityscapes' three images per picture: `_gtFine_labelIds` (class numbers), `_gtFine_instanceIds` (for countable
 * classes: class number times 1000 plus object number) and `_gtFine_color`. Only its 34 classes.
 *
 * @example
 * ```ts
 * import { cityscapes } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'ulm_1_leftImg8bit.png', width: 8, height: 8, objects: [{ runs, className: 'car' }] };
 * const paths: string[] = [];
 * for await (const { path } of cityscapes.write([picture])) paths.push(path);
 * console.log(paths[0]); // ulm_1_gtFine_labelIds.png
 * ```
 */
export const cityscapes = Object.freeze<DatasetFormat>({
  name: 'cityscapes',
  summary: 'Cityscapes: PNGs of class numbers, objects and colours',
  keeps: "masks to the pixel where they do not overlap, Cityscapes' 34 classes; not scores",
  async *write(pictures, { onNote } = {}) {
    const stemFor = createStems();
    const numbers = new Map(cityscapesClasses.map(({ name }, i) => [name, i]));
    for await (const whole of pictures) {
      const objects = whole.objects.filter(({ className }) => numbers.has(className));
      if (objects.length < whole.objects.length) onNote?.({ code: 'class-unknown', picture: whole.name });
      const picture = { ...whole, objects };
      const values = objects.map(({ className }) => numbers.get(className) as number);
      const counts = new Map<number, number>();
      const ids = values.map((value) => {
        if (!cityscapesClasses[value].isThing) return value;
        const count = counts.get(value) ?? 0;
        counts.set(value, count + 1);
        return value * 1000 + count;
      });
      const stem = `${stemFor(picture.name).replace(/_leftImg8bit$/, '')}_gtFine`;
      yield { path: `${stem}_labelIds.png`, content: await paint(picture, values, 'grey', onNote) };
      yield { path: `${stem}_instanceIds.png`, content: await paint16(picture, ids) };
      yield { path: `${stem}_color.png`, content: await paintColours(picture, values) };
      noteLost(picture, onNote);
    }
  },
  async *read(source, options = {}) {
    const paths = await source.list();
    const classes = cityscapesClasses.map(({ name }) => name);
    for (const path of paths.filter((name) => name.endsWith('_labelIds.png'))) {
      const instancePath = path.replace(/_labelIds\.png$/, '_instanceIds.png');
      const map = await readMap(source, path, options, classes);
      const instances = paths.includes(instancePath) ? await readMap(source, instancePath, options, []) : null;
      const stem = path.replace(/_gt(Fine|Coarse)_labelIds\.png$/, '');
      const found = await options.findPicture?.(`${stem}_leftImg8bit`);
      yield await readPicture(found?.name ?? stem, map, instances, classes, options);
    }
  },
  recognises: ({ paths }) => paths.some((path) => path.endsWith('_labelIds.png')),
});

function noteLost({ name, objects }: LabeledPicture, onNote?: (note: Note) => void): void {
  for (const object of objects) {
    if (object.score !== undefined) onNote?.({ code: 'scores-lost', picture: name });
    if (object.id !== undefined) onNote?.({ code: 'ids-lost', picture: name });
    if (object.isCrowd === true) onNote?.({ code: 'crowds-lost', picture: name });
  }
}

/** An 8-bit map with one value per object, grey or with VOC's palette. */
function paint(
  picture: LabeledPicture,
  values: readonly number[],
  colours: 'voc' | 'grey',
  onNote?: (note: Note) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  if (most >= ignored) {
    throw unexpected(
      'bad-option',
      `the label map of ${picture.name}`,
      'numbers of classes and objects up to 254',
      most,
    );
  }
  const layers = withoutOverlap(picture, onNote);
  const fill = (samples: Uint8Array, stride: number) =>
    layers.forEach((runs, i) => {
      paintRuns(samples, stride, runs, values[i]);
    });
  return colours === 'grey'
    ? encodePng(picture, 'grey', fill)
    : encodePng(picture, 'palette', fill, { palette: vocPalette() });
}

function paint16(picture: LabeledPicture, values: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
  return encodePng(
    picture,
    'grey',
    (samples, stride) =>
      forEachPixel(withoutOverlap(picture), (x, y, i) => {
        samples[y * stride + 2 * x] = values[i] >> 8;
        samples[y * stride + 2 * x + 1] = values[i] & 255;
      }),
    { depth: 16 },
  );
}

function paintColours(picture: LabeledPicture, values: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
  return encodePng(picture, 'rgb', (samples, stride) =>
    forEachPixel(withoutOverlap(picture), (x, y, i) => {
      samples.set((cityscapesClasses[values[i]] as CityscapesClass).colour, y * stride + 3 * x);
    }),
  );
}

/** Calls back for each pixel of each mask, with the mask's index. */
export function forEachPixel(layers: readonly MaskRuns[], set: (x: number, y: number, layer: number) => void): void {
  for (const [layer, { height, rows, spans }] of layers.entries()) {
    for (let y = 0; y < height; y++) {
      for (let i = rows[y]; i < rows[y + 1]; i++) {
        for (let x = spans[2 * i]; x < spans[2 * i + 1]; x++) set(x, y, layer);
      }
    }
  }
}

interface ValueMap {
  readonly width: number;
  readonly height: number;
  readonly valueAt: (pixel: number) => number;
}

/**
 * The pixels' numbers: samples of a grey PNG, indices of a palette, or, for colours, the number with this VOC colour.
 */
async function readMap(
  source: DatasetSource,
  path: string,
  options: DatasetReadOptions,
  classes: readonly string[],
): Promise<ValueMap> {
  const samples = await readPng(source, path, options);
  const { width, height, data, kind } = samples;
  if (kind === 'grey' || kind === 'palette') return { width, height, valueAt: (pixel) => data[pixel] };
  const channels = data.length / (width * height);
  if (channels < 3) throw badFormat('label map', path, 'one value a pixel, a palette, or colours', kind);
  const count = Math.max(256, classes.length);
  const numbers = new Map(Array.from({ length: count }, (_, i) => [packed(...vocColour(i & 255)), i & 255]));
  return {
    width,
    height,
    valueAt: (pixel) => {
      const at = pixel * channels;
      return numbers.get(packed(data[at], data[at + 1], data[at + 2])) ?? ignored;
    },
  };
}

const packed = (r: number, g: number, b: number): number => (r << 16) | (g << 8) | b;

/** @throws ClickmaskError `bad-format` that names the file */
export async function readPng(
  source: DatasetSource,
  path: string,
  { maxPixels }: DatasetReadOptions,
): Promise<PngSamples> {
  try {
    return await decodePng(await source.read(path), maxPixels === undefined ? {} : { maxPixels });
  } catch (cause) {
    if (!(cause instanceof ClickmaskError)) throw cause;
    throw new ClickmaskError(cause.code, `${path}: ${cause.message}`, { details: cause.details, cause });
  }
}

async function readPicture(
  stem: string,
  map: ValueMap,
  instances: ValueMap | null,
  classes: readonly string[],
  options: DatasetReadOptions,
): Promise<LabeledPicture> {
  const { width, height } = map;
  const name = await fullName(stem, options);
  if (instances !== null && (instances.width !== width || instances.height !== height)) {
    throw badFormat(
      'label map',
      `the objects of ${name}`,
      `${width} x ${height} px`,
      `${instances.width} x ${instances.height} px`,
    );
  }
  const nameOf = (value: number): string => {
    if (classes[value] === undefined) options.onNote?.({ code: 'classes-guessed', picture: name });
    return classes[value] ?? String(value);
  };
  const values = instances ?? map;
  const masks = masksByValue(map, values.valueAt, (value) => value === 0 || value === ignored);
  if (instances === null) options.onNote?.({ code: 'instances-merged', picture: name });
  const objects: LabeledObject[] = [...masks]
    .sort(([a], [b]) => a - b)
    .map(([value, runs]) => ({
      runs,
      className: nameOf(instances === null ? value : commonValue(runs, map.valueAt)),
    }));
  return { name, width, height, objects };
}

/** Names in `classes.txt`, starting at number 1; none if the file is missing. */
async function readClassesTxt(source: DatasetSource): Promise<readonly string[]> {
  const path = (await source.list()).find((name) => /(^|\/)classes\.txt$/i.test(name));
  return path === undefined ? [] : (await readText(source, path)).split(/\r?\n/).filter((line) => line !== '');
}

/**
 * Background, then the given classes or those of `labelmap.txt` in the form of CVAT and Datumaro:
 * `name:r,g,b:parts:actions`.
 */
async function vocClasses(source: DatasetSource, given?: readonly string[]): Promise<readonly string[]> {
  const path = (await source.list()).find((name) => /(^|\/)labelmap\.txt$/i.test(name));
  const lines = path === undefined ? [] : (await readText(source, path)).split(/\r?\n/);
  const named = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':')[0]);
  const names = given ?? named;
  return names[0] === 'background' ? names : ['background', ...names];
}
