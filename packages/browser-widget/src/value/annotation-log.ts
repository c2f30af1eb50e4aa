import {
  area,
  type Box,
  type Click,
  ClickmaskError,
  type MaskRuns,
  type Segmenter,
  type SegmenterImage,
  type SegmentOptions,
  type Size,
} from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { RunBuilder } from '@clickmask/core/masks';
import type { ObjectResult } from './value.js';

/** A mask in a log: `[row, first column, column after the last]` for every run, all in one list. */
export type LoggedRuns = readonly number[];

/** One answered prompt. */
export interface LogEntry {
  /** Milliseconds since the picture was shown. */
  readonly at: number;
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  readonly start: LoggedRuns | null;
  readonly candidate: number | null;
  /** What came out: pixels, and a checksum over the mask's runs. */
  readonly area: number;
  readonly checksum: string;
  /** From the click to its answer. */
  readonly milliseconds: number;
}

/** All prompts of one picture and their answers, as plain JSON: enough to get the same masks again. */
export interface AnnotationLog {
  readonly format: 'clickmask-annotation-log';
  readonly version: 1;
  /** Name and version of the model. */
  readonly model: string;
  readonly image: { readonly key: string; readonly width: number; readonly height: number };
  readonly entries: readonly LogEntry[];
}

/** How a log's masks compare with those computed anew. */
export interface ReplayReport {
  readonly total: number;
  readonly identical: number;
  /** Indices of entries whose mask differs. */
  readonly different: readonly number[];
}

export interface LogBook {
  start(size: Size): void;
  open(key: string, model: string): void;
  add(result: ObjectResult, milliseconds: number): void;
  export(): AnnotationLog;
}

/** @param limit - entries that are kept; the oldest go first */
export function createLogBook(limit = 5000): LogBook {
  let image = { key: '', width: 0, height: 0 };
  let model = '';
  let began = 0;
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
    add({ prompt, runs }, milliseconds) {
      const { clicks, box, start, candidate } = prompt;
      entries.push({
        at: Math.round(performance.now() - began),
        clicks,
        box,
        start: start === null ? null : toLogged(start),
        candidate,
        area: area(runs),
        checksum: checksum(runs),
        milliseconds: Math.round(milliseconds * 10) / 10,
      });
      if (entries.length > limit) entries = entries.slice(-limit);
    },
    export: () => ({ format: 'clickmask-annotation-log', version: 1, model, image, entries: [...entries] }),
  };
}

/**
 * Asks for every answer of a log again, in order.
 *
 * @throws ClickmaskError `bad-format` for something that is not a log, or one of a picture of another size
 *
 * @example
 * ```ts browser
 * import { createAnnotator, createDefaultSegmenter } from '@clickmask/browser-widget';
 *
 * const annotator = createAnnotator(document.body, { segmenter: () => createDefaultSegmenter({}) });
 * await annotator.load('photo.jpg');
 * const log = annotator.exportLog();
 * console.log((await annotator.replayLog(log)).different.length); // 0
 * ```
 */
export async function replayLog(
  log: AnnotationLog,
  segmenter: Segmenter,
  image: SegmenterImage,
  options: SegmentOptions = {},
): Promise<ReplayReport> {
  if (log?.format !== 'clickmask-annotation-log' || log.version !== 1 || !Array.isArray(log.entries)) {
    throw unexpected('bad-format', 'log', 'a click log, version 1', log);
  }
  if (log.image.width !== image.width || log.image.height !== image.height) {
    const message = `Expected a log of a picture of ${image.width} x ${image.height} px but received one of ${log.image.width} x ${log.image.height}.`;
    throw new ClickmaskError('bad-format', message);
  }
  const different: number[] = [];
  for (const [index, entry] of log.entries.entries()) {
    const { clicks, box, start, candidate } = entry;
    const { runs } = await segmenter.segment(
      image,
      { clicks, ...(box === null ? {} : { box }), ...(start === null ? {} : { mask: fromLogged(start, image) }) },
      { ...options, ...(candidate === null ? {} : { candidate }) },
    );
    if (checksum(runs) !== entry.checksum) different.push(index);
  }
  return { total: log.entries.length, identical: log.entries.length - different.length, different };
}

function toLogged(runs: MaskRuns): LoggedRuns {
  const list: number[] = [];
  for (let y = 0; y < runs.height; y++) {
    for (let i = runs.rows[y]; i < runs.rows[y + 1]; i++) list.push(y, runs.spans[2 * i], runs.spans[2 * i + 1]);
  }
  return list;
}

function fromLogged(list: LoggedRuns, size: Size): MaskRuns {
  const builder = new RunBuilder(size);
  let lastRow = 0;
  let lastEnd = 0;
  for (let i = 0; i < list.length; i += 3) {
    const [y, start, end] = [list[i], list[i + 1], list[i + 2]];
    const whole = [y, start, end].every(Number.isInteger);
    const inOrder = y > lastRow ? y < size.height : y === lastRow && start >= lastEnd;
    if (!whole || !inOrder || start < 0 || end <= start || end > size.width) {
      throw new ClickmaskError(
        'bad-format',
        `Expected runs inside the picture, in order, in the log's starting mask (value ${i}).`,
      );
    }
    builder.add(y, start, end);
    lastRow = y;
    lastEnd = end;
  }
  return builder.finish();
}

/** FNV-1a over the runs: tells whether two masks are the same, not a signature. */
function checksum({ rows, spans }: MaskRuns): string {
  let hash = 0x811c9dc5;
  for (const list of [rows, spans]) {
    for (const value of list) {
      hash = Math.imul(hash ^ (value & 0xffff), 0x01000193);
      hash = Math.imul(hash ^ (value >>> 16), 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
