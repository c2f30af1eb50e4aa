import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type DatasetFile,
  findDatasetFormat,
  type LabeledPicture,
  recogniseDataset,
  zipFiles,
} from '../../src/datasets.js';
import { defineCommand, type Terminal, UsageError } from '../../src/runtime/node/command-line/index.js';
import { createPictureFinder, openDataset } from '../dataset-folder.js';
import { formatJson } from '../json.js';
import {
  classesOption,
  counted,
  createNoteCounter,
  formatsHelp,
  type NoteCounter,
  writeFiles,
} from '../write-dataset.js';

export const convert = defineCommand({
  name: 'convert',
  summary: 'Converts a data set to another format, and says what was lost.',
  about: `<from> is a folder, a zip, a file, or a glob in quotes. The command recognises its format. <to> is an empty or new folder, or
a new zip. Nothing is overwritten. Only annotations are written: images stay where they are.`,
  args: { usage: '<from> <to>', expected: 'a data set and where to write it', min: 2, max: 2 },
  options: {
    format: { type: 'text', value: 'NAME', required: true, help: 'Format to write.' },
    from: { type: 'text', value: 'NAME', help: 'Format to read, if it cannot be recognised.' },
    pictures: {
      type: 'text',
      value: 'DIR',
      help: 'Where the images are, for formats without image sizes. Default: beside the annotations.',
    },
    classes: { type: 'text', value: 'A,B|@FILE', help: 'Names of classes in the order of their numbers.' },
    detail: { type: 'number', max: 1, help: 'Detail of outlines, from 0 (coarse) to 1 (exact, default).' },
    'max-pixels': { type: 'whole', min: 1, help: 'Pixels of the largest accepted image. Default: 268435456.' },
    json: { type: 'switch', help: 'The report as JSON.' },
  },
  notes: `Formats:
${formatsHelp}
Report: images, objects, files, and what the formats could not hold. Exit code: 0 success, 1 failure, 2 wrong use.`,
  examples: [
    'clickmask convert instances.json labels --format yolo-seg',
    'clickmask convert labels coco --format coco --pictures images',
    "clickmask convert 'labelme/*.json' masks.zip --format masks",
  ],
  async run({ values, args: [from, to] }, terminal) {
    const target = findDatasetFormat(values.format);
    const classes = await classesOption(values.classes);
    const { detail } = values;
    const maxPixels = values['max-pixels'];
    const { source, named, folder } = await openDataset(from);
    const origin = values.from === undefined ? await recogniseDataset(named) : findDatasetFormat(values.from);
    if (origin === null) throw new UsageError(`The format of ${from} is not recognised. Name it with --from NAME.`);
    await refuseFilled(to);
    const notes = { read: createNoteCounter(), written: createNoteCounter() };
    const { findPicture } = createPictureFinder(values.pictures ?? folder);
    const counts = { pictures: 0, objects: 0 };
    const read = origin.read(source, { classes, maxPixels, findPicture, onNote: notes.read.add });
    const files = target.write(count(read, counts, terminal), {
      classes: classes ?? (await origin.readClasses?.(source)),
      detail,
      onNote: notes.written.add,
    });
    const written = await write(to, files);
    report(values.json, { from: origin.name, to: target.name, ...counts, files: written }, notes, terminal);
    return 0;
  },
});

/** @throws UsageError if something exists there already */
async function refuseFilled(to: string): Promise<void> {
  const found = await stat(to).catch(() => null);
  if (found === null) return;
  const entries = found.isDirectory() ? await readdir(to) : [to];
  if (entries.length === 0) return;
  throw new UsageError(`Expected an empty or new folder, or a new zip, but ${to} already exists.`);
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
  terminal: Terminal,
): AsyncGenerator<LabeledPicture> {
  try {
    for await (const picture of pictures) {
      counts.pictures += 1;
      counts.objects += picture.objects.length;
      terminal.status(`${counted(counts.pictures, 'image')}, ${counted(counts.objects, 'object')}`);
      yield picture;
    }
  } finally {
    terminal.status('');
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
  terminal: Terminal,
): void {
  if (asJson) {
    terminal.out(formatJson({ ...summary, readNotes: read.report(), writeNotes: written.report() }));
    return;
  }
  const { from, to, pictures, objects, files } = summary;
  const lines = [
    `${from} to ${to}: ${counted(pictures, 'image')}, ${counted(objects, 'object')}, ${counted(files, 'file')}`,
    ...read.lines().map((line) => `  read: ${line}`),
    ...written.lines().map((line) => `  written: ${line}`),
    ...(read.lines().length + written.lines().length === 0 ? ['  nothing was lost'] : []),
  ];
  terminal.out(lines.join('\n'));
}
