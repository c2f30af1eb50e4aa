import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pictureFormat } from '@clickmask/core/adapters';
import type { Logger } from '../diagnostics/logger.js';
import type { TrainingRun } from './trainer.js';

/** Folder for the images, beside the export. */
const folderName = 'pictures';
const atOnce = 4;
const pictureAddress = /\.(?:jpe?g|png|webp|bmp|tiff?)(?:$|[?#&])|^data:image\//i;

/** Limits of what is saved for a training. */
export interface SavedLimits {
  /** Most images. Default 10,000. */
  readonly maxPictures?: number;
  /** Most bytes of all images. Default 4 GB. */
  readonly maxBytes?: number;
}

/** Failures that are logged one by one; the others are counted. */
const mostTold = 20;

/** The part of an exported task that is used here. */
interface ExportedTask {
  readonly id?: unknown;
  readonly data?: Record<string, unknown>;
  readonly annotations?: readonly { readonly result?: readonly unknown[] }[];
}

/**
 * Saves the images of annotated tasks beside an export, so that training needs neither Label Studio's address nor its
 * token. An image that cannot be fetched is logged and left out. Images beyond the limits are counted in the log.
 *
 * @param json - Label Studio's JSON export
 * @returns the export with file names in place of the images' addresses
 * @throws Problem of the first image if none could be fetched
 */
export async function savePictures(
  json: Uint8Array,
  folder: string,
  { project, picture, signal }: TrainingRun,
  logger: Logger,
  { maxPictures = 10_000, maxBytes = 4e9 }: SavedLimits = {},
): Promise<string> {
  const tasks = JSON.parse(Buffer.from(json).toString('utf8')) as readonly ExportedTask[];
  const all = tasks.filter(isAnnotated).flatMap(picturesOf);
  const wanted = all.slice(0, maxPictures);
  await mkdir(join(folder, folderName));
  let [next, bytes, saved, failed] = [0, 0, 0, 0];
  let firstFailure: unknown;
  async function save(index: number): Promise<void> {
    const { data, field, value, task } = wanted[index];
    try {
      const file = await picture(value, task, signal);
      if (bytes + file.length > maxBytes) {
        // The first one that does not fit is the last, so that small images do not get the rest.
        next = wanted.length;
        return;
      }
      bytes += file.length;
      const name = `${folderName}/${index}.${pictureFormat(file) ?? 'picture'}`;
      await writeFile(join(folder, name), file, { mode: 0o600 });
      data[field] = name;
      saved++;
    } catch (error) {
      firstFailure ??= error;
      if (++failed <= mostTold) {
        logger.warn({ project, task, error: String(error) }, 'image is left out of training');
      }
    }
  }
  async function saveSome(): Promise<void> {
    while (next < wanted.length && !signal.aborted) await save(next++);
  }
  await Promise.all(Array.from({ length: atOnce }, saveSome));
  signal.throwIfAborted();
  if (failed > 0 && saved === 0) throw firstFailure;
  const beyond = all.length - saved - failed;
  if (beyond > 0)
    logger.warn({ project, saved, beyond, maxPictures, maxBytes }, 'more images than a training is given');
  if (failed > mostTold) logger.warn({ project, saved, failed }, 'images are left out of training');
  return JSON.stringify(tasks);
}

function isAnnotated({ annotations = [] }: ExportedTask): boolean {
  return annotations.some(({ result = [] }) => result.length > 0);
}

function picturesOf({ id, data = {} }: ExportedTask) {
  return Object.entries(data).flatMap(([field, value]) =>
    typeof value === 'string' && pictureAddress.test(value) ? [{ data, field, value, task: String(id ?? '') }] : [],
  );
}
