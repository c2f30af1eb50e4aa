import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { DatasetFormat } from '../../src/datasets.js';
import type { Segmenter } from '../../src/node.js';
import { defineCommand, type Terminal, type Values } from '../../src/runtime/node/command-line/index.js';
import { createBatchProgress, durationText, rateText } from '../batch/batch-progress.js';
import type { PicturePrompts } from '../batch/prompts.js';
import { readPrompts } from '../batch/read-prompts.js';
import { openResultJournal, type ResultJournal } from '../batch/result-journal.js';
import { type BatchOutcome, runBatch } from '../batch/run-batch.js';
import { createPictureFinder } from '../dataset-folder.js';
import {
  modelOptions,
  openSegmenter,
  postprocessOf,
  postprocessOptions,
  readingOf,
  refinementOf,
} from '../model-options.js';
import { createInputReader, type InputReader, isAddress, toFailure } from '../read-input.js';
import { classesOption, counted, createNoteCounter, formatsHelp, formatsOption, writeFiles } from '../write-dataset.js';

const options = {
  out: {
    type: 'text',
    value: 'DIR',
    required: true,
    help: 'An empty folder, or the folder of the same batch, which then goes on. results.jsonl in it gets a line for each finished image.',
  },
  format: {
    type: 'list',
    value: 'NAME',
    help: 'Format written at the end. Several get a folder each. Default: coco.',
  },
  pictures: { type: 'text', value: 'DIR', help: 'Where the images are. Default: beside the prompts.' },
  use: {
    type: 'text',
    choices: ['boxes', 'masks'],
    help: 'Takes only boxes, or only masks to refine, from a data set.',
  },
  classes: {
    type: 'text',
    value: 'A,B|@FILE',
    help: 'Names of classes in the order of their numbers. Default: as they come.',
  },
  detail: { type: 'number', max: 1, help: 'Detail of outlines, from 0 (coarse) to 1 (exact, default).' },
  'on-error': {
    type: 'text',
    choices: ['continue', 'stop'],
    default: 'continue',
    help: 'After an error, goes on with the other images or stops.',
  },
  workers: { type: 'whole', min: 1, max: 256, help: 'Images at a time. Default: one per core.' },
  'private-addresses': { type: 'switch', help: 'Also fetches from private and local addresses.' },
  quiet: { type: 'switch', help: 'Prints no progress and no line per image.' },
  ...postprocessOptions,
  ...modelOptions,
} as const;

type BatchValues = Values<typeof options>;

export const batch = defineCommand({
  name: 'batch',
  summary: 'Segments many images and writes the masks as a data set.',
  about: `<prompts> is a file, a folder, a glob in quotes, a zip, an address (http, https), or - for standard input, with one of
  JSON lines   {"picture": "a.jpg", "clicks": [[320, 240], [40, 60, "-"]], "class": "cat", "object": "1"}
               {"picture": "a.jpg", "objects": [{"box": [10, 10, 90, 80], "class": "dog"}]}; "rle" is a mask to refine
  CSV          picture,x,y,label,object,class   a row per click; x1,y1,x2,y2 for a box; label + or -, 1 or 0; none is +
  COCO JSON    points or keypoints as clicks, else bbox as a box, else the segmentation as a mask to refine
  LabelMe JSON points as clicks (negative by the flag or description "negative"), rectangles as boxes, other shapes as
               masks to refine; a group_id makes one object of several shapes
  masks        a folder of PNGs, or any data set that 'clickmask convert' reads: masks to refine
Coordinates are pixels of the upright image. Rows of one object belong together; without an object, rows of one class do.
A mask without clicks gets one where it is widest. Images are addresses, or paths beside the prompts or in
--pictures.`,
  args: { usage: '<prompts>', expected: 'one file, folder or glob (in quotes) of prompts', min: 1, max: 1 },
  options,
  notes: `Formats:
${formatsHelp}
Prints a line of JSON per image: image, width, height, objects [{object, class, score, area, bbox}], ms, and notes if
there are any; or image and error {code, message}. Exit code: 0 all done, 1 images failed or the batch stopped (run it
again to go on), 2 wrong use.`,
  examples: [
    'clickmask batch clicks.csv --out dataset --format coco',
    'clickmask batch clicks.jsonl --pictures photos --out dataset --format yolo-seg,voc',
    'clickmask batch boxes/instances.json --use boxes --out refined --format coco --on-error stop',
    "clickmask batch 'labels/*.json' --out masks --format masks",
    'cat clicks.jsonl | clickmask batch - --out dataset',
  ],
  async run({ values, args: [place] }, terminal) {
    const job = await readJob(values);
    const reader = createInputReader(values['private-addresses']);
    try {
      const notes = createNoteCounter();
      const { folder, pictures } = await readPrompts(place, reader, { ...job, onNote: notes.add });
      const journal = await openResultJournal(job.out, job.settings);
      try {
        const failed = await segmentAll(values, job, journal, pictures, createFetch(folder, reader), terminal);
        if (failed === null) return 1;
        await writeFormats(job, journal, pictures, terminal);
        for (const line of notes.lines()) terminal.err(`Note: ${line}`);
        return failed === 0 ? 0 : 1;
      } finally {
        await journal.close();
      }
    } finally {
      reader.close();
    }
  },
});

/** The parsed command line. */
async function readJob(values: BatchValues) {
  const refinement = refinementOf(values);
  const postprocess = postprocessOf(values);
  return {
    out: values.out,
    formats: formatsOption(values.format.length === 0 ? ['coco'] : values.format),
    pictures: values.pictures,
    use: values.use ?? 'auto',
    classes: await classesOption(values.classes),
    detail: values.detail,
    stopsOnError: values['on-error'] === 'stop',
    workers: values.workers ?? availableParallelism(),
    isQuiet: values.quiet,
    refinement,
    postprocess,
    settings: { model: values.model, refinement, postprocess, reading: readingOf(values) },
  } as const;
}

type Job = Awaited<ReturnType<typeof readJob>>;

/** Finds an image by its name in the prompts. */
function createFetch(folder: string, reader: InputReader): (picture: string) => Promise<Uint8Array> {
  const finder = createPictureFinder(folder);
  return async (picture) => {
    if (isAddress(picture) || isAbsolute(picture)) return reader.read(picture);
    const path = join(folder, picture);
    if (existsSync(path)) return reader.read(path);
    const found = await finder.find(picture.replaceAll('\\', '/'));
    return reader.read(found === null ? path : join(folder, found));
  };
}

/** Segments what is not done yet. Returns the number of failed images; null if the run was interrupted. */
async function segmentAll(
  values: BatchValues,
  job: Job,
  journal: ResultJournal,
  pictures: readonly PicturePrompts[],
  read: (picture: string) => Promise<Uint8Array>,
  terminal: Terminal,
): Promise<number | null> {
  const left = pictures.filter((prompts) => !journal.isDone(prompts));
  const say = (text: string) => void (job.isQuiet || terminal.err(text));
  if (left.length < pictures.length)
    say(`Going on with ${job.out}: ${pictures.length - left.length} images are done.\n`);
  if (left.length === 0) return 0;
  const segmenters = await openSegmenters(values, terminal, Math.min(job.workers, left.length));
  const progress = createBatchProgress(left.length, job.isQuiet, terminal);
  const interruption = listenForInterruption();
  const start = performance.now();
  let done = 0;
  let objects = 0;
  let failed = 0;
  try {
    await runBatch({
      ...job,
      pictures: left,
      segmenters,
      read,
      signal: interruption.signal,
      async onDone(prompts, outcome) {
        done += 1;
        if ('error' in outcome) failed += 1;
        else objects += outcome.picture.objects.length;
        const line = await keep(journal, prompts, outcome);
        progress.clear();
        if (!job.isQuiet) terminal.out(JSON.stringify(line));
        progress.show(done, failed);
        return failed === 0 || !job.stopsOnError;
      },
    });
  } finally {
    progress.clear();
    interruption.end();
    await Promise.all(segmenters.map((segmenter) => segmenter.close()));
  }
  const seconds = (performance.now() - start) / 1000;
  say(
    `${counted(done, 'image')}, ${counted(objects, 'object')} in ${durationText(seconds)}, ${rateText(done / seconds)}; ${failed} failed.\n`,
  );
  if (done === left.length && !(failed > 0 && job.stopsOnError)) return failed;
  say(`Broken off: ${counted(left.length - done, 'image')} left. Run the same command again to go on.\n`);
  return null;
}

/** Writes a result to the journal, and returns the line to print. */
async function keep(journal: ResultJournal, prompts: PicturePrompts, outcome: BatchOutcome): Promise<object> {
  if ('error' in outcome) {
    const error = toFailure(outcome.error);
    await journal.addFailure(prompts, error);
    return { picture: prompts.picture, error };
  }
  const { picture, notes, ms } = outcome;
  const more = { ms: Math.round(ms), ...(notes.length > 0 ? { notes } : {}) };
  const kept = await journal.addResult(prompts, picture, more);
  return { ...kept, ...more };
}

/** One network per image in work, each with its share of the cores. */
async function openSegmenters(values: BatchValues, terminal: Terminal, count: number): Promise<Segmenter[]> {
  const threads = Math.max(1, Math.floor(availableParallelism() / count));
  const first = await openSegmenter(values, terminal, { workers: 1, threads });
  const others = Array.from({ length: count - 1 }, () =>
    openSegmenter(values, terminal, { workers: 1, threads, isQuiet: true }),
  );
  return [first, ...(await Promise.all(others))];
}

/** Ctrl-C stops after the running images; a second one stops at once. */
function listenForInterruption(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    controller.abort();
    process.off('SIGINT', onSignal);
  };
  process.on('SIGINT', onSignal);
  return { signal: controller.signal, end: () => void process.off('SIGINT', onSignal) };
}

/** Writes the data sets: a single one into the folder itself, several into a subfolder each. */
async function writeFormats(
  job: Job,
  journal: ResultJournal,
  pictures: readonly PicturePrompts[],
  terminal: Terminal,
): Promise<void> {
  const classes = [
    ...new Set([
      ...(job.classes ?? []),
      ...pictures.flatMap(({ objects }) => objects.map(({ className }) => className)),
    ]),
  ];
  for (const format of job.formats.filter(({ name }) => name !== 'results')) {
    const sub = job.formats.length > 1 ? `${format.name}/` : '';
    const counter = createNoteCounter();
    const files = format.write(journal.results(pictures), { classes, detail: job.detail, onNote: counter.add });
    const paths = await writeFiles(job.out, inFolder(files, sub), (path) => journal.files.has(path));
    await journal.addFiles(paths);
    if (job.isQuiet) continue;
    terminal.err(`${format.name}: ${counted(paths.length, 'file')} in ${join(job.out, sub)}\n`);
    for (const line of counter.lines()) terminal.err(`  ${line}`);
  }
}

async function* inFolder(
  files: ReturnType<DatasetFormat['write']>,
  folder: string,
): ReturnType<DatasetFormat['write']> {
  for await (const { path, content } of files) yield { path: folder + path, content };
}
