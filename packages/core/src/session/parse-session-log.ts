import { type Click, checkClicks } from '../clicks/index.js';
import { ClickmaskError, isClickmaskError, unexpected } from '../errors/index.js';
import { type CocoRle, cocoRle } from '../formats/coco-rle.js';
import type { Box, ImagePoint, Size } from '../geometry/index.js';
import { RunBuilder } from '../mask/index.js';
import { resolveRefinement } from '../refinement/index.js';
import { checkPostprocess } from '../segmenter/postprocess.js';
import type { LogEntry, LoggedOptions, SessionLog } from './session-log.js';
import { takeBox } from './take-value.js';

/** Maximum number of entries; far more than a person makes on one image. */
const maxEntries = 100_000;

/**
 * Reads a session log from outside: a parsed JSON value, or its text. It also reads the two older kinds,
 * `clickmask-annotation-log` and `clickmask-click-log`.
 *
 * @throws ClickmaskError `bad-format` naming what is wrong
 *
 * @example
 * ```ts
 * import { parseSessionLog } from '@clickmask/core/session';
 *
 * const log = parseSessionLog({
 *   format: 'clickmask-click-log',
 *   version: 1,
 *   image: { key: 'cat', width: 451, height: 300 },
 *   model: 'clickmask-small 0.6.0',
 *   options: {},
 *   actions: [{ at: 0, action: 'add', click: { x: 200, y: 160, label: 'positive' } }],
 * });
 * console.log(log.entries[0].clicks.length); // 1
 * ```
 */
export function parseSessionLog(value: unknown): SessionLog {
  const log = objectAt(typeof value === 'string' ? parseJson(value) : value, 'the whole');
  const format = String(log.format);
  const read = log.version === 1 && Object.hasOwn(readers, format) ? readers[format] : undefined;
  if (read === undefined) {
    const known = Object.keys(readers).join(', ');
    throw wrong('the kind', `one of ${known}, version 1`, `${text(log.format)} ${text(log.version)}`);
  }
  const picture = objectAt(log.image, 'image');
  const size = { width: wholeAt(picture.width, 'image.width', 1), height: wholeAt(picture.height, 'image.height', 1) };
  if (typeof picture.key !== 'string') throw wrong('image.key', 'a text', picture.key);
  if (typeof log.model !== 'string') throw wrong('model', 'a text', log.model);
  return {
    format: 'clickmask-session-log',
    version: 1,
    model: log.model,
    image: { key: picture.key, ...size },
    options: log.options === undefined ? {} : optionsAt(log.options),
    entries: read(log, size),
  };
}

/** The reader of each kind of log. */
const readers: Readonly<Record<string, (log: Record<string, unknown>, size: Size) => readonly LogEntry[]>> = {
  'clickmask-session-log': (log, size) => listAt(log.entries, 'entries').map((item, i) => entryAt(item, i, size)),
  'clickmask-annotation-log': (log, size) =>
    listAt(log.entries, 'entries').map((item, i) => {
      const entry = objectAt(item, `entries[${i}]`);
      const start = entry.start == null ? null : cocoRle.serialize(runsOfList(listAt(entry.start, 'start'), size));
      return entryAt({ ...entry, start }, i, size);
    }),
  'clickmask-click-log': entriesOfActions,
};

function entryAt(value: unknown, index: number, size: Size): LogEntry {
  const name = `entries[${index}]`;
  const { at, object, clicks, box, start, candidate, area, checksum, milliseconds } = objectAt(value, name);
  if (object != null && typeof object !== 'string') throw wrong(`${name}.object`, 'a text or null', object);
  if (checksum != null && typeof checksum !== 'string') throw wrong(`${name}.checksum`, 'a text or null', checksum);
  if (milliseconds != null && !Number.isFinite(milliseconds))
    throw wrong(`${name}.milliseconds`, 'a number', milliseconds);
  return {
    at: wholeAt(at, `${name}.at`, 0),
    object: object ?? null,
    clicks: clicksAt(clicks, name, size),
    box: box == null ? null : rethrow(name, () => takeBox(objectAt(box, `${name}.box`) as unknown as Box)),
    start: start == null ? null : startAt(start, name, size),
    candidate: candidate == null ? null : wholeAt(candidate, `${name}.candidate`, 0),
    area: area == null ? null : wholeAt(area, `${name}.area`, 0),
    checksum: checksum ?? null,
    milliseconds: (milliseconds as number | null | undefined) ?? null,
  };
}

function clicksAt(value: unknown, name: string, size: Size): readonly Click[] {
  const clicks = listAt(value, `${name}.clicks`);
  rethrow(name, () => checkClicks(clicks, size));
  return (clicks as readonly Click[]).map(({ x, y, label }) => ({ x, y, label }));
}

function startAt(value: unknown, name: string, size: Size): CocoRle {
  const start = objectAt(value, `${name}.start`) as unknown as CocoRle;
  rethrow(name, () => cocoRle.parse(start, { size }));
  return start;
}

/** For the older log with a list of actions: the request that each action leads to, after undo and redo. */
function entriesOfActions(log: Record<string, unknown>, size: Size): readonly LogEntry[] {
  type Asked = Pick<LogEntry, 'clicks' | 'box' | 'start' | 'candidate'>;
  const none: Asked = { clicks: [], box: null, start: null, candidate: null };
  let states: Asked[] = [none];
  let current = 0;
  const entries: LogEntry[] = [];
  listAt(log.actions, 'actions').forEach((item, i) => {
    const name = `actions[${i}]`;
    const action = objectAt(item, name);
    const at = wholeAt(action.at, `${name}.at`, entries.at(-1)?.at ?? 0);
    if (action.action === 'undo') current = Math.max(0, current - 1);
    else if (action.action === 'redo') current = Math.min(states.length - 1, current + 1);
    else {
      const next =
        action.action === 'clear'
          ? none
          : { ...states[current], ...changeOf(action, states[current].clicks, name, size) };
      states = [...states.slice(0, current + 1), next];
      current = states.length - 1;
      if (next.clicks.length > 0 || next.box !== null) {
        entries.push({ at, object: null, ...next, area: null, checksum: null, milliseconds: null });
      }
    }
  });
  // The final mask is requested last, even if steps were undone.
  const last = states[current];
  if (entries.length > 0 && (last.clicks.length > 0 || last.box !== null)) {
    const { at } = entries[entries.length - 1];
    if (states.length - 1 !== current)
      entries.push({ at, object: null, ...last, area: null, checksum: null, milliseconds: null });
  }
  return entries;
}

/** How an action of the older log changes the request. */
function changeOf(
  action: Record<string, unknown>,
  clicks: readonly Click[],
  name: string,
  size: Size,
): Partial<Pick<LogEntry, 'clicks' | 'box' | 'start' | 'candidate'>> {
  const indexAt = () => {
    const index = wholeAt(action.index, `${name}.index`, 0);
    if (index >= clicks.length) throw wrong(`${name}.index`, `the index of one of ${clicks.length} clicks`, index);
    return index;
  };
  switch (action.action) {
    case 'add':
      return { candidate: null, clicks: clicksAt([...clicks, action.click], name, size) };
    case 'move': {
      const index = indexAt();
      const { x, y } = objectAt(action.to, `${name}.to`) as unknown as ImagePoint;
      const moved = clicks.map((click, i) => (i === index ? { ...click, x, y } : click));
      return { candidate: null, clicks: clicksAt(moved, name, size) };
    }
    case 'remove': {
      const index = indexAt();
      return { candidate: null, clicks: clicks.filter((_, i) => i !== index) };
    }
    case 'box': {
      const box = action.box === null ? null : (objectAt(action.box, `${name}.box`) as unknown as Box);
      return { candidate: null, box: box === null ? null : rethrow(name, () => takeBox(box)) };
    }
    case 'mask':
      return { candidate: null, start: action.mask === null ? null : startAt(action.mask, name, size) };
    case 'choose':
      return { candidate: action.candidate === 'best' ? null : wholeAt(action.candidate, `${name}.candidate`, 0) };
    default:
      throw wrong(`${name}.action`, 'add, move, remove, box, mask, choose, clear, undo or redo', action.action);
  }
}

/** Reads the older log's runs: `[row, first column, column after the last]` for each. */
function runsOfList(list: readonly unknown[], size: Size) {
  const builder = new RunBuilder(size);
  let lastRow = 0;
  let lastEnd = 0;
  for (let i = 0; i < list.length; i += 3) {
    const [y, start, end] = list.slice(i, i + 3) as number[];
    const whole = [y, start, end].every(Number.isInteger);
    const inOrder = y > lastRow ? y < size.height : y === lastRow && start >= lastEnd;
    if (!whole || !inOrder || start < 0 || end <= start || end > size.width) {
      throw wrong(`the starting mask (value ${i})`, 'runs inside the image, in order', `${y}, ${start}, ${end}`);
    }
    builder.add(y, start, end);
    lastRow = y;
    lastEnd = end;
  }
  return builder.finish();
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

/** Only the fields that the log's options are checked against. */
const plainRefinement = {
  cascade: { steps: 0, settledPixels: null, clicks: 'first' },
  zoomIn: null,
  flip: false,
} as const;

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new ClickmaskError('bad-format', 'Expected JSON for the session log.', { cause });
  }
}

function objectAt(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object', value);
  return value as Record<string, unknown>;
}

function listAt(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(name, 'an array', value);
  if (name !== 'start' && value.length > maxEntries) throw wrong(name, `at most ${maxEntries} items`, value.length);
  return value;
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
    throw new ClickmaskError('bad-format', `${name} of the session log: ${cause.message}`, { cause });
  }
}

function wrong(name: string, expected: string, received: unknown): ClickmaskError {
  return unexpected('bad-format', `${name} of the log`, expected, received);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 40) : typeof value;
}
