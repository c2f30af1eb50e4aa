import type { MaskRuns } from '@clickmask/core';
import { fillHoles, largestPart, removeSpecks } from '@clickmask/core/masks';
import { type AnnotatedObject, maskOfObject } from '@clickmask/core/session';
import { simplifyRuns } from './simplify-runs.js';

/** How masks are cleaned before they are shown and handed out. The raw mask is kept, so every choice can be undone. */
export interface CleanUp {
  /** Keeps only the largest part. Default false. */
  readonly largestPart: boolean;
  /** Fills holes up to this many pixels; Infinity: all. Default 0. */
  readonly fillHoles: number;
  /** Drops parts below this many pixels. Default 0. */
  readonly removeSpecks: number;
  /** Detail of outlines, 0 to 1: 1 keeps every pixel, less gives fewer corners. Default 1. */
  readonly detail: number;
}

export const noCleanUp: CleanUp = Object.freeze({ largestPart: false, fillHoles: 0, removeSpecks: 0, detail: 1 });

/** The cleaned mask of an object. */
export function cleanRuns(raw: MaskRuns, options: CleanUp): MaskRuns {
  let runs = raw;
  if (options.largestPart) runs = largestPart(runs);
  if (options.removeSpecks > 1) runs = removeSpecks(runs, options.removeSpecks);
  if (options.fillHoles > 0) runs = fillHoles(runs, options.fillHoles);
  return options.detail < 1 ? simplifyRuns(runs, options.detail) : runs;
}

/** Remembers the last cleaned mask of each object, so that a repaint does not clean it again. */
export function createShaper(): (object: AnnotatedObject, options: CleanUp) => MaskRuns | null {
  const known = new WeakMap<AnnotatedObject, { readonly options: CleanUp; readonly runs: MaskRuns | null }>();
  return (object, options) => {
    const held = known.get(object);
    if (held !== undefined && held.options === options) return held.runs;
    const raw = maskOfObject(object);
    const runs = raw === null ? null : cleanRuns(raw, options);
    known.set(object, { options, runs });
    return runs;
  };
}
