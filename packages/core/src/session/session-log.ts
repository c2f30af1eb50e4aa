import type { Click } from '../clicks/index.js';
import { type CocoRle, cocoRle } from '../formats/coco-rle.js';
import type { Box, Size } from '../geometry/index.js';
import { area, type MaskRuns } from '../mask/index.js';
import type { RefinementOptions } from '../refinement/index.js';
import type { PostprocessOptions } from '../segmenter/postprocess.js';
import type { ObjectResult } from './value.js';

/** Options of requests that masks depend on. */
export interface LoggedOptions {
  readonly refinement?: RefinementOptions;
  readonly postprocess?: PostprocessOptions;
}

/** One answered prompt. */
export interface LogEntry {
  /** Milliseconds since the log began. */
  readonly at: number;
  /** Id of the object; null if unknown. */
  readonly object: string | null;
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  /** The mask that the clicks corrected. */
  readonly start: CocoRle | null;
  /** The requested reading; null: the best. */
  readonly candidate: number | null;
  /** Number of pixels of the resulting mask; null if not recorded. */
  readonly area: number | null;
  /** Checksum of the mask's runs; null if not recorded. */
  readonly checksum: string | null;
  /** Milliseconds from the click to its answer; null if not recorded. */
  readonly milliseconds: number | null;
}

/** All prompts of one image and their answers, as plain JSON: enough to compute the same masks again. */
export interface SessionLog {
  readonly format: 'clickmask-session-log';
  readonly version: 1;
  /** Name and version of the model. */
  readonly model: string;
  readonly image: Size & { readonly key: string };
  readonly options: LoggedOptions;
  readonly entries: readonly LogEntry[];
}

/** Writes a log during annotation. */
export interface SessionLogBook {
  /** Starts a new log for another image. */
  start(size: Size): void;
  /** Sets the image and model once they are known. */
  open(key: string, model: string): void;
  add(result: Pick<ObjectResult, 'prompt' | 'runs'>, milliseconds: number, object: string | null): void;
  export(options?: LoggedOptions): SessionLog;
}

/**
 * A log that is written answer by answer.
 *
 * @param limit - maximum number of entries; the oldest go first
 *
 * @example
 * ```ts
 * import { createSessionLog } from '@clickmask/core/session';
 *
 * const log = createSessionLog();
 * log.start({ width: 640, height: 480 });
 * console.log(log.export().entries.length); // 0
 * ```
 */
export function createSessionLog(limit = 5000): SessionLogBook {
  let image = { key: '', width: 0, height: 0 };
  let model = '';
  let began = performance.now();
  let entries: LogEntry[] = [];
  return {
    start({ width, height }) {
      image = { key: '', width, height };
      began = performance.now();
      entries = [];
    },
    open(key, name) {
      image = { ...image, key };
      model = name;
    },
    add({ prompt, runs }, milliseconds, object) {
      const { clicks, box, start, candidate } = prompt;
      entries.push({
        at: Math.round(performance.now() - began),
        object,
        clicks: clicks.map(({ x, y, label }) => ({ x, y, label })),
        box: box === null ? null : { ...box },
        start: start === null ? null : cocoRle.serialize(start),
        candidate,
        area: area(runs),
        checksum: checksum(runs),
        milliseconds: Math.round(milliseconds * 10) / 10,
      });
      if (entries.length > limit) entries = entries.slice(-limit);
    },
    export: ({ refinement, postprocess } = {}) => ({
      format: 'clickmask-session-log',
      version: 1,
      model,
      image,
      options: asJson({ ...(refinement && { refinement }), ...(postprocess && { postprocess }) }),
      entries: entries.map((entry) => structuredClone(entry)),
    }),
  };
}

/** A copy for JSON, in which Infinity ("all") becomes a number that no image reaches. */
function asJson(options: LoggedOptions): LoggedOptions {
  return JSON.parse(JSON.stringify(options, (_, value) => (value === Infinity ? Number.MAX_SAFE_INTEGER : value)));
}

/** FNV-1a of the runs. It shows whether two masks are equal, and is not a signature. */
export function checksum({ rows, spans }: MaskRuns): string {
  let hash = 0x811c9dc5;
  for (const list of [rows, spans]) {
    for (const value of list) {
      hash = Math.imul(hash ^ (value & 0xffff), 0x01000193);
      hash = Math.imul(hash ^ (value >>> 16), 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
