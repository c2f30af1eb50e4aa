import { readingFromOptions, readingOptions } from '../src/adapters.js';
import {
  adaptiveCascade,
  createRemoteSegmenter,
  createSegmenter,
  defaultModelsFolder,
  modelInUse,
  type PictureReading,
  type PostprocessOptions,
  type RefinementOptions,
  type Segmenter,
} from '../src/node.js';
import { readNumber, type Terminal, UsageError, type Values } from '../src/runtime/node/command-line/index.js';
import { serverFromOptions } from '../src/runtime/oip/address.js';

/** An object is small for `--zoom small` if its region covers at most this share of the image. */
const smallShare = 0.3;
/** With `--zoom late`, zoom-in applies to larger objects too from this click on. */
const lateClick = 4;

/** Which model runs, and where. */
export const placeOptions = {
  model: {
    type: 'text',
    value: 'NAME|DIR',
    help: 'Name of a model, or a folder with a model.json. Default: the model in use (clickmask models use), else the embedded one.',
  },
  provider: {
    type: 'text',
    choices: ['auto', 'cpu', 'webgpu', 'cuda'],
    help: 'Where the network runs. Default: auto.',
  },
  engine: {
    type: 'text',
    value: 'URL',
    help: 'Runs the network on an inference server: grpc://HOST:8001 or http://HOST:8000. CLICKMASK_ENGINE_TOKEN is its token.',
  },
  'engine-level': {
    type: 'text',
    choices: ['auto', 'click', 'plain'],
    help: 'click: one call per click; plain: one call per graph. Default: auto.',
  },
  'engine-here': { type: 'list', value: 'GRAPHS', help: 'Graphs that still run here, such as decoder.' },
  remote: {
    type: 'text',
    value: 'URL',
    help: 'Sends the work to a whole segmenter behind HTTP, with its own model. CLICKMASK_REMOTE_TOKEN is its token.',
  },
  threads: {
    type: 'whole',
    min: 1,
    max: 1024,
    help: 'Threads of the network on a CPU. Default: the cores that the process may use.',
  },
  spin: { type: 'switch', help: 'Waiting threads spin. Only for a machine that does nothing else.' },
  ...readingOptions,
  'max-pixels': { type: 'whole', min: 1, help: 'Pixels of the largest accepted image. Default: 64000000.' },
} as const;

/** Options of every command that makes masks. */
export const modelOptions = {
  ...placeOptions,
  cfr: {
    type: 'text',
    value: 'N|auto|off',
    help: "Cascade-forward refinement: N steps, adaptive (at most 4), or none. Default: the model's.",
  },
  'cfr-clicks': {
    type: 'text',
    choices: ['first', 'every'],
    help: "Clicks that it applies to. Default: the model's.",
  },
  zoom: {
    type: 'text',
    choices: ['on', 'late', 'small', 'off'],
    help: `Looks closer at the object after the first mask. small: if its surroundings are at most ${smallShare} of the image. late: as small, and larger objects too from click ${lateClick} on. Default: the model's.`,
  },
  flip: { type: 'switch', help: 'Averages with the mirrored image. Slower, a little more exact.' },
  merge: {
    type: 'text',
    choices: ['on', 'off', 'as-released'],
    help: "A click changes only the part of a starting mask that holds it (FocalClick's progressive merge; as-released: exactly as its released code). Default: the model's.",
  },
} as const;

/** Mask clean-up options for measuring. */
export const cleanUpOptions = {
  'no-sis': { type: 'switch', help: 'Without structural integrity. Parts without a positive click stay.' },
  'fill-holes': {
    type: 'text',
    value: 'N|N%',
    help: "Fills holes of up to N pixels, or N per cent of the mask; 0: none. Holes with a negative click stay. Default: the model's.",
  },
} as const;

/** The same and more, for making masks. */
export const postprocessOptions = {
  threshold: { type: 'number', max: 1, help: "Minimum probability of an object pixel. Default: the model's." },
  ...cleanUpOptions,
  'remove-specks': { type: 'number', help: 'Drops parts of fewer than N pixels.' },
  largest: { type: 'switch', help: 'Keeps only the largest part.' },
} as const;

type ModelValues = Values<typeof modelOptions>;
type PlaceValues = Values<typeof placeOptions>;

/** What a remote segmenter decides itself. */
const notWithRemote = ['model', 'provider', 'engine', 'engine-level', 'engine-here', 'threads', 'spin'] as const;

/** How a command uses its segmenter. By default: in this thread, on all cores. */
export interface SegmenterPlace {
  readonly workers?: number;
  /** Threads per worker. `--threads` takes precedence. */
  readonly threads?: number;
  /** Prints no licence note, because another segmenter prints it. */
  readonly isQuiet?: boolean;
}

/** The segmenter that the options describe: local, or remote over HTTP. */
export async function openSegmenter(
  values: PlaceValues,
  { env, err }: Terminal,
  place: SegmenterPlace = {},
): Promise<Segmenter> {
  const { model, provider, engine, remote, threads, spin } = values;
  const here = values['engine-here'];
  if (remote !== undefined) {
    const isGiven = (name: (typeof notWithRemote)[number]) => {
      const value = values[name];
      return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    };
    const own = notWithRemote.find(isGiven);
    if (own !== undefined)
      throw new UsageError(`--${own} is decided by the server of --remote. Leave out one of them.`);
    return createRemoteSegmenter({ url: remote, token: env.CLICKMASK_REMOTE_TOKEN });
  }
  const maxPixels = values['max-pixels'];
  const segmenter = await createSegmenter({
    model: model ?? modelInUse(defaultModelsFolder()),
    provider,
    engine: serverFromOptions(engine, {
      level: values['engine-level'],
      ...(here.length === 0 ? {} : { here }),
      token: env.CLICKMASK_ENGINE_TOKEN,
    }),
    threads: threads ?? place.threads,
    spin,
    workers: place.workers ?? 0,
    reading: readingOf(values),
    limits: maxPixels === undefined ? {} : { maxPixels },
    budgets: maxPixels === undefined ? {} : { pixels: maxPixels * 3 },
  });
  if (!segmenter.info.commercialUse && place.isQuiet !== true) {
    err(`Note: the licence of ${segmenter.info.model} (${segmenter.info.licence}) forbids commercial use.\n`);
  }
  return segmenter;
}

/** `--range` and `--bands`. */
export function readingOf({ range, bands }: Pick<PlaceValues, 'range' | 'bands'>): PictureReading {
  return readingFromOptions(range, bands);
}

export function refinementOf(values: ModelValues): RefinementOptions {
  const { cfr, zoom, flip, merge } = values;
  const clicks = values['cfr-clicks'];
  return {
    ...(cfr === undefined && clicks === undefined ? {} : { cascade: cascadeOf(cfr, clicks) }),
    ...(zoom === undefined ? {} : { zoomIn: zoomOf(zoom) }),
    ...(flip ? { flip: true } : {}),
    ...(merge === undefined ? {} : { progressiveMerge: mergeOf(merge) }),
  };
}

export function cleanUpOf(values: Values<typeof cleanUpOptions>): PostprocessOptions {
  const fillHoles = holesOf(values['fill-holes']);
  return {
    ...(fillHoles === undefined ? {} : { fillHoles }),
    ...(values['no-sis'] ? { structuralIntegrity: 'off' as const } : {}),
  };
}

export function postprocessOf(values: Values<typeof postprocessOptions>): PostprocessOptions {
  const { threshold, 'remove-specks': removeSpecks, largest: largestPart } = values;
  return { ...cleanUpOf(values), threshold, removeSpecks, largestPart };
}

function holesOf(text: string | undefined): PostprocessOptions['fillHoles'] {
  if (text === undefined) return undefined;
  if (!text.endsWith('%')) return readNumber('--fill-holes', text, { type: 'whole' });
  return { share: readNumber('--fill-holes', text.slice(0, -1), { max: 100 }) / 100 };
}

function zoomOf(zoom: 'on' | 'late' | 'small' | 'off'): RefinementOptions['zoomIn'] {
  if (zoom === 'off') return 'off';
  return { largestShare: zoom === 'on' ? 1 : smallShare, anySizeFrom: zoom === 'late' ? lateClick : null };
}

function mergeOf(merge: 'on' | 'off' | 'as-released'): RefinementOptions['progressiveMerge'] {
  return merge === 'off' ? 'off' : { whenUnchanged: merge === 'on' ? 'keep' : merge };
}

function cascadeOf(cfr: string | undefined, clicks: 'first' | 'every' | undefined): RefinementOptions['cascade'] {
  if (cfr === 'off') return 'off';
  const which = clicks === undefined ? {} : { clicks };
  if (cfr === 'auto') return { ...adaptiveCascade, ...which };
  if (cfr === undefined) return which;
  if (!/^\d+$/.test(cfr))
    throw new UsageError(`Expected a number of steps, auto or off for --cfr but received '${cfr}'.`);
  return { steps: readNumber('--cfr', cfr, { type: 'whole', max: 20 }), settledPixels: null, ...which };
}
