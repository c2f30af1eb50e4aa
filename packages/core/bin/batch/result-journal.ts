import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LabeledPicture } from '../../src/datasets/index.js';
import { parseResultLine, resultLine } from '../../src/datasets/index.js';
import { UsageError } from '../../src/runtime/node/command-line/index.js';
import type { PicturePrompts } from './prompts.js';

/** The settings of the results. More results are added only with the same settings. */
export type BatchSettings = Readonly<Record<string, unknown>>;

/**
 * Appends each image's results to `results.jsonl` as one line, so that work can be interrupted at any time and
 * continued. The position of each line is kept in memory; the masks are not.
 */
export interface ResultJournal {
  /** Whether an image is done with the same prompts. */
  isDone(prompts: PicturePrompts): boolean;
  /** Adds the record of an image, without its masks. */
  addResult(prompts: PicturePrompts, picture: LabeledPicture, more: object): Promise<object>;
  addFailure(prompts: PicturePrompts, error: object): Promise<void>;
  /** The results of all finished images, in order. */
  results(pictures: readonly PicturePrompts[]): AsyncGenerator<LabeledPicture>;
  /** Files that were written from the results, and may be overwritten. */
  readonly files: ReadonlySet<string>;
  addFiles(paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const fileName = 'results.jsonl';

interface Place {
  readonly prompts: string;
  readonly start: number;
  readonly length: number;
}

/**
 * Opens the journal in a folder that is empty, missing, or holds a journal with the same settings.
 *
 * @throws UsageError if the folder holds anything else
 */
export async function openResultJournal(folder: string, settings: BatchSettings): Promise<ResultJournal> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileName);
  const entries = await readdir(folder);
  if (entries.length > 0 && !entries.includes(fileName)) {
    throw new UsageError(
      `Expected an empty folder for --out, or one that batch began, but ${folder} holds ${entries.length} entries.`,
    );
  }
  const file = await open(path, 'a+');
  const header = JSON.stringify({ settings });
  const known = new Map<string, Place>();
  const files = new Set<string>();
  let end: number;
  try {
    end = await readJournal(file, path, header, known, files);
  } catch (error) {
    await file.close();
    throw error;
  }
  // Lines are appended one after another, each with one write.
  let last: Promise<unknown> = Promise.resolve();
  const add = (value: object): Promise<Omit<Place, 'prompts'>> => {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    const written = last.then(async () => {
      const start = end;
      await file.appendFile(line);
      end += line.length;
      return { start, length: line.length };
    });
    last = written.catch(() => {});
    return written;
  };
  if (end === 0) await add({ settings });

  return {
    isDone: (prompts) => known.get(prompts.picture)?.prompts === hashOf(prompts),
    async addResult(prompts, picture, more) {
      const hash = hashOf(prompts);
      const line = resultLine(picture);
      known.set(prompts.picture, { prompts: hash, ...(await add({ ...line, ...more, prompts: hash })) });
      return { ...line, objects: line.objects.map(({ rle: _, ...object }) => object) };
    },
    async addFailure({ picture }, error) {
      await add({ picture, error });
    },
    async *results(pictures) {
      for (const { picture } of pictures) {
        const place = known.get(picture);
        if (place === undefined) continue;
        const line = Buffer.alloc(place.length);
        await file.read(line, 0, place.length, place.start);
        const result = parseResultLine(line.toString(), { maxPixels: 2 ** 31 });
        if (result !== null) yield result;
      }
    },
    files,
    async addFiles(paths) {
      await add({ files: paths });
      for (const written of paths) files.add(written);
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

/** Reads the journal and cuts off a line that was left unfinished. Returns the length of the complete part. */
async function readJournal(
  file: FileHandle,
  path: string,
  header: string,
  known: Map<string, Place>,
  files: Set<string>,
): Promise<number> {
  const { size } = await file.stat();
  const end = await wholeLength(file, size);
  if (end < size) await file.truncate(end);
  let start = 0;
  const stream = file.createReadStream({ start: 0, end: Math.max(0, end - 1), autoClose: false });
  for await (const line of end === 0 ? [] : createInterface({ input: stream, crlfDelay: Infinity })) {
    const length = Buffer.byteLength(line) + 1;
    if (start === 0 && line !== header) {
      throw new UsageError(
        `${path} was made with other settings: ${line.slice(0, 400)}. Choose another folder for --out, or delete this one.`,
      );
    }
    const value = JSON.parse(line) as { picture?: string; prompts?: string; error?: unknown; files?: string[] };
    if (value.files !== undefined) for (const written of value.files) files.add(written);
    else if (value.picture !== undefined && value.error === undefined) {
      known.set(value.picture, { prompts: value.prompts ?? '', start, length });
    }
    start += length;
  }
  return end;
}

/** Up to and including the last line break. */
async function wholeLength(file: FileHandle, size: number): Promise<number> {
  const step = 65_536;
  const buffer = Buffer.alloc(step);
  for (let end = size; end > 0; end -= step) {
    const start = Math.max(0, end - step);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(10);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}

function hashOf(prompts: PicturePrompts): string {
  return createHash('sha256').update(JSON.stringify(prompts.objects)).digest('hex').slice(0, 16);
}
