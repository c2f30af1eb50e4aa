import type { DatasetFormat, LabeledPicture, Note } from '@clickmask/core/datasets';
import { unexpected } from '@clickmask/core/errors';
import { maskOfObject } from '@clickmask/core/session';
import type { Annotator } from '../annotator/api.js';
import { takeOptions } from '../arguments.js';
import { coded } from '../errors.js';
import type { ObjectClass } from '../state/classes.js';
import { type AnnotatorSettings, cleanUpFor } from '../state/settings.js';
import { cleanRuns } from './clean-up.js';

/** Options of {@link createDataset}. */
export interface DatasetOptions {
  /** Called with a note about each thing that the format cannot hold. */
  readonly onNote?: (note: Note) => void;
}

/** The input of a data set. */
export interface DatasetContent {
  /** Every kept image, by its address, file or key. */
  readonly pictures: ReturnType<Annotator['getPictures']>;
  readonly classes: readonly ObjectClass[];
  readonly settings: AnnotatorSettings;
}

/**
 * The formats that `createDataset` writes, for example for a menu. They are loaded on the first call.
 *
 * @example
 * ```ts
 * import { datasetFormats } from '@clickmask/browser-widget';
 *
 * console.log((await datasetFormats()).some(({ name }) => name === 'coco')); // true
 * ```
 */
export async function datasetFormats(): Promise<readonly Pick<DatasetFormat, 'name' | 'summary'>[]> {
  const { DATASET_FORMATS } = await import('@clickmask/core/datasets');
  return DATASET_FORMATS.map(({ name, summary }) => ({ name, summary }));
}

/**
 * All kept images of an annotator, with their objects, as a data set: a zip with the files of a format of
 * `@clickmask/core/datasets`, such as `coco`, `yolo-seg` or `labelme`. Images given as bytes or canvas need a key
 * unless they are shown now. The formats are loaded on the first call.
 *
 * @throws ClickmaskError `bad-option` for an unknown format; the message lists the known ones
 *
 * @example
 * ```ts browser
 * import { createDataset } from '@clickmask/browser-widget';
 *
 * const element = document.querySelector('clickmask-annotator');
 * if (element?.annotator != null) console.log((await createDataset(element.annotator, 'coco')).type); // application/zip
 * ```
 */
export async function createDataset(
  annotator: Pick<Annotator, 'getPictures' | 'classes' | 'settings'>,
  format: string,
  options?: DatasetOptions,
): Promise<Blob> {
  return coded(() => writeDataset(annotator, format, options));
}

async function writeDataset(
  annotator: Pick<Annotator, 'getPictures' | 'classes' | 'settings'>,
  format: string,
  options: DatasetOptions | undefined,
): Promise<Blob> {
  if (typeof annotator?.getPictures !== 'function')
    throw unexpected('bad-option', 'annotator', 'an annotator', annotator);
  const { onNote } = takeOptions(options);
  const { findDatasetFormat, zipFiles } = await import('@clickmask/core/datasets');
  const { classes, settings } = annotator;
  const files = findDatasetFormat(format).write(
    labeledPictures({ pictures: annotator.getPictures(), classes, settings }),
    {
      classes: classes.map(nameOf),
      detail: settings.detail,
      ...(onNote === undefined ? {} : { onNote }),
    },
  );
  return new Blob([await zipFiles(files)], { type: 'application/zip' });
}

/** The images with at least one object. Their masks are cleaned according to the settings. */
export function labeledPictures({ pictures, classes, settings }: DatasetContent): readonly LabeledPicture[] {
  const classNames = new Map(classes.map((one) => [one.id, nameOf(one)]));
  const taken = new Set<string>();
  return pictures.flatMap(({ name, value: { objects } }) => {
    const masked = objects.flatMap((object) => {
      const runs = maskOfObject(object);
      return runs === null ? [] : [{ object, runs }];
    });
    if (masked.length === 0) return [];
    const { width, height } = masked[0].runs;
    const cleanUp = cleanUpFor(settings, { width, height });
    return [
      {
        name: fileName(name, taken),
        width,
        height,
        objects: masked.map(({ object: { id, classId, result }, runs }) => ({
          id,
          runs: cleanRuns(runs, cleanUp),
          className: classNames.get(classId ?? '') ?? classId ?? 'object',
          ...(result === null ? {} : { score: result.score }),
        })),
      },
    ];
  });
}

function nameOf({ id, name }: ObjectClass): string {
  return name ?? id;
}

/** Makes a unique file name from an image's address, key or file. */
function fileName(name: string, taken: Set<string>): string {
  const plain = /^file:(.*):\d+:\d+$/.exec(name)?.[1] ?? name.replace(/^data:.*$/s, '').replace(/[?#].*$/s, '');
  const last = decoded(plain.split(/[\\/]/).at(-1) ?? '').slice(-120);
  const [, stem, ending] = /^(.*?)(\.[a-z\d]{1,5})?$/is.exec(last) ?? [];
  let made = `${stem || 'picture'}${ending ?? ''}`;
  for (let count = 2; taken.has(made); count++) made = `${stem || 'picture'}-${count}${ending ?? ''}`;
  taken.add(made);
  return made;
}

/** Decodes percent-encoded letters, and replaces what a file name cannot contain by `_`. */
function decoded(text: string): string {
  let letters = text;
  try {
    letters = decodeURIComponent(text);
  } catch {
    // A key set by the page is not an address.
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be left out
  return letters.replace(/[\u0000-\u001f\u007f/\\:*?"<>|]+/g, '_').replace(/^\.+/, '');
}
