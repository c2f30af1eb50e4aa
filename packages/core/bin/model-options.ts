import { readingFromOptions } from '../src/adapters.js';
import {
  adaptiveCascade,
  createRemoteSegmenter,
  createSegmenter,
  type PictureReading,
  type PostprocessOptions,
  type RefinementOptions,
  type Segmenter,
} from '../src/node.js';
import { serverFromOptions } from '../src/runtime/oip/index.js';
import { BadUse, choiceOption, numberOption, wholeOption } from './command.js';

/** Options that every command which runs a model shares. */
export const modelOptions = {
  model: { type: 'string' },
  provider: { type: 'string' },
  engine: { type: 'string' },
  'engine-level': { type: 'string' },
  'engine-here': { type: 'string' },
  remote: { type: 'string' },
  threads: { type: 'string' },
  spin: { type: 'boolean' },
  cfr: { type: 'string' },
  'cfr-clicks': { type: 'string' },
  zoom: { type: 'string' },
  flip: { type: 'boolean' },
  merge: { type: 'string' },
  'max-pixels': { type: 'string' },
  range: { type: 'string' },
  bands: { type: 'string' },
} as const;

/** What `--zoom small` takes for small: the share of the picture that the region covers. */
const smallShare = 0.3;
/** The click from which `--zoom late` looks closer at objects of any size. */
const lateClick = 4;

export const modelHelp = `  --model NAME|DIR       model by name, or a folder with a model.json (default: the embedded clickmask-small)
  --provider NAME        auto (default), cpu, webgpu or cuda
  --engine URL           run the network on an inference server: grpc://HOST:8001 or http://HOST:8000; a token for it
                         comes from CLICKMASK_ENGINE_TOKEN
  --engine-level LEVEL   auto (default), click (one call a click) or plain (a call a graph)
  --engine-here GRAPHS   graphs that still run here, such as decoder
  --remote URL           let a whole segmenter behind HTTP do the work, with its own model; a token for it comes from
                         CLICKMASK_REMOTE_TOKEN
  --threads N            threads of the network on a CPU (default: all cores)
  --spin                 let waiting threads spin: for a machine that does nothing else
  --cfr N|auto|off       cascade-forward refinement: N steps, adaptive (at most 4), or none (default: the model's)
  --cfr-clicks WHICH     first or every: on which clicks it is applied (default: the model's)
  --zoom on|late|small|off
                         look closer at the object after the first mask: always; where its surroundings are at most
                         ${smallShare} of the picture, and from click ${lateClick} on always; only there; never (default: the model's)
  --flip                 average with the mirrored picture: slower, a little more exact
  --merge on|off|as-released
                         with a starting mask: each click changes only the part that holds it (FocalClick's progressive
                         merge; as-released: also what its released code does there; default: the model's)
  --max-pixels N         largest accepted picture (default 64000000)
  --range LOW,HIGH|full  of deep pictures (12 or 16 bits, floats, signed): the values shown as black and white, or all that
                         the samples can hold (default: the file's own, else by percentiles; a note says which)
  --bands N|R,G,B        of pictures with many bands: which are shown, counted from 1 (default: the first three)
`;

type Values = { readonly [K in keyof typeof modelOptions]?: string | boolean };

/** What a segmenter elsewhere has of its own. */
const notWithRemote = ['model', 'provider', 'engine', 'engine-level', 'engine-here', 'threads', 'spin'] as const;

/** How a command wants its segmenter; left out: in this thread, on all cores. */
export interface SegmenterPlace {
  readonly workers?: number;
  /** Of each; `--threads` comes first. */
  readonly threads?: number;
  /** Says nothing of the licence: another one has. */
  readonly isQuiet?: boolean;
}

/** The segmenter that the options describe: here, or one behind HTTP. */
export async function openSegmenter(values: Values, place: SegmenterPlace = {}): Promise<Segmenter> {
  const text = (name: keyof Values) => values[name] as string | undefined;
  const remote = text('remote');
  if (remote !== undefined) {
    const own = notWithRemote.find((name) => values[name] !== undefined);
    if (own !== undefined) throw new BadUse(`--${own} is up to the server of --remote. Leave one of them out.`);
    return createRemoteSegmenter({ url: remote, token: process.env.CLICKMASK_REMOTE_TOKEN });
  }
  const maxPixels = maxPixelsOf(values);
  const segmenter = await createSegmenter({
    model: text('model'),
    provider: choiceOption('provider', text('provider'), ['auto', 'cpu', 'webgpu', 'cuda']),
    engine: serverFromOptions(text('engine'), {
      level: choiceOption('engine-level', text('engine-level'), ['auto', 'click', 'plain']),
      here: text('engine-here')?.split(','),
      token: process.env.CLICKMASK_ENGINE_TOKEN,
    }),
    threads: wholeOption('threads', text('threads'), 1, 1024) ?? place.threads,
    spin: values.spin === true,
    workers: place.workers ?? 0,
    reading: readingOf(values),
    limits: maxPixels === undefined ? {} : { maxPixels },
    budgets: maxPixels === undefined ? {} : { pixels: maxPixels * 3 },
  });
  if (!segmenter.info.commercialUse && place.isQuiet !== true) {
    process.stderr.write(
      `Note: the licence of ${segmenter.info.model} (${segmenter.info.licence}) forbids commercial use.\n`,
    );
  }
  return segmenter;
}

/** The largest accepted picture, where it was given. */
export function maxPixelsOf(values: Values): number | undefined {
  return wholeOption('max-pixels', values['max-pixels'] as string | undefined, 1);
}

/** `--range` and `--bands`. */
export function readingOf(values: Values): PictureReading {
  return readingFromOptions(values.range as string | undefined, values.bands as string | undefined);
}

export function refinementOf(values: Values): RefinementOptions {
  const cfr = values.cfr as string | undefined;
  const clicks = choiceOption('cfr-clicks', values['cfr-clicks'] as string | undefined, ['first', 'every']);
  const zoom = choiceOption('zoom', values.zoom as string | undefined, ['on', 'late', 'small', 'off']);
  const merge = choiceOption('merge', values.merge as string | undefined, ['on', 'off', 'as-released']);
  return {
    ...(cfr === undefined && clicks === undefined ? {} : { cascade: cascadeOf(cfr, clicks) }),
    ...(zoom === undefined ? {} : { zoomIn: zoomOf(zoom) }),
    ...(values.flip === true ? { flip: true } : {}),
    ...(merge === undefined ? {} : { progressiveMerge: mergeOf(merge) }),
  };
}

/** `--fill-holes`: pixels, or a share of the mask in per cent. */
export function holesOption(text: string | undefined): PostprocessOptions['fillHoles'] {
  if (text?.endsWith('%') !== true) return wholeOption('fill-holes', text, 0);
  return { share: (numberOption('fill-holes', text.slice(0, -1), 0, 100) as number) / 100 };
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
  if (!/^\d+$/.test(cfr)) throw new BadUse(`Expected a number of steps, auto or off for --cfr but received '${cfr}'.`);
  return { steps: numberOption('cfr', cfr, 0, 20) as number, settledPixels: null, ...which };
}
