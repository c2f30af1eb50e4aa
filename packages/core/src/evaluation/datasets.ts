import { ClickmaskError, describe, expectInteger, isClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { Mask } from '../mask/index.js';
import { checkGroundTruth, checkSameSize, type GroundTruth, ignoreLabel } from './ground-truth.js';
import { type InstanceMap, readSbdInstances } from './sbd-instances.js';

/** Where a data set's files are. Paths are relative to its root, with `/`. */
export interface FileSource {
  /** Names of a folder's entries. Rejects if the folder does not exist. */
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
}

/**
 * An image as stored: 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) bytes per pixel, without rotation or colour
 * management.
 */
export interface DecodedMask extends Size {
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Decodes the bytes of a mask file. */
export type MaskDecoder = (bytes: Uint8Array, path: string) => Promise<DecodedMask>;

export type DatasetLayoutName = 'grabcut' | 'berkeley' | 'davis' | 'coco-mval' | 'davis-585' | 'sbd' | 'voc';

/** The layout of a data set's folder, and how its masks are read. */
export interface DatasetLayout {
  readonly name: DatasetLayoutName;
  /**
   * `pairs`: each image has a mask with the same stem. `listed`: the same, for the stems in the file `list`.
   * `sequences`: one folder per sequence, with `<frame>.jpg`, `<object>_<frame>.png` and the starting masks
   * `init_sp_<object>_<frame>.png` and `init_stm_...`.
   */
  readonly kind: 'pairs' | 'listed' | 'sequences';
  /** Folder of the images. */
  readonly images: string;
  /** Folder of the masks. */
  readonly masks: string;
  /** Text file with one stem per line. */
  readonly list?: string;
  /**
   * `trimap`: 128 is ignored, above is object. `nonzero`: a value above 0 in any channel is object. `bright`: above 128
   * is object. `palette`: every colour of Pascal VOC's palette is an object, 255 is ignored. `sbd`: MATLAB files, every
   * number is an object.
   */
  readonly decoding: 'trimap' | 'nonzero' | 'bright' | 'palette' | 'sbd';
}

/**
 * The known layouts by name.
 *
 * @example
 * ```ts
 * import { datasetLayouts } from '@clickmask/core/evaluation';
 *
 * console.log(datasetLayouts.davis.images, datasetLayouts.davis.masks); // img gt
 * ```
 */
export const datasetLayouts: Readonly<Record<DatasetLayoutName, DatasetLayout>> = Object.freeze({
  grabcut: layout('grabcut', 'pairs', 'data_GT', 'boundary_GT', 'trimap'),
  berkeley: layout('berkeley', 'pairs', 'images', 'masks', 'trimap'),
  davis: layout('davis', 'pairs', 'img', 'gt', 'nonzero'),
  'coco-mval': layout('coco-mval', 'pairs', 'img', 'gt', 'nonzero'),
  'davis-585': layout('davis-585', 'sequences', '<sequence>', '<sequence>', 'bright'),
  sbd: layout('sbd', 'listed', 'img', 'inst', 'sbd', 'val.txt'),
  voc: layout('voc', 'listed', 'JPEGImages', 'SegmentationObject', 'palette', 'ImageSets/Segmentation/val.txt'),
});

function layout(
  name: DatasetLayoutName,
  kind: DatasetLayout['kind'],
  images: string,
  masks: string,
  decoding: DatasetLayout['decoding'],
  list?: string,
): DatasetLayout {
  return Object.freeze({ name, kind, images, masks, decoding, ...(list === undefined ? {} : { list }) });
}

/** The starting masks of DAVIS-585 to correct: from super-pixels, from a tracker, or none. */
export type StartingMasks = 'sp' | 'stm' | 'none';

/** The files of one sample, or of several if the mask shows several objects. */
export interface SampleFiles {
  /** The common stem of image and mask. */
  readonly name: string;
  readonly image: string;
  readonly mask: string;
  /** A mask to start from. */
  readonly start?: string;
}

/** A sample: the image as stored, and the objects to find in it. */
export interface EvaluationSample {
  readonly name: string;
  readonly image: Uint8Array;
  readonly truth: GroundTruth;
  /** A mask to start from and correct. */
  readonly start?: Mask;
}

const pictureName = /^([^.].*)\.(?:bmp|jpe?g|png|tiff?|webp)$/i;

/**
 * Finds the samples of a data set, ordered by name. Files that are not images, and hidden files, are skipped.
 *
 * @throws ClickmaskError `bad-dataset` if a folder is missing or empty, or an image or mask lacks its counterpart
 */
export async function listSamples(
  source: FileSource,
  layout: DatasetLayoutName,
  start: StartingMasks = 'none',
): Promise<readonly SampleFiles[]> {
  const { images, masks, kind, list, decoding } = layoutOf(layout);
  if (start !== 'none' && kind !== 'sequences') {
    throw unexpected('bad-option', 'start', `'none' for layout ${layout}, which has no starting masks`, start);
  }
  if (kind === 'sequences') return listSequences(source, start);
  if (kind === 'listed' && list !== undefined) {
    const text = new TextDecoder().decode(await attempt(`read ${list}`, () => source.read(list)));
    const names = text.split(/\s+/).filter((name) => name !== '');
    const bad = names.find((name) => !/^[A-Za-z0-9_-]+$/.test(name));
    if (bad !== undefined || names.length === 0) throw unexpected('bad-dataset', list, 'a stem a line', bad ?? 'none');
    const ending = decoding === 'sbd' ? 'mat' : 'png';
    return names.map((name) => ({ name, image: `${images}/${name}.jpg`, mask: `${masks}/${name}.${ending}` }));
  }
  const imagePaths = await listPictures(source, layout, images);
  const maskPaths = await listPictures(source, layout, masks);
  requirePartners(imagePaths, maskPaths, layout, masks);
  requirePartners(maskPaths, imagePaths, layout, images);
  return [...imagePaths.keys()]
    .sort()
    .map((name) => ({ name, image: imagePaths.get(name)!, mask: maskPaths.get(name)! }));
}

/**
 * Reads one sample.
 *
 * @throws ClickmaskError `bad-dataset` if a file cannot be read, or a mask cannot be decoded or shows no object
 */
export async function readSample(
  source: FileSource,
  files: SampleFiles,
  layout: DatasetLayoutName,
  decode: MaskDecoder,
): Promise<EvaluationSample> {
  const [first] = await readSamples(source, files, layout, decode);
  return first;
}

/**
 * Reads all samples of a picture: one per object, if the layout separates objects. Their names then end in `#` and the
 * object's number.
 *
 * @throws ClickmaskError `bad-dataset` if a file cannot be read, or a mask cannot be decoded or shows no object
 */
export async function readSamples(
  source: FileSource,
  files: SampleFiles,
  layout: DatasetLayoutName,
  decode: MaskDecoder,
): Promise<readonly EvaluationSample[]> {
  const { decoding } = layoutOf(layout);
  const image = await attempt(`read ${files.image}`, () => source.read(files.image));
  const bytes = await attempt(`read ${files.mask}`, () => source.read(files.mask));
  if (decoding === 'sbd' || decoding === 'palette') {
    const map =
      decoding === 'sbd'
        ? await readSbdInstances(bytes, files.mask)
        : paletteInstances(await attempt(`decode ${files.mask}`, () => decode(bytes, files.mask)), files.mask);
    return instances(map, decoding === 'palette').map(({ label, truth }) => ({
      name: `${files.name}#${label}`,
      image,
      truth,
    }));
  }
  const decoded = await attempt(`decode ${files.mask}`, () => decode(bytes, files.mask));
  const truth = decodeGroundTruth(decoded, decoding, files.mask);
  const { start: path } = files;
  if (path === undefined) return [{ name: files.name, image, truth }];
  const startBytes = await attempt(`read ${path}`, () => source.read(path));
  const start = brightMask(await attempt(`decode ${path}`, () => decode(startBytes, path)), path);
  checkSameSize(truth, start);
  return [{ name: files.name, image, truth, start }];
}

/**
 * Reads a data set sample by sample, with only one in memory at a time.
 *
 * @param options.limit - only the first this many samples; default all
 * @param options.start - which starting masks of DAVIS-585 to correct; default none
 * @throws ClickmaskError `bad-dataset` as {@link listSamples} and {@link readSample} do
 *
 * @example
 * ```ts
 * import { readDataset } from '@clickmask/core/evaluation';
 *
 * const source = {
 *   list: async (folder: string) => (folder === 'img' ? ['b.jpg', 'a.jpg'] : ['a.png', 'b.png']),
 *   read: async () => new Uint8Array([1, 2, 3]),
 * };
 * const decode = async () => ({ width: 1, height: 1, channels: 1 as const, data: new Uint8Array([255]) });
 * for await (const sample of readDataset(source, 'davis', decode, { limit: 1 })) {
 *   console.log(sample.name); // a
 * }
 * ```
 */
export async function* readDataset(
  source: FileSource,
  layout: DatasetLayoutName,
  decode: MaskDecoder,
  options: { readonly limit?: number; readonly start?: StartingMasks } = {},
): AsyncGenerator<EvaluationSample, void, void> {
  const { limit = Number.MAX_SAFE_INTEGER, start } = options;
  expectInteger('bad-option', 'limit', limit, 1);
  let count = 0;
  for (const files of await listSamples(source, layout, start)) {
    for (const sample of await readSamples(source, files, layout, decode)) {
      yield sample;
      count += 1;
      if (count === limit) return;
    }
  }
}

/**
 * Reads a mask image as ground truth.
 *
 * `trimap` (GrabCut, Berkeley) reads the blue channel of a coloured mask: it is the first in OpenCV's order, on which
 * the published figures are based. Grey masks have only one channel. 128 is ignored and above is object. 1 is object
 * too, because masks of 0 and 1 exist. `nonzero` (DAVIS) uses the largest channel, `bright` (DAVIS-585) the blue one
 * above 128. Alpha is ignored.
 *
 * @throws ClickmaskError `bad-dataset` for a wrong shape, or without an object
 */
export function decodeGroundTruth(
  mask: DecodedMask,
  decoding: 'trimap' | 'nonzero' | 'bright',
  name = 'the mask',
): GroundTruth {
  checkDecoded(mask, name);
  if (decoding === 'bright') {
    const truth = brightMask(mask, name);
    checkGroundTruth(truth, name);
    return truth;
  }
  const { width, height, channels, data } = mask;
  const colours = channels < 3 ? 1 : 3;
  const out = new Uint8Array(width * height);
  for (let p = 0; p < out.length; p++) {
    const at = p * channels;
    if (decoding === 'trimap') {
      const value = data[at + colours - 1];
      out[p] = value === 128 ? ignoreLabel : value > 128 || value === 1 ? 1 : 0;
    } else {
      out[p] = data[at] > 0 || (colours === 3 && (data[at + 1] > 0 || data[at + 2] > 0)) ? 1 : 0;
    }
  }
  const truth = { width, height, data: out };
  checkGroundTruth(truth, name);
  return truth;
}

function checkDecoded({ width, height, channels, data }: DecodedMask, name: string): void {
  expectInteger('bad-dataset', `the channels of ${name}`, channels, 1, 4);
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!isBytes || data.length !== width * height * channels) {
    throw unexpected('bad-dataset', name, `${width} x ${height} x ${channels} bytes`, data);
  }
}

function brightMask(mask: DecodedMask, name: string): Mask {
  checkDecoded(mask, name);
  const { width, height, channels, data } = mask;
  const blue = channels < 3 ? 0 : 2;
  const out = new Uint8Array(width * height);
  for (let p = 0; p < out.length; p++) out[p] = data[p * channels + blue] > 128 ? 1 : 0;
  return { width, height, data: out };
}

/** Pascal VOC's palette distributes a label's bits over red, green and blue. This restores the label. */
function paletteInstances(mask: DecodedMask, name: string): InstanceMap {
  checkDecoded(mask, name);
  const { width, height, channels, data } = mask;
  const labels = new Uint16Array(width * height);
  for (let p = 0; p < labels.length; p++) {
    const at = p * channels;
    if (channels < 3) {
      labels[p] = data[at];
      continue;
    }
    let label = 0;
    for (let bit = 0; bit < 8; bit++) {
      label |= ((data[at + (bit % 3)] >> (7 - Math.floor(bit / 3))) & 1) << bit;
    }
    labels[p] = label;
  }
  return { width, height, data: labels };
}

/** A ground truth for each label of the map. With `voids`, 255 is ignored. */
function instances(map: InstanceMap, voids: boolean): { readonly label: number; readonly truth: GroundTruth }[] {
  const { width, height } = map;
  const found = [...new Set(map.data)].filter((label) => label !== 0 && !(voids && label === 255));
  return found
    .sort((a, b) => a - b)
    .map((label) => {
      const data = new Uint8Array(width * height);
      for (let p = 0; p < data.length; p++) {
        const value = map.data[p];
        data[p] = value === label ? 1 : voids && value === 255 ? ignoreLabel : 0;
      }
      return { label, truth: { width, height, data } };
    });
}

/** DAVIS-585: `<sequence>/<object>_<frame>.png` beside `<sequence>/<frame>.jpg`. */
async function listSequences(source: FileSource, start: StartingMasks): Promise<readonly SampleFiles[]> {
  const samples: SampleFiles[] = [];
  const sequences = await attempt('list the sequences', () => source.list(''));
  for (const sequence of [...sequences].filter((name) => !name.includes('.')).sort()) {
    const names = await attempt(`list ${sequence}/`, () => source.list(sequence));
    const masks = names.filter((name) => /^(?!init_)[^.].*_[^_]+\.png$/.test(name)).sort();
    for (const mask of masks) {
      const frame = mask.slice(mask.lastIndexOf('_') + 1, -4);
      const initial = `init_${start}_${mask}`;
      for (const partner of start === 'none' ? [`${frame}.jpg`] : [`${frame}.jpg`, initial]) {
        if (!names.includes(partner)) {
          throw unexpected('bad-dataset', `${sequence}/`, `${partner} beside ${mask}`, 'none');
        }
      }
      samples.push({
        name: `${sequence}/${mask.slice(0, -4)}`,
        image: `${sequence}/${frame}.jpg`,
        mask: `${sequence}/${mask}`,
        ...(start === 'none' ? {} : { start: `${sequence}/${initial}` }),
      });
    }
  }
  if (samples.length === 0) {
    throw unexpected('bad-dataset', 'the folder', 'sequences with <object>_<frame>.png and <frame>.jpg', 'none');
  }
  return samples;
}

function layoutOf(name: DatasetLayoutName): DatasetLayout {
  const layout = Object.hasOwn(datasetLayouts, name) ? datasetLayouts[name] : undefined;
  if (layout === undefined) {
    throw unexpected('bad-option', 'layout', `one of ${Object.keys(datasetLayouts).join(', ')}`, name);
  }
  return layout;
}

/** The images of a folder, by stem. */
async function listPictures(
  source: FileSource,
  layout: DatasetLayoutName,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const { images, masks } = datasetLayouts[layout];
  const expected = `a folder ${folder}/ (layout ${layout}: images in ${images}/, masks of the same stem in ${masks}/)`;
  let names: readonly string[];
  try {
    names = await source.list(folder);
  } catch (cause) {
    throw new ClickmaskError('bad-dataset', `Expected ${expected}, but it could not be listed: ${reason(cause)}.`, {
      details: { layout, folder },
      cause,
    });
  }
  const paths = new Map<string, string>();
  for (const name of names) {
    const stem = pictureName.exec(name)?.[1];
    if (stem === undefined) continue;
    const path = `${folder}/${name}`;
    if (paths.has(stem)) {
      throw unexpected('bad-dataset', `${folder}/`, 'one file a stem', `${paths.get(stem)} and ${path}`);
    }
    paths.set(stem, path);
  }
  if (paths.size === 0) {
    const advice = 'Known are .bmp, .jpg, .jpeg, .png, .tif, .tiff and .webp.';
    throw unexpected('bad-dataset', `${folder}/`, 'images', `none among ${names.length} entries`, advice);
  }
  return paths;
}

function requirePartners(
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
  layout: DatasetLayoutName,
  folder: string,
): void {
  const alone = [...from].filter(([stem]) => !to.has(stem)).map(([, path]) => path);
  if (alone.length === 0) return;
  const more = alone.length > 1 ? ` (and ${alone.length - 1} more)` : '';
  throw new ClickmaskError(
    'bad-dataset',
    `Expected a file of the same stem in ${folder}/ for ${alone[0]}${more}, but there is none (layout ${layout}).`,
    { details: { layout, folder, alone: alone.slice(0, 20) } },
  );
}

async function attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (isClickmaskError(cause, 'bad-dataset')) throw cause;
    throw new ClickmaskError('bad-dataset', `Could not ${what}: ${reason(cause)}.`, { cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/\.$/, '') : describe(cause);
}
