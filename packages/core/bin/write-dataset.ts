import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  DATASET_FORMATS,
  type DatasetFile,
  type DatasetFormat,
  findDatasetFormat,
  type Note,
  type NoteCode,
  noteTexts,
} from '../src/datasets.js';
import { UsageError } from '../src/runtime/node/command-line/index.js';
import { readInput } from './read-input.js';

/** The formats for a command's help, one per line. */
export const formatsHelp = DATASET_FORMATS.map(({ name, summary }) => `  ${name.padEnd(22)} ${summary}\n`).join('');

/** Parses formats given as `a,b` or by repeated options, without duplicates. */
export function formatsOption(given: readonly string[]): DatasetFormat[] {
  const names = given.flatMap((text) => text.split(',')).map((name) => name.trim());
  return [...new Set(names)].map(findDatasetFormat);
}

/** Parses class names: `a,b,c`, or `@FILE` with one name per line. */
export async function classesOption(text: string | undefined): Promise<readonly string[] | undefined> {
  if (text === undefined) return undefined;
  const isFile = text.startsWith('@');
  const names = isFile ? new TextDecoder().decode(await readInput(text.slice(1))).split(/\r?\n/) : text.split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** Counts what formats could not hold. */
export interface NoteCounter {
  readonly add: (note: Note) => void;
  /** One line each, for people. */
  lines(): string[];
  /** The same for programs. */
  report(): readonly NoteCount[];
}

interface NoteCount {
  readonly code: NoteCode;
  readonly text: string;
  readonly times: number;
  readonly pictures: number;
  readonly pixels?: number;
  /** Examples of the images concerned. */
  readonly examples: readonly string[];
}

export function createNoteCounter(): NoteCounter {
  const counts = new Map<NoteCode, { times: number; pixels: number; readonly pictures: Set<string> }>();
  const report = () =>
    Array.from(counts, ([code, { times, pixels, pictures }]) => ({
      code,
      text: noteTexts[code],
      times,
      pictures: pictures.size,
      ...(pixels > 0 ? { pixels } : {}),
      examples: [...pictures].slice(0, 3),
    }));
  return {
    add({ code, picture, pixels = 0 }) {
      const count = counts.get(code) ?? { times: 0, pixels: 0, pictures: new Set<string>() };
      counts.set(code, count);
      count.times += 1;
      count.pixels += pixels;
      count.pictures.add(picture);
    },
    report,
    lines: () =>
      report().map(({ text, times, pictures, pixels, examples }) => {
        const size = pixels === undefined ? '' : `, ${pixels} pixels`;
        const more = pictures > examples.length ? ', ...' : '';
        return `${text}: ${counted(times, 'time')} on ${counted(pictures, 'image')}${size} (${examples.join(', ')}${more})`;
      }),
  };
}

/** `1 picture`, `2 pictures` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/**
 * Writes the files of a data set into a folder, and returns their paths.
 *
 * @param mayReplace - whether an existing file may be overwritten
 * @throws UsageError for a file that may not
 */
export async function writeFiles(
  folder: string,
  files: AsyncIterable<DatasetFile>,
  mayReplace: (path: string) => boolean,
): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path, content } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { flag: mayReplace(path) ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      throw new UsageError(`${target} already exists and is not overwritten. Choose another folder.`);
    });
    paths.push(path);
  }
  return paths;
}
