import { ClickmaskError, type PostprocessOptions, type Provider } from '@clickmask/core';
import { readingFromOptions } from '@clickmask/core/adapters';
import type { PictureReading } from '@clickmask/core/node';
import { type InferenceServer, serverFromOptions } from '@clickmask/core/serving';
import type { InteractorPostprocess } from '../interactor/index.js';
import { isVersion, replyFormatFor } from '../releases/index.js';
import { type ReplyFormat, replyFormats } from '../replies/index.js';

/** The settings of a deployed function, from the environment that `function.yaml` sets. */
export interface FunctionSettings {
  /** `CLICKMASK_MODEL`: name or folder. Default: the embedded model. */
  readonly model?: string;
  /** `CLICKMASK_PROVIDER`: `auto` (default), `cpu`, `cuda` or `webgpu`. */
  readonly provider: 'auto' | Provider;
  /** `CLICKMASK_ENGINE`, `CLICKMASK_ENGINE_LEVEL`, `CLICKMASK_ENGINE_HERE`, `CLICKMASK_ENGINE_TOKEN`. Default: none. */
  readonly engine?: InferenceServer;
  /** `CLICKMASK_REMOTE`, `CLICKMASK_REMOTE_TOKEN`: another segmenter that does all the work. Default: none. */
  readonly remote?: { readonly url: string; readonly token?: string };
  /** `CLICKMASK_THREADS`: threads of the network. Default: all cores. */
  readonly threads?: number;
  /** `CLICKMASK_SPIN`: `on` makes waiting threads spin, for a machine with no other work. Default `off`. */
  readonly spin: boolean;
  /** `CLICKMASK_REPLY`: `mask` (default), `mask-bounds`, `shapes`, or `auto` to choose by `CLICKMASK_CVAT_VERSION`. */
  readonly reply: ReplyFormat;
  /**
   * `CLICKMASK_THRESHOLD`, `CLICKMASK_PARTS` (`clicked`, `largest` or `all`), `CLICKMASK_FILL_HOLES`,
   * `CLICKMASK_REMOVE_SPECKS`, `CLICKMASK_SMOOTH`.
   */
  readonly postprocess: InteractorPostprocess;
  /** `CLICKMASK_CASCADE`: steps of cascade-forward refinement, or `auto`. Default: the model's. */
  readonly cascade?: number | 'auto';
  /** `CLICKMASK_MAX_PIXELS`: pixels of the largest frame. Default 64,000,000. */
  readonly maxPixels: number;
  /** `CLICKMASK_RANGE` and `CLICKMASK_BANDS`: how frames of more than 8 bits or three bands are read. */
  readonly reading?: PictureReading;
  /** `CLICKMASK_CACHE_MB`: megabytes for frames, features and earlier clicks together. Default 160. */
  readonly cacheMb: number;
  /** `CLICKMASK_DEADLINE_MS`: milliseconds. Default 25,000. */
  readonly deadlineMs: number;
  /** `CLICKMASK_STREAM_FROM`: replies of at least this many bytes go through a file. Default 262,144; 0 disables it. */
  readonly streamFrom: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of a function, with their possible values. */
export const functionVariables: Readonly<Record<string, string>> = Object.freeze({
  CLICKMASK_MODEL: 'name or folder of the model',
  CLICKMASK_PROVIDER: 'auto, cpu, cuda or webgpu',
  CLICKMASK_ENGINE: 'address of an inference server that runs the network, such as http://triton:8000',
  CLICKMASK_ENGINE_LEVEL: 'auto, click (one call a click) or plain (a call a graph)',
  CLICKMASK_ENGINE_HERE: 'graphs that still run in the function, such as decoder',
  CLICKMASK_ENGINE_TOKEN: 'bearer token for the inference server',
  CLICKMASK_REMOTE:
    'address of a whole segmenter behind HTTP that does the work, such as http://segmenter:8080/clickmask',
  CLICKMASK_REMOTE_TOKEN: 'bearer token for that segmenter',
  CLICKMASK_THREADS: 'threads of the network, 1 to 256',
  CLICKMASK_SPIN: 'on or off: whether waiting threads spin',
  CLICKMASK_REPLY: 'mask, mask-bounds, shapes or auto',
  CLICKMASK_CVAT_VERSION: 'version of CVAT, such as 2.54, for CLICKMASK_REPLY=auto',
  CLICKMASK_THRESHOLD: 'probability from which a pixel belongs to the object, 0 to 1',
  CLICKMASK_PARTS: 'clicked (parts with a positive click), largest or all',
  CLICKMASK_FILL_HOLES: 'holes of up to this many pixels are filled, or of up to N% of the mask, or all',
  CLICKMASK_REMOVE_SPECKS: 'parts of fewer pixels are dropped',
  CLICKMASK_SMOOTH: 'radius in pixels by which the outline is smoothed, 0 to 64',
  CLICKMASK_CASCADE: 'steps of cascade-forward refinement, 0 to 8, or auto',
  CLICKMASK_MAX_PIXELS: 'largest frame in pixels',
  CLICKMASK_RANGE: 'of deep frames the values shown as black and white, such as 0,4095, or full',
  CLICKMASK_BANDS: 'of frames with many bands those that are shown, such as 4,3,2',
  CLICKMASK_CACHE_MB: 'megabytes for frames, features and earlier clicks',
  CLICKMASK_DEADLINE_MS: 'milliseconds after which a request is given up',
  CLICKMASK_STREAM_FROM: 'bytes from which a reply goes through a file, 0 for never',
});

/**
 * Reads the settings of a function from environment variables. An empty variable counts as absent.
 *
 * @throws ClickmaskError `bad-option` that names the variable and its possible values; also for an unknown `CLICKMASK_`
 * variable
 */
export function readFunctionSettings(env: Environment): FunctionSettings {
  const reader = createReader(env);
  const fillHoles = readHoles(reader);
  const cascade = reader.text('CLICKMASK_CASCADE');
  const parts = reader.choice('CLICKMASK_PARTS', ['clicked', 'largest', 'all'] as const) ?? 'clicked';
  const threshold = reader.number('CLICKMASK_THRESHOLD', 0, 1);
  const settings: FunctionSettings = {
    model: reader.text('CLICKMASK_MODEL'),
    provider: reader.choice('CLICKMASK_PROVIDER', ['auto', 'cpu', 'cuda', 'webgpu'] as const) ?? 'auto',
    engine: serverFromOptions(reader.text('CLICKMASK_ENGINE'), {
      level: reader.choice('CLICKMASK_ENGINE_LEVEL', ['auto', 'click', 'plain'] as const),
      here: reader.text('CLICKMASK_ENGINE_HERE')?.split(','),
      token: reader.text('CLICKMASK_ENGINE_TOKEN'),
    }),
    remote: readRemote(reader),
    threads: reader.integer('CLICKMASK_THREADS', 1, 256),
    spin: reader.choice('CLICKMASK_SPIN', ['on', 'off'] as const) === 'on',
    reply: readReply(reader),
    postprocess: {
      ...(threshold === undefined ? {} : { threshold }),
      ...(parts === 'clicked' ? {} : { structuralIntegrity: 'off', largestPart: parts === 'largest' }),
      ...(fillHoles === undefined ? {} : { fillHoles }),
      removeSpecks: reader.integer('CLICKMASK_REMOVE_SPECKS', 0) ?? 0,
      smooth: reader.integer('CLICKMASK_SMOOTH', 0, 64) ?? 0,
    },
    cascade: cascade === 'auto' ? 'auto' : reader.integer('CLICKMASK_CASCADE', 0, 8),
    maxPixels: reader.integer('CLICKMASK_MAX_PIXELS', 1, 1e9) ?? 64e6,
    ...readReading(reader),
    cacheMb: reader.integer('CLICKMASK_CACHE_MB', 8, 1_000_000) ?? 160,
    deadlineMs: reader.integer('CLICKMASK_DEADLINE_MS', 1, 86_400_000) ?? 25_000,
    streamFrom: reader.integer('CLICKMASK_STREAM_FROM', 0) || 262_144,
  };
  const streamOff = reader.integer('CLICKMASK_STREAM_FROM', 0) === 0;
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('CLICKMASK_') && !(name in functionVariables) && name !== 'CLICKMASK_HOME',
  );
  if (unknown.length > 0) {
    const known = Object.keys(functionVariables).join(', ');
    throw new ClickmaskError('bad-option', `Unknown variables ${unknown.join(', ')}. Known are ${known}.`);
  }
  return streamOff ? { ...settings, streamFrom: Number.POSITIVE_INFINITY } : settings;
}

/** A remote segmenter has its own model and machine. */
function readRemote(reader: Reader): FunctionSettings['remote'] {
  const url = reader.text('CLICKMASK_REMOTE');
  if (url === undefined) return undefined;
  const own = ['CLICKMASK_MODEL', 'CLICKMASK_ENGINE'].find((name) => reader.text(name) !== undefined);
  if (own !== undefined) {
    throw new ClickmaskError(
      'bad-option',
      `${own} is decided by the segmenter at CLICKMASK_REMOTE. Leave out one of them.`,
    );
  }
  return { url, token: reader.text('CLICKMASK_REMOTE_TOKEN') };
}

/** Undefined leaves the choice to the model. */
function readHoles(reader: Reader): PostprocessOptions['fillHoles'] {
  const name = 'CLICKMASK_FILL_HOLES';
  const text = reader.text(name);
  if (text === 'all') return Number.POSITIVE_INFINITY;
  if (text !== undefined && /\d%$/.test(text)) return { share: (reader.number(name, 0, 100, '%') as number) / 100 };
  return reader.integer(name, 0);
}

function readReading(reader: Reader): Pick<FunctionSettings, 'reading'> {
  const [range, bands] = [reader.text('CLICKMASK_RANGE'), reader.text('CLICKMASK_BANDS')];
  return range === undefined && bands === undefined ? {} : { reading: readingFromOptions(range, bands) };
}

function readReply(reader: Reader): ReplyFormat {
  const reply = reader.choice('CLICKMASK_REPLY', [...replyFormats, 'auto'] as const) ?? 'mask';
  const version = reader.text('CLICKMASK_CVAT_VERSION');
  if (reply !== 'auto') return reply;
  if (version === undefined || !isVersion(version)) {
    const message = `Expected CLICKMASK_CVAT_VERSION such as 2.54 with CLICKMASK_REPLY=auto but received ${version ?? 'none'}.`;
    throw new ClickmaskError('bad-option', message);
  }
  return replyFormatFor(version);
}

interface Reader {
  text(name: string): string | undefined;
  choice<T extends string>(name: string, values: readonly T[]): T | undefined;
  /** @param unit - text after the number, which is removed */
  number(name: string, min: number, max?: number, unit?: string): number | undefined;
  integer(name: string, min: number, max?: number): number | undefined;
}

function createReader(env: Environment): Reader {
  const text = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === '' ? undefined : value;
  };
  const wrong = (name: string, expected: string): ClickmaskError =>
    new ClickmaskError(
      'bad-option',
      `Expected ${expected} for ${name} (${functionVariables[name]}) but received "${text(name)}".`,
    );
  const number = (name: string, min: number, max = Number.MAX_SAFE_INTEGER, unit = ''): number | undefined => {
    const value = text(name)?.replace(unit, '');
    if (value === undefined) return undefined;
    const parsed = Number(value);
    if (!(parsed >= min && parsed <= max)) throw wrong(name, `a number from ${min} to ${max}`);
    return parsed;
  };
  return {
    text,
    number,
    choice: (name, values) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) throw wrong(name, values.join(', '));
      return found;
    },
    integer: (name, min, max) => {
      const parsed = number(name, min, max);
      if (parsed !== undefined && !Number.isInteger(parsed)) throw wrong(name, 'a whole number');
      return parsed;
    },
  };
}
