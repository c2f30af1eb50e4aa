import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { glob } from 'tinyglobby';
import { fileNameOf, stemOf } from '../src/datasets/names.js';
import { type DatasetSource, type KnownPicture, zipSource } from '../src/datasets.js';
import { UsageError } from '../src/runtime/node/command-line/index.js';
import { pictureSize } from '../src/runtime/node/decode-image.js';
import { explainPath, readInput } from './read-input.js';

/** A data set's files, and the folder that paths in them are relative to. */
export interface OpenedDataset {
  readonly source: DatasetSource;
  /** Without neighbouring files, if a single file is named: used to recognise the format. */
  readonly named: DatasetSource;
  readonly folder: string;
}

/**
 * Opens the data set at a path: a folder, a zip, one file, or the files of a glob. For a JSON file, images in its
 * folder count too, because some formats keep masks there.
 *
 * @throws Unreadable, UsageError if there is nothing at the path
 */
export async function openDataset(path: string): Promise<OpenedDataset> {
  const found = await stat(path).catch((error: unknown) => {
    if (isGlob(path)) return null;
    throw explainPath(error, path);
  });
  if (found === null) return openGlob(path);
  if (found.isDirectory()) return opened(folderSource(path, await filesIn(path)), path);
  const folder = dirname(path);
  if (/\.zip$/i.test(path)) return opened(zipSource(await readInput(path)), folder);
  const name = basename(path);
  const masks = /\.json$/i.test(path) ? await filesIn(folder, ['**/*.png']) : [];
  const source = folderSource(folder, [name, ...masks.filter((other) => other !== name)]);
  return { source, named: folderSource(folder, [name]), folder };
}

/** A data set of only these files. */
export function opened(source: DatasetSource, folder: string): OpenedDataset {
  return { source, named: source, folder };
}

function isGlob(path: string): boolean {
  return /[*?{[]/.test(path);
}

async function openGlob(pattern: string): Promise<OpenedDataset> {
  const normal = pattern.replaceAll('\\', '/');
  // Up to the last folder before the first wildcard.
  const fixed = /^(?:[^*?{[]*\/)?/.exec(normal)?.[0] ?? '';
  const folder = fixed === '' ? '.' : fixed.replace(/(?<=.)\/$/, '');
  const files = await filesIn(folder, [normal.slice(fixed.length)]);
  if (files.length === 0) throw new UsageError(`No file matches '${pattern}'.`);
  return opened(folderSource(folder, files), folder);
}

async function filesIn(folder: string, patterns: readonly string[] = ['**/*']): Promise<string[]> {
  const files = await glob([...patterns], { cwd: folder, onlyFiles: true, dot: false, caseSensitiveMatch: false });
  return files.map((path) => path.replaceAll('\\', '/')).sort();
}

function folderSource(folder: string, paths: readonly string[]): DatasetSource {
  return { list: async () => paths, read: (path) => readFile(join(folder, path)) };
}

/** A single file that is in memory. */
export function memorySource(name: string, bytes: Uint8Array): DatasetSource {
  return { list: async () => [name], read: async () => bytes };
}

const pictureEndings = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'avif', 'tif', 'tiff', 'bmp', 'heic', 'heif', 'jxl'];

/** Finds images of a folder by name: exactly, without file extension, or by the last parts of the path. */
export interface PictureFinder {
  /** The path relative to the folder; null if there is none, or several match equally well. */
  find(name: string): Promise<string | null>;
  /** The same with the image's size, which readers of data sets need. */
  findPicture(name: string): Promise<KnownPicture | null>;
}

/** The folder is listed once, on the first lookup. */
export function createPictureFinder(folder: string): PictureFinder {
  let index: Promise<Map<string, string | null>> | undefined;
  const find = async (name: string) => {
    index ??= indexPictures(folder);
    const found = await index;
    for (const key of [name, stemOf(name), fileNameOf(name), stemOf(fileNameOf(name))]) {
      const path = found.get(key.toLowerCase());
      if (path !== undefined && path !== null) return path;
    }
    return null;
  };
  return {
    find,
    async findPicture(name) {
      const path = await find(name);
      return path === null ? null : { name: path, ...(await pictureSize(await readInput(join(folder, path)))) };
    },
  };
}

/**
 * Paths by all their possible names: the whole path and every tail of it, with and without extension. Of several
 * matches, the one in the fewest folders counts, then the one with the more usual extension. Null if several are left.
 */
async function indexPictures(folder: string): Promise<Map<string, string | null>> {
  const ranks = new Map<string, { readonly path: string | null; readonly rank: number }>();
  for (const path of await filesIn(folder, [`**/*.{${pictureEndings.join(',')}}`])) {
    const parts = path.toLowerCase().split('/');
    const ending = pictureEndings.findIndex((name) => path.toLowerCase().endsWith(`.${name}`));
    for (const tail of parts.map((_, i) => parts.slice(i).join('/'))) {
      for (const key of new Set([tail, stemOf(tail)])) {
        const rank = parts.length * pictureEndings.length + ending;
        const before = ranks.get(key);
        if (before === undefined || rank < before.rank) ranks.set(key, { path, rank });
        else if (rank === before.rank) ranks.set(key, { path: null, rank });
      }
    }
  }
  return new Map(Array.from(ranks, ([key, { path }]) => [key, path]));
}
