import { isCoco } from '../../src/datasets/coco.js';
import { isLabelMe } from '../../src/datasets/labelme.js';
import { fileNameOf } from '../../src/datasets/names.js';
import { readJson, readText, withEnding } from '../../src/datasets/reading.js';
import { type DatasetFormat, type DatasetSource, type Note, recogniseDataset } from '../../src/datasets.js';
import { isRecord } from '../../src/formats/codec.js';
import { UsageError } from '../../src/runtime/node/command-line/index.js';
import { createPictureFinder, memorySource, type OpenedDataset, openDataset, opened } from '../dataset-folder.js';
import type { InputReader } from '../read-input.js';
import { isAddress } from '../read-input.js';
import { readCocoPrompts } from './coco-prompts.js';
import { readCsvPrompts } from './csv-prompts.js';
import { isPromptRecord, readJsonLines, readRecord } from './json-prompts.js';
import { readLabelMePrompts } from './labelme-prompts.js';
import {
  createPromptCollector,
  type PicturePrompts,
  type PromptCollector,
  type PromptUse,
  promptFromObject,
} from './prompts.js';

/** How to read prompts. */
export interface PromptOptions {
  readonly use: PromptUse;
  /** Folder of the images. Default: the prompts' folder. */
  readonly pictures?: string;
  /** Class names, for data sets that contain only class numbers. */
  readonly classes?: readonly string[];
  readonly onNote?: (note: Note) => void;
}

/** Prompts, and the folder that image paths are relative to. */
export interface ReadPrompts {
  readonly folder: string;
  readonly pictures: readonly PicturePrompts[];
}

/**
 * Reads prompts from a file, a folder, a glob, a zip, an address or, for `-`, from standard input.
 *
 * @throws UsageError, ClickmaskError `bad-format`, `request-failed`
 */
export async function readPrompts(place: string, reader: InputReader, options: PromptOptions): Promise<ReadPrompts> {
  const { folder, ...files } = await openPlace(place, reader);
  const collector = createPromptCollector();
  await collect(files, collector, { ...options, pictures: options.pictures ?? folder });
  const { pictures } = collector;
  if (pictures.length === 0) throw new UsageError(`There is no prompt in ${place === '-' ? 'standard input' : place}.`);
  return { folder: options.pictures ?? folder, pictures };
}

async function openPlace(place: string, reader: InputReader): Promise<OpenedDataset> {
  if (place !== '-' && !isAddress(place)) return openDataset(place);
  const bytes = place === '-' ? await readStdin() : await reader.read(place);
  return opened(memorySource(nameOf(place, bytes), bytes), '.');
}

async function readStdin(): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new UsageError('Expected prompts on standard input, but it is a terminal.');
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Without a file name, the beginning decides: a table, one JSON value, or JSON lines. */
function nameOf(place: string, bytes: Uint8Array): string {
  const path = isAddress(place) ? new URL(place).pathname : 'standard input';
  if (/\.(csv|tsv|jsonl|ndjson|json)$/i.test(path)) return path.slice(path.lastIndexOf('/') + 1);
  const text = new TextDecoder().decode(bytes).trim();
  if (!/^[[{]/.test(text)) return `${path}.csv`;
  try {
    return isPromptRecord(JSON.parse(text)) ? `${path}.jsonl` : `${path}.json`;
  } catch {
    return `${path}.jsonl`;
  }
}

async function collect(
  { source, named }: Omit<OpenedDataset, 'folder'>,
  collector: PromptCollector,
  options: PromptOptions,
): Promise<void> {
  const paths = await source.list();
  const tables = [...withEnding(paths, '.csv'), ...withEnding(paths, '.tsv')];
  const allLines = [...withEnding(paths, '.jsonl'), ...withEnding(paths, '.ndjson')];
  // Results of an earlier batch may lie in the same folder.
  const others = allLines.filter((path) => fileNameOf(path) !== 'results.jsonl');
  const lines = tables.length + others.length > 0 ? others : allLines;
  for (const path of tables) readCsvPrompts(path, await readText(source, path), collector);
  for (const path of lines) readJsonLines(path, await readText(source, path), collector);
  if (tables.length + lines.length > 0) return;
  const jsons = withEnding(paths, '.json');
  const format = await recognise(named, jsons);
  if (format !== null && format.name !== 'coco' && format.name !== 'labelme') {
    await collectMasks(format, source, collector, options);
    return;
  }
  for (const path of jsons) await collectJson(path, await readJson(source, path), collector, options);
  if (jsons.length === 0) {
    throw new UsageError(
      'Expected prompts as JSON lines, CSV, COCO or LabelMe JSON, or a folder of masks, but found none of these.',
    );
  }
}

async function recognise(source: DatasetSource, jsons: readonly string[]): Promise<DatasetFormat | null> {
  if (jsons.length === 0) return recogniseDataset(source);
  const first = await readJson(source, jsons[0]);
  if (
    Array.isArray(first) ? first.every(isPromptRecord) && first.length > 0 : isPromptRecord(first) && !hasShapes(first)
  ) {
    return null;
  }
  return recogniseDataset(source);
}

const hasShapes = (value: unknown) => isRecord(value) && 'shapes' in value;

async function collectJson(
  path: string,
  value: unknown,
  collector: PromptCollector,
  { use }: PromptOptions,
): Promise<void> {
  if (isLabelMe(value)) return readLabelMePrompts(path, value, use, collector);
  if (isCoco(value)) return readCocoPrompts(value, use, collector);
  const records: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const [i, record] of records.entries()) readRecord(`entry ${i + 1} of ${path}`, record, collector);
}

/** The objects of any data set: masks to refine, or their bounding boxes. */
async function collectMasks(
  format: DatasetFormat,
  source: DatasetSource,
  collector: PromptCollector,
  { use, pictures = '.', classes, onNote }: PromptOptions,
): Promise<void> {
  const { findPicture } = createPictureFinder(pictures);
  for await (const { name, objects } of format.read(source, { findPicture, classes, onNote })) {
    for (const [i, object] of objects.entries()) {
      collector.add(name, object.id === undefined ? `${i}` : `object ${object.id}`, promptFromObject(object, use));
    }
  }
}
