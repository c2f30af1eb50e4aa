import type { DatasetFormat, LabeledPicture, Note } from '@clickmask/core/datasets';
import { maskOfObject } from '@clickmask/core/session';
import type { Annotator } from '../annotator/api.js';
import type { ObjectClass } from '../state/classes.js';
import { type AnnotatorSettings, cleanUpFor } from '../state/settings.js';
import { cleanRuns } from './clean-up.js';

/** Options of {@link createDataset}. */
export interface DatasetOptions {
  /** Is told what the format cannot hold. */
  readonly onNote?: (note: Note) => void;
}

/** What a data set is made of. */
export interface DatasetContent {
  /** Every image that is kept, by its address, file or key. */
  readonly pictures: ReturnType<Annotator['getPictures']>;
  readonly classes: readonly ObjectClass[];
  readonly settings: AnnotatorSettings;
}

/**
 * The formats that `createDataset` writes, as for a list to choose from; loaded when they are asked for.
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
 * Every image of an annotator with its objects, as far as they are kept, as a data set: a zip of the files of a format of
 * `@clickmask/core/datasets`, such as `coco`, `yolo-seg` or `labelme`. Bytes and canvases that are not shown now need a key. The
 * formats are loaded when the first is asked for.
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
  { onNote }: DatasetOptions = {},
): Promise<Blob> {
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

/** The images on which something was marked, with their masks cleaned as the settings say. */
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

/** An image's address, key or file as the name of a file that no other image has. */
function fileName(name: string, taken: Set<string>): string {
  const plain = /^file:(.*):\d+:\d+$/.exec(name)?.[1] ?? name.replace(/^data:.*$/s, '').replace(/[?#].*$/s, '');
  const last = decoded(plain.split(/[\\/]/).at(-1) ?? '').slice(-120);
  const [, stem, ending] = /^(.*?)(\.[a-z\d]{1,5})?$/is.exec(last) ?? [];
  let made = `${stem || 'picture'}${ending ?? ''}`;
  for (let count = 2; taken.has(made); count++) made = `${stem || 'picture'}-${count}${ending ?? ''}`;
  taken.add(made);
  return made;
}

/** What stands for letters in addresses as these letters; what cannot be part of a file's name as a line. */
function decoded(text: string): string {
  let letters = text;
  try {
    letters = decodeURIComponent(text);
  } catch {
    // A key of the page is no address.
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be left out
  return letters.replace(/[\u0000-\u001f\u007f/\\:*?"<>|]+/g, '_').replace(/^\.+/, '');
}
