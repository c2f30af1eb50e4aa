import { defineCommand, readingFromOptions, readingOptions, type Terminal, UsageError } from '@clickmask/core/adapters';
import { createSegmenter, defaultModelsFolder, modelInUse } from '@clickmask/core/node';
import { createCvatClient } from '../client/index.js';
import {
  createFileMemory,
  type RefineProgress,
  type RefineReport,
  type ResultKind,
  refineDefaults,
  refineJob,
  resultKinds,
  sourceKinds,
  undoRefine,
} from '../refine/index.js';
import { authHelp, authOptions, readAuth } from './cvat-auth.js';

export const refine = defineCommand({
  name: 'refine',
  summary: 'Turns the boxes (or ellipses, polygons, masks) of a CVAT job into masks, keyframes of tracks too.',
  about: `The network runs on this machine and needs no deployment. Masks are added, and what is there stays. You can stop the command
and start it again.`,
  options: {
    job: { type: 'whole', min: 1, required: true, help: 'The job.' },
    url: { type: 'text', value: 'URL', env: ['CVAT_URL'], default: 'http://localhost:8080', help: 'The server.' },
    organization: { type: 'text', value: 'NAME', env: ['CVAT_ORGANIZATION'], help: 'The organization of the job.' },
    kinds: { type: 'list', value: 'LIST', choices: sourceKinds, help: 'Shapes to refine. Default: rectangle.' },
    as: {
      type: 'text',
      value: 'KIND',
      choices: resultKinds,
      default: refineDefaults.as,
      help: 'Shapes to make. A polygon is the outline of the largest part, without holes. A rectangle is upright and tight.',
    },
    labels: { type: 'list', value: 'LIST', help: 'Names of labels. Default: all.' },
    frames: { type: 'text', value: 'A-B', help: 'Frames. Default: all of the job.' },
    replace: {
      type: 'switch',
      help: 'Deletes each shape whose mask is saved, unless somebody changed either since. Tracks stay, because CVAT keeps no masks in them.',
    },
    undo: { type: 'switch', help: 'Only brings back what --replace deleted.' },
    'min-overlap': {
      type: 'number',
      max: 1,
      default: refineDefaults.minOverlap,
      help: 'Least fit of a mask to its shape. Others are not saved.',
    },
    'fill-holes': {
      type: 'number',
      help: "Fills holes of up to N pixels. Default: the model's; 1 % of the mask for the embedded one.",
    },
    'remove-specks': { type: 'number', help: 'Drops parts of fewer than N pixels.' },
    model: {
      type: 'text',
      value: 'NAME|DIR',
      help: 'Model. Default: the model in use (clickmask models use), else clickmask-small.',
    },
    ...readingOptions,
    state: {
      type: 'text',
      value: 'FILE',
      help: 'File that records finished and deleted shapes. Default: clickmask-refine-job-N.jsonl.',
    },
    'dry-run': { type: 'switch', help: 'Saves nothing.' },
    json: { type: 'switch', help: 'The report as JSON.' },
    ...authOptions,
  },
  notes: authHelp,
  examples: [
    'CVAT_ACCESS_TOKEN=... clickmask-cvat refine --url https://cvat.example.org --job 12 --dry-run',
    'clickmask-cvat refine --job 12 --kinds rectangle,polygon --labels car,bus --replace',
    'clickmask-cvat refine --job 12 --as rectangle',
    'clickmask-cvat refine --job 12 --undo',
  ],
  async run({ values }, terminal) {
    const { job, url, as, json, organization } = values;
    const kinds = values.kinds.length === 0 ? refineDefaults.kinds : values.kinds;
    const client = createCvatClient({
      url,
      auth: await readAuth(values['token-file'], terminal.env),
      organization,
    });
    const { version } = await client.about();
    terminal.err(`CVAT ${version} at ${new URL(url).host}, job ${job}`);

    const memory = createFileMemory(values.state ?? `clickmask-refine-job-${job}.jsonl`, new URL(url).origin, job);
    const stop = new AbortController();
    const onStop = (): void => stop.abort();
    process.once('SIGINT', onStop);
    try {
      if (values.undo) {
        const report = await undoRefine({ client, job, memory, signal: stop.signal });
        if (json) terminal.out(JSON.stringify(report, null, 2));
        else terminal.out(`${report.restored} shapes are back.`);
        if (report.unclear.length > 0)
          terminal.err(`Probably restored already, and changed since: ${names(report.unclear)}.`);
        return 0;
      }
      const holes = values['fill-holes'];
      const segmenter = await createSegmenter({
        model: values.model ?? modelInUse(defaultModelsFolder()),
        reading: readingFromOptions(values.range, values.bands),
      });
      try {
        const report = await refineJob({
          client,
          segmenter,
          job,
          kinds,
          as,
          labels: values.labels.length === 0 ? undefined : values.labels,
          frames: readFrames(values.frames),
          replace: values.replace,
          dryRun: values['dry-run'],
          minOverlap: values['min-overlap'],
          postprocess: {
            ...(holes === undefined ? {} : { fillHoles: holes }),
            removeSpecks: values['remove-specks'] ?? 0,
          },
          memory,
          onProgress: showProgress(terminal),
          signal: stop.signal,
        });
        if (json) terminal.out(JSON.stringify(report, null, 2));
        else showReport(report, as, values['dry-run'], terminal);
        return report.failed.length > 0 ? 1 : 0;
      } finally {
        await segmenter.close();
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      terminal.err('Stopped. Start it again to go on.');
      return 1;
    } finally {
      process.off('SIGINT', onStop);
    }
  },
});

function showReport(report: RefineReport, as: ResultKind, dryRun: boolean, terminal: Terminal): void {
  const { sources, keyframes, saved, deleted, skipped, unsure, changed, failed } = report;
  const results = `${as === 'polygon' ? 'polygons' : as === 'rectangle' ? 'boxes' : 'masks'} ${dryRun ? 'would be saved' : 'saved'}`;
  terminal.out(
    `${sources} shapes: ${saved} ${results}, ${skipped} were done, ${unsure.length} unsure, ${deleted} deleted, ${failed.length} failed.`,
  );
  if (keyframes > 0) {
    terminal.out(`${keyframes} of them are keyframes of tracks. Each has a shape of its own; the tracks stay.`);
  }
  if (deleted > 0) terminal.out('--undo brings the deleted ones back.');
  if (unsure.length > 0) terminal.out(`Left to a person: ${names(unsure)}.`);
  if (changed.length > 0) terminal.out(`Left alone because they or their results were changed: ${names(changed)}.`);
  for (const { source, reason } of failed) terminal.err(`${source}: ${reason}`);
}

/** Limits a list of names to what fits a screen. */
function names(sources: readonly string[]): string {
  const shown = sources.slice(0, 50).join(', ');
  return sources.length > 50 ? `${shown} and ${sources.length - 50} more (--json names all)` : shown;
}

function showProgress(terminal: Terminal): (progress: RefineProgress) => void {
  let shown = 0;
  return ({ frame, done, total }) => {
    const now = performance.now();
    if (now - shown < (terminal.isScreen ? 200 : 5000) && done < total) return;
    shown = now;
    const text = `frame ${frame}: ${done} of ${total} shapes`;
    if (terminal.isScreen) terminal.status(done < total ? text : '');
    else terminal.err(text);
  };
}

function readFrames(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw new UsageError(`Expected A-B for --frames but received "${text}".`);
  return [Number(match[1]), Number(match[2] ?? match[1])];
}
