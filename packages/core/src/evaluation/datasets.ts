import { ClickmaskError, describe, expectInteger, isClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { checkGroundTruth, type GroundTruth, ignoreLabel } from './ground-truth.js';

/** Where a data set's files are; paths are relative to its root, with `/`. */
export interface FileSource {
  /** Names of the entries of a folder; rejects where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
}

/** A picture as stored: 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) bytes a pixel; not turned, not colour-managed. */
export interface DecodedMask extends Size {
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Turns the bytes of a mask file into pixels. */
export type MaskDecoder = (bytes: Uint8Array, path: string) => Promise<DecodedMask>;

export type DatasetLayoutName = 'grabcut' | 'berkeley' | 'davis';

/** How a data set lies in its folder, and how its masks are read. */
export interface DatasetLayout {
  readonly name: DatasetLayoutName;
  /** Folder of the pictures. */
  readonly images: string;
  /** Folder of the masks; the mask of a picture has the same stem. */
  readonly masks: string;
  /** `trimap`: 128 ignore, above object. `nonzero`: any channel above 0 is object, nothing is ignored. */
  readonly decoding: 'trimap' | 'nonzero';
}

/**
 * The layouts that are known, by name.
 *
 * @example
 * ```ts
 * import { datasetLayouts } from '@clickmask/core';
 *
 * console.log(datasetLayouts.davis.images, datasetLayouts.davis.masks); // img gt
 * ```
 */
export const datasetLayouts: Readonly<Record<DatasetLayoutName, DatasetLayout>> = Object.freeze({
  grabcut: Object.freeze({ name: 'grabcut', images: 'data_GT', masks: 'boundary_GT', decoding: 'trimap' }),
  berkeley: Object.freeze({ name: 'berkeley', images: 'images', masks: 'masks', decoding: 'trimap' }),
  davis: Object.freeze({ name: 'davis', images: 'img', masks: 'gt', decoding: 'nonzero' }),
});

/** The files of one sample. */
export interface SampleFiles {
  /** The stem that picture and mask share. */
  readonly name: string;
  readonly image: string;
  readonly mask: string;
}

/** A sample: the picture as stored, and what is to be found in it. */
export interface EvaluationSample {
  readonly name: string;
  readonly image: Uint8Array;
  readonly truth: GroundTruth;
}

const pictureName = /^([^.].*)\.(?:bmp|jpe?g|png|tiff?|webp)$/i;

/**
 * Finds the samples of a data set, in the order of their names. Files that are no pictures, and hidden ones, are passed
 * over.
 *
 * @throws ClickmaskError `bad-dataset` where a folder is missing or empty, or a picture or mask is without its partner
 *
 * @example
 * ```ts
 * import { listSamples } from '@clickmask/core';
 *
 * const folders: Record<string, string[]> = { data_GT: ['llama.bmp'], boundary_GT: ['llama.png'] };
 * const source = { list: async (folder: string) => folders[folder], read: async () => new Uint8Array() };
 * const [sample] = await listSamples(source, 'grabcut');
 * console.log(sample.image, sample.mask); // data_GT/llama.bmp boundary_GT/llama.png
 * ```
 */
export async function listSamples(source: FileSource, layout: DatasetLayoutName): Promise<readonly SampleFiles[]> {
  const { images, masks } = layoutOf(layout);
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
 * @throws ClickmaskError `bad-dataset` where a file cannot be read, or a mask cannot be decoded or shows no object
 *
 * @example
 * ```ts
 * import { listSamples, readSample } from '@clickmask/core';
 *
 * const source = {
 *   list: async (folder: string) => [folder === 'img' ? 'bear.jpg' : 'bear.png'],
 *   read: async () => new Uint8Array([1, 2, 3]),
 * };
 * const decode = async () => ({ width: 2, height: 1, channels: 1 as const, data: new Uint8Array([0, 9]) });
 * const [files] = await listSamples(source, 'davis');
 * const { truth } = await readSample(source, files, 'davis', decode);
 * console.log([...truth.data]); // [0, 1]
 * ```
 */
export async function readSample(
  source: FileSource,
  files: SampleFiles,
  layout: DatasetLayoutName,
  decode: MaskDecoder,
): Promise<EvaluationSample> {
  const { decoding } = layoutOf(layout);
  const image = await attempt(`read ${files.image}`, () => source.read(files.image));
  const bytes = await attempt(`read ${files.mask}`, () => source.read(files.mask));
  const decoded = await attempt(`decode ${files.mask}`, () => decode(bytes, files.mask));
  return { name: files.name, image, truth: decodeGroundTruth(decoded, decoding, files.mask) };
}

/**
 * Reads a data set sample by sample, so that only one is in memory at a time.
 *
 * @param options.limit - the first so many samples only; default all
 * @throws ClickmaskError `bad-dataset` as {@link listSamples} and {@link readSample} do
 *
 * @example
 * ```ts
 * import { readDataset } from '@clickmask/core';
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
  options: { readonly limit?: number } = {},
): AsyncGenerator<EvaluationSample, void, void> {
  const { limit = Number.MAX_SAFE_INTEGER } = options;
  expectInteger('bad-option', 'limit', limit, 1);
  const samples = await listSamples(source, layout);
  for (const files of samples.slice(0, limit)) yield await readSample(source, files, layout, decode);
}

/**
 * Reads a mask picture as ground truth.
 *
 * `trimap` (GrabCut, Berkeley) reads the blue channel of a coloured mask, which is the first one in OpenCV's order and
 * so what the field's figures were taken with; grey masks have but one. 128 is ignored, above is object; 1 is object
 * too, since masks of 0 and 1 are about. `nonzero` (DAVIS) takes the largest channel. Alpha never counts.
 *
 * @throws ClickmaskError `bad-dataset` for a wrong shape, and where there is no object
 *
 * @example
 * ```ts
 * import { decodeGroundTruth } from '@clickmask/core';
 *
 * const mask = { width: 3, height: 1, channels: 1 as const, data: new Uint8Array([0, 128, 255]) };
 * console.log([...decodeGroundTruth(mask, 'trimap').data]); // [0, 255, 1]
 * ```
 */
export function decodeGroundTruth(
  mask: DecodedMask,
  decoding: DatasetLayout['decoding'],
  name = 'the mask',
): GroundTruth {
  const { width, height, channels, data } = mask;
  expectInteger('bad-dataset', `the channels of ${name}`, channels, 1, 4);
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!isBytes || data.length !== width * height * channels) {
    throw unexpected('bad-dataset', name, `${width} x ${height} x ${channels} bytes`, data);
  }
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

function layoutOf(name: DatasetLayoutName): DatasetLayout {
  const layout = Object.hasOwn(datasetLayouts, name) ? datasetLayouts[name] : undefined;
  if (layout === undefined) {
    throw unexpected('bad-option', 'layout', `one of ${Object.keys(datasetLayouts).join(', ')}`, name);
  }
  return layout;
}

/** The pictures of a folder by their stem. */
async function listPictures(
  source: FileSource,
  layout: DatasetLayoutName,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const { images, masks } = datasetLayouts[layout];
  const expected = `a folder ${folder}/ (layout ${layout}: pictures in ${images}/, masks of the same stem in ${masks}/)`;
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
    throw unexpected('bad-dataset', `${folder}/`, 'pictures', `none among ${names.length} entries`, advice);
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
