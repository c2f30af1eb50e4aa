import { type Click, checkClicks } from '../clicks/index.js';
import { ClickmaskError, isClickmaskError, unexpected } from '../errors/index.js';
import { type CocoRle, cocoRle } from '../formats/index.js';
import type { Box, ImagePoint, Size } from '../geometry/index.js';
import type { MaskRuns } from '../mask/index.js';
import { type RefinementOptions, resolveRefinement } from '../refinement/index.js';
import { normaliseBox } from './box-guide.js';
import { checkPostprocess, type PostprocessOptions } from './postprocess.js';
import type { Segmenter, SegmenterImage } from './segmenter.js';

/** A change to a session, as it is logged. */
export type SessionAction<M = MaskRuns> =
  | { readonly action: 'add'; readonly click: Click }
  | { readonly action: 'move'; readonly index: number; readonly to: ImagePoint }
  | { readonly action: 'remove'; readonly index: number }
  | { readonly action: 'box'; readonly box: Box | null }
  | { readonly action: 'mask'; readonly mask: M | null }
  | { readonly action: 'choose'; readonly candidate: 'best' | number }
  | { readonly action: 'clear' | 'undo' | 'redo' };

/** An action and when it was made: whole milliseconds since the session began. Masks are COCO RLE. */
export type LoggedAction = SessionAction<CocoRle> & { readonly at: number };

/** Options of a session on which its masks depend. */
export interface LoggedOptions {
  readonly refinement?: RefinementOptions;
  readonly postprocess?: PostprocessOptions;
}

/** All that was done in a session, as plain JSON: enough to get the same mask again. */
export interface ClickLog {
  readonly format: 'clickmask-click-log';
  readonly version: 1;
  readonly image: Size & { readonly key: string };
  /** Name and version of the model. */
  readonly model: string;
  readonly options: LoggedOptions;
  readonly actions: readonly LoggedAction[];
}

/** Most actions that are read; far more than a person makes on one picture. */
const maxActions = 100_000;

/** Collects a session's actions. */
export function createActionRecorder(
  segmenter: Pick<Segmenter, 'info'>,
  image: SegmenterImage,
  options: LoggedOptions,
  now: () => number,
): { add(action: SessionAction): void; log(): ClickLog } {
  const start = now();
  const actions: LoggedAction[] = [];
  return {
    add(action) {
      const at = Math.max(actions.at(-1)?.at ?? 0, Math.round(now() - start));
      if (action.action !== 'mask') actions.push({ at, ...action });
      else actions.push({ at, action: 'mask', mask: action.mask === null ? null : cocoRle.serialize(action.mask) });
    },
    log: () => ({
      format: 'clickmask-click-log',
      version: 1,
      image: { key: image.key, width: image.width, height: image.height },
      model: segmenter.info.model,
      // As JSON has it: a copy, in which "all" (Infinity) is a number that no picture reaches.
      options: JSON.parse(
        JSON.stringify(options, (_, value) => (value === Infinity ? Number.MAX_SAFE_INTEGER : value)),
      ),
      actions: [...actions],
    }),
  };
}

/**
 * Reads a click log that came from outside: a parsed JSON value, or its text.
 *
 * @throws ClickmaskError `bad-format` naming what is wrong
 *
 * @example
 * ```ts
 * import { parseClickLog } from '@clickmask/core/session';
 *
 * const log = parseClickLog({
 *   format: 'clickmask-click-log',
 *   version: 1,
 *   image: { key: 'cat', width: 451, height: 300 },
 *   model: 'clickmask-small 0.5.0',
 *   options: {},
 *   actions: [{ at: 0, action: 'add', click: { x: 200, y: 160, label: 'positive' } }],
 * });
 * console.log(log.actions.length); // 1
 * ```
 */
export function parseClickLog(value: unknown): ClickLog {
  const json = typeof value === 'string' ? parseJson(value) : value;
  const log = objectAt(json, 'the whole');
  if (log.format !== 'clickmask-click-log' || log.version !== 1) {
    throw wrong('the kind', "format 'clickmask-click-log', version 1", `${text(log.format)} ${text(log.version)}`);
  }
  const picture = objectAt(log.image, 'image');
  const size = { width: wholeAt(picture.width, 'image.width', 1), height: wholeAt(picture.height, 'image.height', 1) };
  if (typeof picture.key !== 'string' || picture.key === '') throw wrong('image.key', 'a text', picture.key);
  if (typeof log.model !== 'string') throw wrong('model', 'a text', log.model);
  if (!Array.isArray(log.actions)) throw wrong('actions', 'an array', log.actions);
  if (log.actions.length > maxActions) throw wrong('actions', `at most ${maxActions} actions`, log.actions.length);
  let last = 0;
  const actions = log.actions.map((item: unknown, i): LoggedAction => {
    const action = actionAt(item, `actions[${i}]`, size, last);
    last = action.at;
    return action;
  });
  return {
    format: 'clickmask-click-log',
    version: 1,
    image: { key: picture.key, ...size },
    model: log.model,
    options: optionsAt(log.options),
    actions,
  };
}

function actionAt(value: unknown, name: string, size: Size, last: number): LoggedAction {
  const item = objectAt(value, name);
  const at = wholeAt(item.at, `${name}.at`, last);
  switch (item.action) {
    case 'add': {
      const { x, y, label } = objectAt(item.click, `${name}.click`) as Partial<Click>;
      const click = { x, y, label } as Click;
      rethrow(name, () => checkClicks([click], size));
      return { at, action: 'add', click };
    }
    case 'move': {
      const { x, y } = objectAt(item.to, `${name}.to`) as Partial<ImagePoint>;
      const to = { x, y } as ImagePoint;
      rethrow(name, () => checkClicks([{ ...to, label: 'positive' }], size));
      return { at, action: 'move', index: wholeAt(item.index, `${name}.index`, 0), to };
    }
    case 'remove':
      return { at, action: 'remove', index: wholeAt(item.index, `${name}.index`, 0) };
    case 'box': {
      const box = item.box === null ? null : (objectAt(item.box, `${name}.box`) as unknown as Box);
      return { at, action: 'box', box: box === null ? null : rethrow(name, () => normaliseBox(box, size)) };
    }
    case 'mask': {
      const mask = item.mask === null ? null : (objectAt(item.mask, `${name}.mask`) as unknown as CocoRle);
      if (mask !== null) rethrow(name, () => cocoRle.parse(mask, { size }));
      return { at, action: 'mask', mask };
    }
    case 'choose': {
      const candidate = item.candidate === 'best' ? 'best' : wholeAt(item.candidate, `${name}.candidate`, 0);
      return { at, action: 'choose', candidate };
    }
    case 'clear':
    case 'undo':
    case 'redo':
      return { at, action: item.action };
    default:
      throw wrong(`${name}.action`, 'add, move, remove, box, mask, choose, clear, undo or redo', item.action);
  }
}

function optionsAt(value: unknown): LoggedOptions {
  const { refinement, postprocess } = objectAt(value, 'options') as LoggedOptions;
  if (refinement !== undefined) {
    objectAt(refinement, 'options.refinement');
    rethrow('options.refinement', () => resolveRefinement(refinement, plainRefinement));
  }
  if (postprocess !== undefined) {
    objectAt(postprocess, 'options.postprocess');
    rethrow('options.postprocess', () => checkPostprocess(postprocess));
  }
  return { ...(refinement && { refinement }), ...(postprocess && { postprocess }) };
}

/** Only what the log's own options are laid over to be checked. */
const plainRefinement = {
  cascade: { steps: 0, settledPixels: null, clicks: 'first' },
  zoomIn: null,
  flip: false,
} as const;

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new ClickmaskError('bad-format', 'Expected JSON for the click log.', { cause });
  }
}

function objectAt(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object', value);
  return value as Record<string, unknown>;
}

function wholeAt(value: unknown, name: string, min: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < min) throw wrong(name, `a whole number from ${min}`, value);
  return Number(value);
}

function rethrow<T>(name: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!isClickmaskError(cause)) throw cause;
    throw new ClickmaskError('bad-format', `${name} of the click log: ${cause.message}`, { cause });
  }
}

function wrong(name: string, expected: string, received: unknown): ClickmaskError {
  return unexpected('bad-format', `${name} of the log`, expected, received);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 40) : typeof value;
}
