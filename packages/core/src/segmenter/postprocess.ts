import { type Click, clickPixel } from '../clicks/index.js';
import { expectKnown, expectNumber, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { levelOf, type ProbabilityMap } from '../image/index.js';
import {
  area,
  fillHoles,
  keepClickedParts,
  largestPart,
  type MaskRuns,
  removeSpecks,
  type StructuralIntegrityOptions,
  thresholdMap,
} from '../mask/index.js';

/** Size of a hole: pixels, or a share (0 to 1) of its mask's pixels. */
export type HoleSize = number | { readonly share: number };

/** What a model may set for postprocessing. */
export interface ModelPostprocess {
  readonly structuralIntegrity?: Required<StructuralIntegrityOptions> | 'off';
  readonly fillHoles?: HoleSize;
}

/** How a probability map becomes a clean mask. Options that are left out have defaults. */
export interface PostprocessOptions {
  /** Probability above which a pixel is set, 0 to 1. Default: the model's. */
  readonly threshold?: number;
  /**
   * Keeps only parts with a positive click (FCA-Net). Without positive clicks, it keeps all. Default: 8-connected; if
   * no part has a click, the whole mask stays.
   */
  readonly structuralIntegrity?: { readonly connectivity: 4 | 8; readonly whenNoneHit: 'keep' | 'empty' } | 'off';
  /**
   * Fills holes up to this many pixels, or up to this share of the mask. `Infinity` fills all, 0 none. A hole with a
   * negative click stays. Default: the model's, else 0.
   */
  readonly fillHoles?: HoleSize;
  /** Drops parts with fewer pixels. Default 0. */
  readonly removeSpecks?: number;
  /** Keeps only the largest part. Default false. */
  readonly largestPart?: boolean;
}

/** The defaults. */
export const defaultPostprocess = Object.freeze({
  structuralIntegrity: Object.freeze({ connectivity: 8, whenNoneHit: 'keep' }),
  fillHoles: 0,
  removeSpecks: 0,
  largestPart: false,
} as const);

/** Throws `bad-option` for a value out of range. */
export function checkPostprocess(options: PostprocessOptions): void {
  expectKnown('bad-option', 'postprocess', options, [
    'threshold',
    'structuralIntegrity',
    'fillHoles',
    'removeSpecks',
    'largestPart',
  ]);
  if (options.threshold !== undefined) expectNumber('bad-option', 'postprocess.threshold', options.threshold, 0, 1);
  const holes = options.fillHoles;
  const inShares = typeof holes === 'object' && holes !== null;
  if (inShares) expectNumber('bad-option', 'postprocess.fillHoles.share', holes.share, 0, 1);
  const pixels = { fillHoles: inShares ? undefined : holes, removeSpecks: options.removeSpecks };
  for (const [name, value] of Object.entries(pixels)) {
    if (value === undefined || value === Infinity || (Number.isInteger(value) && value >= 0)) continue;
    throw unexpected('bad-option', `postprocess.${name}`, 'a whole number of pixels from 0, or Infinity', value);
  }
  if (options.largestPart !== undefined && typeof options.largestPart !== 'boolean') {
    throw unexpected('bad-option', 'postprocess.largestPart', 'true or false', options.largestPart);
  }
  const integrity = options.structuralIntegrity;
  if (integrity === undefined || integrity === 'off') return;
  if (typeof integrity !== 'object' || integrity === null) {
    throw unexpected('bad-option', 'structuralIntegrity', "{ connectivity, whenNoneHit } or 'off'", integrity);
  }
  if (integrity.connectivity !== 4 && integrity.connectivity !== 8) {
    throw unexpected('bad-option', 'structuralIntegrity.connectivity', '4 or 8', integrity.connectivity);
  }
  if (integrity.whenNoneHit !== 'keep' && integrity.whenNoneHit !== 'empty') {
    throw unexpected('bad-option', 'structuralIntegrity.whenNoneHit', "'keep' or 'empty'", integrity.whenNoneHit);
  }
}

/**
 * Cuts the mask from the map, then applies integrity, holes, specks and largest part, in this order.
 *
 * @param cut - how the mask is cut; a caller that has already cut this map passes its own
 * @param model - the model's values for options that are left out
 */
export function postprocess(
  map: ProbabilityMap,
  size: Size,
  clicks: readonly Click[],
  threshold: number,
  options: PostprocessOptions,
  cut: typeof cutMask = cutMask,
  model: ModelPostprocess = {},
): MaskRuns {
  let runs = cut(map, size, options.threshold ?? threshold);
  const integrity = options.structuralIntegrity ?? model.structuralIntegrity ?? defaultPostprocess.structuralIntegrity;
  const isMeant = clicks.some((click) => click.label === 'positive');
  if (integrity !== 'off' && isMeant) runs = keepClickedParts(runs, clicks, integrity);
  const holes = options.fillHoles ?? model.fillHoles ?? defaultPostprocess.fillHoles;
  const largest = typeof holes === 'number' ? holes : Math.floor(holes.share * area(runs));
  if (largest > 0) {
    const open = clicks.filter((click) => click.label === 'negative').map((click) => clickPixel(click, size));
    runs = fillHoles(runs, largest, 8, open);
  }
  const specks = options.removeSpecks ?? defaultPostprocess.removeSpecks;
  if (specks > 0) runs = removeSpecks(runs, specks);
  if (options.largestPart ?? defaultPostprocess.largestPart) runs = largestPart(runs);
  return runs;
}

/** The mask of all pixels whose probability is above the threshold. */
export function cutMask(map: ProbabilityMap, size: Size, probability: number): MaskRuns {
  // A level beyond all values stands for the open ends, 0 and 1, of a logit map.
  const level = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, levelOf(map, probability)));
  return thresholdMap(map, size, level);
}

/** {@link cutMask} with a cache of the last two cuts of each map. */
export function createMaskCutter(): typeof cutMask {
  const known = new WeakMap<ProbabilityMap, readonly { readonly probability: number; readonly runs: MaskRuns }[]>();
  return (map, size, probability) => {
    const cuts = known.get(map) ?? [];
    const found = cuts.find((cut) => cut.probability === probability);
    if (found !== undefined) return found.runs;
    const runs = cutMask(map, size, probability);
    // Zoom-in and the answer may use different probabilities, one after the other.
    known.set(map, [{ probability, runs }, ...cuts.slice(0, 1)]);
    return runs;
  };
}
