import { createSegmenter } from '@clickmask/core/node';
import { createCvatClient } from '../client/index.js';
import {
  createFileMemory,
  type RefineProgress,
  type RefineReport,
  type ResultKind,
  refineDefaults,
  refineJob,
  resultKinds,
  type SourceKind,
  sourceKinds,
  undoRefine,
} from '../refine/index.js';
import { readArguments, UsageError } from './arguments.js';
import { authHelp, readAuth } from './cvat-auth.js';
import type { Terminal } from './terminal.js';

export const refineHelp = `clickmask-cvat refine --job N [options]

Makes masks of the boxes (or ellipses, polygons, masks) of a CVAT job, of keyframes of tracks too. The network runs on this
machine; nothing has to be deployed. Masks are added beside what is there. Can be stopped and started again.

  --job N               the job
  --url URL             the server; default: CVAT_URL, else http://localhost:8080
  --organization NAME   default: CVAT_ORGANIZATION
  --kinds LIST          of ${sourceKinds.join(', ')}; default rectangle
  --as KIND             ${resultKinds.join(', ')}; default mask. A polygon is the outline of the largest part, without
                        holes; a rectangle is upright and tight
  --labels LIST         names of labels; default all
  --frames A-B          default: all of the job
  --replace             deletes each shape whose mask was saved, by an earlier run too, unless anybody changed anything of
                        either since. Tracks stay: CVAT keeps no masks in them
  --undo                brings back what --replace deleted, and does nothing else
  --min-overlap N       a mask that fits its shape less than this is not saved, 0 to 1; default ${refineDefaults.minOverlap}
  --fill-holes N        fills holes of up to N pixels; default the model's: 1 % of the mask for the embedded one
  --remove-specks N     drops parts of fewer than N pixels
  --model NAME|DIR      default clickmask-small
  --state FILE          what is done, and what was deleted; default clickmask-refine-job-N.jsonl
  --dry-run             saves nothing
  --json                the report as JSON

${authHelp}

Examples:
  CVAT_ACCESS_TOKEN=... clickmask-cvat refine --url https://cvat.example.org --job 12 --dry-run
  clickmask-cvat refine --job 12 --kinds rectangle,polygon --labels car,bus --replace
  clickmask-cvat refine --job 12 --as rectangle
  clickmask-cvat refine --job 12 --undo`;

export async function refine(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    job: { type: 'string' },
    url: { type: 'string' },
    organization: { type: 'string' },
    kinds: { type: 'string' },
    labels: { type: 'string' },
    frames: { type: 'string' },
    as: { type: 'string' },
    replace: { type: 'boolean' },
    undo: { type: 'boolean' },
    'min-overlap': { type: 'string' },
    'fill-holes': { type: 'string' },
    'remove-specks': { type: 'string' },
    model: { type: 'string' },
    state: { type: 'string' },
    'dry-run': { type: 'boolean' },
    json: { type: 'boolean' },
    'token-file': { type: 'string' },
  });
  given.required('job');
  const job = given.number('job', 1, Number.MAX_SAFE_INTEGER) as number;
  const url = given.text('url') ?? process.env.CVAT_URL ?? 'http://localhost:8080';
  const kinds = list(given.text('kinds')) ?? refineDefaults.kinds;
  for (const kind of kinds) {
    if (!(sourceKinds as readonly string[]).includes(kind)) {
      throw new UsageError(`Expected ${sourceKinds.join(', ')} for --kinds but received "${kind}".`);
    }
  }
  const client = createCvatClient({
    url,
    auth: await readAuth(given.text('token-file')),
    organization: given.text('organization') ?? process.env.CVAT_ORGANIZATION,
  });
  const { version } = await client.about();
  terminal.err(`CVAT ${version} at ${new URL(url).host}, job ${job}`);

  const as = given.choice('as', resultKinds) ?? refineDefaults.as;
  const memory = createFileMemory(given.text('state') ?? `clickmask-refine-job-${job}.jsonl`, new URL(url).origin, job);
  const stop = new AbortController();
  const onStop = (): void => stop.abort();
  process.once('SIGINT', onStop);
  try {
    if (given.flag('undo')) {
      const report = await undoRefine({ client, job, memory, signal: stop.signal });
      if (given.flag('json')) terminal.out(JSON.stringify(report, null, 2));
      else terminal.out(`${report.restored} shapes are back.`);
      if (report.unclear.length > 0)
        terminal.err(`Back already, it seems, and changed since: ${names(report.unclear)}.`);
      return 0;
    }
    const holes = given.number('fill-holes', 0, 1e9);
    const segmenter = await createSegmenter({ model: given.text('model') });
    try {
      const report = await refineJob({
        client,
        segmenter,
        job,
        kinds: kinds as readonly SourceKind[],
        as,
        labels: list(given.text('labels')),
        frames: readFrames(given.text('frames')),
        replace: given.flag('replace'),
        dryRun: given.flag('dry-run'),
        minOverlap: given.number('min-overlap', 0, 1),
        postprocess: {
          ...(holes === undefined ? {} : { fillHoles: holes }),
          removeSpecks: given.number('remove-specks', 0, 1e9) ?? 0,
        },
        memory,
        onProgress: showProgress(terminal),
        signal: stop.signal,
      });
      if (given.flag('json')) terminal.out(JSON.stringify(report, null, 2));
      else showReport(report, as, given.flag('dry-run'), terminal);
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
}

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
  if (changed.length > 0) terminal.out(`Left, since they or their results were changed: ${names(changed)}.`);
  for (const { source, reason } of failed) terminal.err(`${source}: ${reason}`);
}

/** So many names that a screen holds them. */
function names(sources: readonly string[]): string {
  const shown = sources.slice(0, 50).join(', ');
  return sources.length > 50 ? `${shown} and ${sources.length - 50} more (--json names all)` : shown;
}

function showProgress(terminal: Terminal): (progress: RefineProgress) => void {
  let shown = 0;
  return ({ frame, done, total }) => {
    const now = performance.now();
    if (now - shown < (terminal.live ? 200 : 5000) && done < total) return;
    shown = now;
    terminal.err(`frame ${frame}: ${done} of ${total} shapes`);
  };
}

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readFrames(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw new UsageError(`Expected A-B for --frames but received "${text}".`);
  return [Number(match[1]), Number(match[2] ?? match[1])];
}
