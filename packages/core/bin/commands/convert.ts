import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type DatasetFile,
  findDatasetFormat,
  type LabeledPicture,
  recogniseDataset,
  zipFiles,
} from '../../src/datasets.js';
import { BadUse, type Command, createProgress, numberOption, parse, printJson, wholeOption } from '../command.js';
import { createPictureFinder, openDataset } from '../dataset-folder.js';
import {
  classesOption,
  counted,
  createNoteCounter,
  formatsHelp,
  type NoteCounter,
  writeFiles,
} from '../write-dataset.js';

const help = `Turns a data set of one format into one of another, and says what got lost.

Usage: clickmask convert <from> <to> --format NAME [options]

<from> is a folder, a zip, a file, or a glob in quotes; its format is recognised. <to> is a folder that is empty or not
there yet, or the name of a zip. Nothing is overwritten. Only annotations are written: pictures stay where they are.

Options:
  --format NAME          what is written
  --from NAME            what is read, where it cannot be told
  --pictures DIR         where the pictures are (default: beside the annotations), for formats that do not hold their sizes
  --classes A,B|@FILE    names of classes in the order of their numbers
  --detail N             1 every corner, exact (default) to 0 coarsest, for outlines
  --max-pixels N         largest accepted picture (default 268435456)
  --json                 the report as JSON

Formats:
${formatsHelp}
Report: pictures, objects, files, and what the formats could not hold. Exit code: 0 done, 1 failed, 2 called wrongly.

Examples:
  clickmask convert instances.json labels --format yolo-seg
  clickmask convert labels coco --format coco --pictures images
  clickmask convert 'labelme/*.json' masks.zip --format masks
`;

export const convert: Command = {
  name: 'convert',
  summary: 'turns a data set of one format into another',
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      format: { type: 'string' },
      from: { type: 'string' },
      pictures: { type: 'string' },
      classes: { type: 'string' },
      detail: { type: 'string' },
      'max-pixels': { type: 'string' },
      json: { type: 'boolean' },
    });
    if (positionals.length !== 2) {
      throw new BadUse(`Expected a data set and where to write it but received ${positionals.length} arguments.`);
    }
    const [from, to] = positionals;
    if (values.format === undefined) throw new BadUse('Expected --format with the format to write.');
    const target = findDatasetFormat(values.format);
    const classes = await classesOption(values.classes);
    const detail = numberOption('detail', values.detail, 0, 1);
    const maxPixels = wholeOption('max-pixels', values['max-pixels'], 1);
    const { source, folder } = await openDataset(from);
    const origin = values.from === undefined ? await recogniseDataset(source) : findDatasetFormat(values.from);
    if (origin === null) throw new BadUse(`The format of ${from} cannot be told. Say it with --from NAME.`);
    await refuseFilled(to);
    const notes = { read: createNoteCounter(), written: createNoteCounter() };
    const { findPicture } = createPictureFinder(values.pictures ?? folder);
    const counts = { pictures: 0, objects: 0 };
    const read = origin.read(source, { classes, maxPixels, findPicture, onNote: notes.read.add });
    const files = target.write(count(read, counts), {
      classes: classes ?? (await origin.readClasses?.(source)),
      detail,
      onNote: notes.written.add,
    });
    const written = await write(to, files);
    report(values.json === true, { from: origin.name, to: target.name, ...counts, files: written }, notes);
    return 0;
  },
};

/** @throws BadUse where there is something already */
async function refuseFilled(to: string): Promise<void> {
  const found = await stat(to).catch(() => null);
  if (found === null) return;
  const entries = found.isDirectory() ? await readdir(to) : [to];
  if (entries.length === 0) return;
  throw new BadUse(`Expected a folder that is empty or not there yet, or a new zip, but ${to} is there already.`);
}

async function write(to: string, files: AsyncIterable<DatasetFile>): Promise<number> {
  if (!/\.zip$/i.test(to)) return (await writeFiles(to, files, () => false)).length;
  let written = 0;
  const counting = async function* () {
    for await (const file of files) {
      written += 1;
      yield file;
    }
  };
  const zip = await zipFiles(counting());
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, zip, { flag: 'wx' });
  return written;
}

async function* count(
  pictures: AsyncIterable<LabeledPicture>,
  counts: { pictures: number; objects: number },
): AsyncGenerator<LabeledPicture> {
  const progress = createProgress();
  try {
    for await (const picture of pictures) {
      counts.pictures += 1;
      counts.objects += picture.objects.length;
      progress.show(`${counted(counts.pictures, 'picture')}, ${counted(counts.objects, 'object')}`);
      yield picture;
    }
  } finally {
    progress.clear();
  }
}

interface Summary {
  readonly from: string;
  readonly to: string;
  readonly pictures: number;
  readonly objects: number;
  readonly files: number;
}

function report(
  asJson: boolean,
  summary: Summary,
  { read, written }: { readonly read: NoteCounter; readonly written: NoteCounter },
): void {
  if (asJson) {
    printJson({ ...summary, readNotes: read.report(), writeNotes: written.report() });
    return;
  }
  const { from, to, pictures, objects, files } = summary;
  const lines = [
    `${from} to ${to}: ${counted(pictures, 'picture')}, ${counted(objects, 'object')}, ${counted(files, 'file')}`,
    ...read.lines().map((line) => `  read: ${line}`),
    ...written.lines().map((line) => `  written: ${line}`),
    ...(read.lines().length + written.lines().length === 0 ? ['  nothing got lost'] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
