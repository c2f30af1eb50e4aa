import type { Click } from '../clicks/index.js';
import { expectNumber, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { levelOf, type ProbabilityMap } from '../image/index.js';
import {
  fillHoles,
  keepClickedParts,
  largestPart,
  type MaskRuns,
  removeSpecks,
  type StructuralIntegrityOptions,
  thresholdMap,
} from '../mask/index.js';

/** How a probability map becomes a clean mask. What is left out keeps the default. */
export interface PostprocessOptions {
  /** Probability above which a pixel is set, 0 to 1. Default: the model's. */
  readonly threshold?: number;
  /**
   * Keeps only parts that hold a positive click (FCA-Net); without positive clicks, all. Default: 8-connected, keeping
   * the mask where none is hit.
   */
  readonly structuralIntegrity?: { readonly connectivity: 4 | 8; readonly whenNoneHit: 'keep' | 'empty' } | 'off';
  /** Fills holes of at most this many pixels; `Infinity` for all. Default 0. */
  readonly fillHoles?: number;
  /** Drops parts of fewer than this many pixels. Default 0. */
  readonly removeSpecks?: number;
  /** Keeps only the largest part. Default false. */
  readonly largestPart?: boolean;
}

/** What becomes of a map unless told otherwise. */
export const defaultPostprocess = Object.freeze({
  structuralIntegrity: Object.freeze({ connectivity: 8, whenNoneHit: 'keep' }),
  fillHoles: 0,
  removeSpecks: 0,
  largestPart: false,
} as const);

/** Throws `bad-option` for a value out of range. */
export function checkPostprocess(options: PostprocessOptions): void {
  if (options.threshold !== undefined) expectNumber('bad-option', 'postprocess.threshold', options.threshold, 0, 1);
  for (const name of ['fillHoles', 'removeSpecks'] as const) {
    const value = options[name];
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
 * @param cut - how the mask is cut; a caller that has cut this map already gives its own
 * @param modelsIntegrity - what the model wants where the options leave it open
 */
export function postprocess(
  map: ProbabilityMap,
  size: Size,
  clicks: readonly Click[],
  threshold: number,
  options: PostprocessOptions,
  cut: typeof cutMask = cutMask,
  modelsIntegrity: Required<StructuralIntegrityOptions> | 'off' = defaultPostprocess.structuralIntegrity,
): MaskRuns {
  let runs = cut(map, size, options.threshold ?? threshold);
  const integrity = options.structuralIntegrity ?? modelsIntegrity;
  const isMeant = clicks.some((click) => click.label === 'positive');
  if (integrity !== 'off' && isMeant) runs = keepClickedParts(runs, clicks, integrity);
  const holes = options.fillHoles ?? defaultPostprocess.fillHoles;
  if (holes > 0) runs = fillHoles(runs, holes);
  const specks = options.removeSpecks ?? defaultPostprocess.removeSpecks;
  if (specks > 0) runs = removeSpecks(runs, specks);
  if (options.largestPart ?? defaultPostprocess.largestPart) runs = largestPart(runs);
  return runs;
}

/** The mask of all pixels whose probability is above the threshold. */
export function cutMask(map: ProbabilityMap, size: Size, probability: number): MaskRuns {
  // A level beyond every value stands for the open ends, 0 and 1, of a logit map.
  const level = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, levelOf(map, probability)));
  return thresholdMap(map, size, level);
}

/** {@link cutMask} that remembers the last two cuts of each map for as long as the map lives. */
export function createMaskCutter(): typeof cutMask {
  const known = new WeakMap<ProbabilityMap, readonly { readonly probability: number; readonly runs: MaskRuns }[]>();
  return (map, size, probability) => {
    const cuts = known.get(map) ?? [];
    const found = cuts.find((cut) => cut.probability === probability);
    if (found !== undefined) return found.runs;
    const runs = cutMask(map, size, probability);
    // Zoom-in and the answer may go by different probabilities, one after the other.
    known.set(map, [{ probability, runs }, ...cuts.slice(0, 1)]);
    return runs;
  };
}
