import { readFile } from 'node:fs/promises';
import { createSegmenter } from '@clickmask/core/node';
import { type CvatAuth, createCvatClient } from '../client/index.js';
import {
  createFileMemory,
  type RefineProgress,
  refineDefaults,
  refineJob,
  type SourceKind,
  sourceKinds,
} from '../refine/index.js';
import { readArguments, UsageError } from './arguments.js';
import type { Terminal } from './terminal.js';

export const refineHelp = `clickmask-cvat refine --job N [options]

Makes masks of the boxes (or ellipses, polygons, masks) of a CVAT job. The network runs on this machine; nothing has to be
deployed. Masks are added beside what is there. Can be stopped and started again.

  --job N               the job
  --url URL             the server; default: CVAT_URL, else http://localhost:8080
  --organization NAME   default: CVAT_ORGANIZATION
  --kinds LIST          ${sourceKinds.join(', ')}; default rectangle
  --labels LIST         names of labels; default all
  --frames A-B          default: all of the job
  --replace             deletes each shape whose mask was saved, by an earlier run too, unless either was changed
  --min-overlap N       a mask that fits its shape less than this is not saved, 0 to 1; default ${refineDefaults.minOverlap}
  --fill-holes N        fills holes of up to N pixels
  --remove-specks N     drops parts of fewer than N pixels
  --model NAME|DIR      default clickmask-small
  --state FILE          what is done; default clickmask-refine-job-N.json
  --dry-run             saves nothing
  --json                the report as JSON

Credentials come from the environment: CVAT_ACCESS_TOKEN (a personal access token), CVAT_TOKEN (an API key), CVAT_USERNAME
and CVAT_PASSWORD; or --token-file FILE with a personal access token.

Examples:
  CVAT_ACCESS_TOKEN=... clickmask-cvat refine --url https://cvat.example.org --job 12 --dry-run
  clickmask-cvat refine --job 12 --kinds rectangle,polygon --labels car,bus --replace`;

export async function refine(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    job: { type: 'string' },
    url: { type: 'string' },
    organization: { type: 'string' },
    kinds: { type: 'string' },
    labels: { type: 'string' },
    frames: { type: 'string' },
    replace: { type: 'boolean' },
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
    auth: await readAuth(given.text('token-file'), process.env),
    organization: given.text('organization') ?? process.env.CVAT_ORGANIZATION,
  });
  const { version } = await client.about();
  terminal.err(`CVAT ${version} at ${new URL(url).host}, job ${job}`);

  const stop = new AbortController();
  const onStop = (): void => stop.abort();
  process.once('SIGINT', onStop);
  const segmenter = await createSegmenter({ model: given.text('model') });
  try {
    const report = await refineJob({
      client,
      segmenter,
      job,
      kinds: kinds as readonly SourceKind[],
      labels: list(given.text('labels')),
      frames: readFrames(given.text('frames')),
      replace: given.flag('replace'),
      dryRun: given.flag('dry-run'),
      minOverlap: given.number('min-overlap', 0, 1),
      postprocess: {
        fillHoles: given.number('fill-holes', 0, 1e9) ?? 0,
        removeSpecks: given.number('remove-specks', 0, 1e9) ?? 0,
      },
      memory: createFileMemory(given.text('state') ?? `clickmask-refine-job-${job}.json`, new URL(url).origin, job),
      onProgress: showProgress(terminal),
      signal: stop.signal,
    });
    if (given.flag('json')) terminal.out(JSON.stringify(report, null, 2));
    else {
      const { shapes, saved, deleted, skipped, unsure, changed, failed } = report;
      const would = given.flag('dry-run') ? 'would be saved' : 'saved';
      terminal.out(
        `${shapes} shapes: ${saved} masks ${would}, ${skipped} were done, ${unsure.length} unsure, ${deleted} deleted, ${failed.length} failed.`,
      );
      if (unsure.length > 0) terminal.out(`Left to a person: shapes ${unsure.join(', ')}.`);
      if (changed.length > 0) terminal.out(`Changed by somebody meanwhile and kept: shapes ${changed.join(', ')}.`);
      for (const { shape, reason } of failed) terminal.err(`shape ${shape}: ${reason}`);
    }
    return report.failed.length > 0 ? 1 : 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    terminal.err('Stopped. Start it again to go on.');
    return 1;
  } finally {
    process.off('SIGINT', onStop);
    await segmenter.close();
  }
}

/** Credentials never come from arguments, which other users of the machine can see. */
async function readAuth(tokenFile: string | undefined, env: NodeJS.ProcessEnv): Promise<CvatAuth | undefined> {
  if (tokenFile !== undefined) return { accessToken: (await readFile(tokenFile, 'utf8')).trim() };
  if (env.CVAT_ACCESS_TOKEN) return { accessToken: env.CVAT_ACCESS_TOKEN };
  if (env.CVAT_TOKEN) return { token: env.CVAT_TOKEN };
  if (env.CVAT_USERNAME && env.CVAT_PASSWORD) return { username: env.CVAT_USERNAME, password: env.CVAT_PASSWORD };
  return undefined;
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
