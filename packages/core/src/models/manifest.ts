import { ClickmaskError, describe, isListOf } from '../errors/index.js';
import type { ProgressiveMergeOptions, StructuralIntegrityOptions } from '../mask/index.js';
import type { CascadeOptions, ZoomInOptions } from '../refinement/index.js';

/** The version of the manifest's format that this code reads. */
export const manifestFormat = 1;

/** A licence as stated by the model's authors. */
export interface ModelLicence {
  /** SPDX identifier, if there is one. */
  readonly id: string;
  readonly url?: string;
  /** False if the licence forbids commercial use. The command line then says so. */
  readonly commercialUse: boolean;
  readonly note?: string;
}

/** A tensor declared in the manifest. A variable dimension is a name. */
export interface DeclaredTensor {
  readonly name: string;
  readonly type: 'float32' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool';
  readonly shape: readonly (number | string)[];
}

export interface ModelGraph {
  /** File name in the model's folder. */
  readonly file: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
}

/** Default refinement. */
export interface RefinementDefaults {
  readonly cascade: CascadeOptions;
  readonly zoomIn: ZoomInOptions | null;
  readonly flip: boolean;
  /** How a starting mask is corrected. If left out, a click may change all of it. */
  readonly progressiveMerge?: ProgressiveMergeOptions;
  /** Which parts of a mask stay. If left out: 8-connected parts with a positive click, or all if none has one. */
  readonly structuralIntegrity?: Required<StructuralIntegrityOptions> | 'off';
  /** Holes up to this share of the mask, without a negative click, are filled. If left out: none. */
  readonly fillHoles?: { readonly share: number };
}

/** `model.json`: everything about a model except its weights. */
export interface ModelManifest {
  readonly format: typeof manifestFormat;
  readonly family: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly licence: ModelLicence;
  /** Origin of the weights: a sentence and, if there is one, a URL. */
  readonly source: { readonly text: string; readonly url?: string };
  /** Probability above which a pixel is set. */
  readonly threshold: number;
  readonly refinement: RefinementDefaults;
  readonly graphs: Readonly<Record<string, ModelGraph>>;
  /** Options for the family. Its own code checks them. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Checks a parsed `model.json`.
 *
 * @throws ClickmaskError `bad-model` with the field, what was expected, and what was found
 *
 * @example
 * ```ts
 * import { isClickmaskError } from '@clickmask/core';
 * import { parseManifest } from '@clickmask/core/models';
 *
 * try {
 *   parseManifest({ format: 1, family: 'clickmask' });
 * } catch (error) {
 *   console.log(isClickmaskError(error, 'bad-model')); // true
 * }
 * ```
 */
export function parseManifest(json: unknown): ModelManifest {
  const root = new Fields(json, '');
  const format = root.number('format', 1);
  if (format !== manifestFormat) throw root.wrong('format', `${manifestFormat}, the only form this version reads`);
  const licence = root.object('licence');
  const source = root.object('source');
  const refinement = root.object('refinement');
  const cascade = refinement.object('cascade');
  const graphs = root.object('graphs');
  if (graphs.keys().length === 0) throw root.wrong('graphs', 'at least one graph');
  return {
    format: manifestFormat,
    family: root.name('family'),
    name: root.name('name'),
    version: root.text('version'),
    description: root.text('description'),
    licence: {
      id: licence.text('id'),
      commercialUse: licence.boolean('commercialUse'),
      ...licence.optionalText('url'),
      ...licence.optionalText('note'),
    },
    source: { text: source.text('text'), ...source.optionalText('url') },
    threshold: root.number('threshold', 0, 1),
    refinement: {
      cascade: {
        steps: cascade.integer('steps', 0, 20),
        settledPixels: cascade.isNull('settledPixels') ? null : cascade.integer('settledPixels', 0),
        clicks: cascade.choice('clicks', ['first', 'every'] as const),
      },
      zoomIn: refinement.isNull('zoomIn') ? null : zoomIn(refinement.object('zoomIn')),
      flip: refinement.boolean('flip'),
      ...progressiveMerge(refinement),
      ...structuralIntegrity(refinement),
      ...(refinement.has('fillHoles')
        ? { fillHoles: { share: refinement.object('fillHoles').number('share', 0, 1) } }
        : {}),
    },
    graphs: Object.fromEntries(graphs.keys().map((key) => [key, graph(graphs.object(key))])),
    options: root.has('options') ? root.object('options').raw : {},
  };
}

function zoomIn(fields: Fields): ZoomInOptions {
  return {
    skipClicks: fields.integer('skipClicks', -1),
    expansion: fields.number('expansion', 1, 10),
    minSize: fields.integer('minSize', 1),
    keepIou: fields.number('keepIou', 0, 1),
    threshold: fields.number('threshold', 0, 1),
    ...(fields.has('largestShare') ? { largestShare: fields.number('largestShare', 0, 1) } : {}),
    ...(fields.has('anySizeFrom') && !fields.isNull('anySizeFrom')
      ? { anySizeFrom: fields.integer('anySizeFrom', 1) }
      : {}),
    ...(fields.has('whenEmpty') ? { whenEmpty: fields.choice('whenEmpty', ['whole', 'as-released']) } : {}),
  };
}

function progressiveMerge(refinement: Fields): Pick<RefinementDefaults, 'progressiveMerge'> {
  if (!refinement.has('progressiveMerge') || refinement.isNull('progressiveMerge')) return {};
  const merge = refinement.object('progressiveMerge');
  return { progressiveMerge: { whenUnchanged: merge.choice('whenUnchanged', ['keep', 'as-released']) } };
}

function structuralIntegrity(refinement: Fields): Pick<RefinementDefaults, 'structuralIntegrity'> {
  if (!refinement.has('structuralIntegrity')) return {};
  if (refinement.raw.structuralIntegrity === 'off') return { structuralIntegrity: 'off' };
  const integrity = refinement.object('structuralIntegrity');
  const connectivity = integrity.integer('connectivity', 4, 8);
  if (connectivity !== 4 && connectivity !== 8) throw integrity.wrong('connectivity', '4 or 8');
  return {
    structuralIntegrity: { connectivity, whenNoneHit: integrity.choice('whenNoneHit', ['keep', 'empty']) },
  };
}

function graph(fields: Fields): ModelGraph {
  const file = fields.text('file');
  // Only a file name, because a stranger's manifest must not reach outside its folder.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(file)) throw fields.wrong('file', 'a plain file name');
  // Some file systems do not tell capitals from small letters.
  if (/^model\.json$/i.test(file)) throw fields.wrong('file', 'another name than the manifest has');
  const sha256 = fields.text('sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw fields.wrong('sha256', '64 lower-case hex digits');
  return {
    file,
    sha256,
    bytes: fields.integer('bytes', 1),
    inputs: fields.list('inputs').map(tensor),
    outputs: fields.list('outputs').map(tensor),
  };
}

const tensorTypes = ['float32', 'float16', 'int32', 'int64', 'uint8', 'bool'] as const;

function tensor(fields: Fields): DeclaredTensor {
  const shape = fields.raw.shape;
  const valid = (size: unknown): size is string | number =>
    (typeof size === 'string' && size !== '') || (Number.isInteger(size) && Number(size) > 0);
  if (!isListOf(shape, valid)) throw fields.wrong('shape', 'an array of sizes or dimension names');
  return { name: fields.text('name'), type: fields.choice('type', tensorTypes), shape };
}

/** Reads the fields of a JSON object, and names their full path in errors. */
export class Fields {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(json: unknown, path: string) {
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw problem(path || 'model.json', 'an object', json);
    this.raw = json as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  wrong(key: string, expected: string): ClickmaskError {
    return problem(this.#name(key), expected, this.#get(key));
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  isNull(key: string): boolean {
    return this.#get(key) === null;
  }

  keys(): readonly string[] {
    return Object.keys(this.raw);
  }

  object(key: string): Fields {
    return new Fields(this.#get(key), this.#name(key));
  }

  list(key: string): readonly Fields[] {
    const value = this.#get(key);
    if (!Array.isArray(value)) throw this.wrong(key, 'an array');
    return value.map((item, index) => new Fields(item, `${this.#name(key)}[${index}]`));
  }

  text(key: string): string {
    const value = this.#get(key);
    if (typeof value !== 'string' || value === '') throw this.wrong(key, 'a text');
    return value;
  }

  optionalText<K extends string>(key: K): { readonly [P in K]?: string } {
    return (this.has(key) ? { [key]: this.text(key) } : {}) as { readonly [P in K]?: string };
  }

  /** A name that is safe in messages, paths and URLs. */
  name(key: string): string {
    const value = this.text(key);
    if (!/^[a-z0-9][a-z0-9._-]*$/i.test(value)) throw this.wrong(key, 'letters, digits, dots, dashes and underscores');
    return value;
  }

  number(key: string, min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
    const value = this.#get(key);
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw this.wrong(key, `a number from ${min} to ${max}`);
    return value;
  }

  integer(key: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(key, min, max);
    if (!Number.isInteger(value)) throw this.wrong(key, 'a whole number');
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#get(key);
    if (typeof value !== 'boolean') throw this.wrong(key, 'true or false');
    return value;
  }

  choice<const T extends readonly string[]>(key: string, choices: T): T[number] {
    const value = this.#get(key);
    if (!choices.includes(value as string)) throw this.wrong(key, `one of ${choices.join(', ')}`);
    return value as T[number];
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.raw, key) ? this.raw[key] : undefined;
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

function problem(name: string, expected: string, found: unknown): ClickmaskError {
  const message = `The model's manifest is not valid: expected ${expected} for ${name} but found ${describe(found)}. Export the model again, or correct model.json.`;
  return new ClickmaskError('bad-model', message, { details: { field: name, expected } });
}
