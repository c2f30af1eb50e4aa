import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pictureFormat } from '@clickmask/core/adapters';
import type { Logger } from '../diagnostics/logger.js';
import type { TrainingRun } from './trainer.js';

/** Folder for the images, beside the export. */
const folderName = 'pictures';
const atOnce = 4;
const pictureAddress = /\.(?:jpe?g|png|webp|bmp|tiff?)(?:$|[?#&])|^data:image\//i;

/** The part of an exported task that is used here. */
interface ExportedTask {
  readonly id?: unknown;
  readonly data?: Record<string, unknown>;
  readonly annotations?: readonly { readonly result?: readonly unknown[] }[];
}

/**
 * Saves the images of annotated tasks beside an export, so that training needs neither Label Studio's address nor its
 * token. An image that cannot be fetched is logged and left out.
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
): Promise<string> {
  const tasks = JSON.parse(Buffer.from(json).toString('utf8')) as readonly ExportedTask[];
  const wanted = tasks.filter(isAnnotated).flatMap(picturesOf);
  await mkdir(join(folder, folderName));
  const failures: unknown[] = [];
  let next = 0;
  async function saveSome(): Promise<void> {
    for (let index = next++; index < wanted.length && !signal.aborted; index = next++) {
      const { data, field, value, task } = wanted[index];
      try {
        const bytes = await picture(value, task, signal);
        const name = `${folderName}/${index}.${pictureFormat(bytes) ?? 'picture'}`;
        await writeFile(join(folder, name), bytes, { mode: 0o600 });
        data[field] = name;
      } catch (error) {
        failures.push(error);
        logger.warn({ project, task, error: String(error) }, 'image is left out of training');
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, saveSome));
  signal.throwIfAborted();
  if (failures.length > 0 && failures.length === wanted.length) throw failures[0];
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
