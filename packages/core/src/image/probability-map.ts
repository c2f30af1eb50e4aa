import type { Rect, Size } from '../geometry/index.js';

/**
 * Foreground probabilities on a network's grid, row-major [height, width], and the region of the image they belong to.
 * Outside the region the probability is 0. Never blown up to full resolution: masks are cut from it directly.
 */
export interface ProbabilityMap extends Size {
  readonly data: Float32Array;
  /**
   * What the values are, and so what is interpolated between cells when a mask is cut: probabilities (default), or
   * their logits, which give a finer outline where the network is sure.
   */
  readonly scale?: 'probability' | 'logit';
  /** In image px. */
  readonly roi: Rect;
  /** How the grid is enlarged to the region. */
  readonly filter: 'half-pixel' | 'align-corners';
  /** Parts that were decided again, each on a grid of its own; where they overlap the later one counts. */
  readonly patches?: readonly MapPatch[];
}

/** A part of an image decided again: what {@link ProbabilityMap} says of the rest holds inside its region too. */
export type MapPatch = Omit<ProbabilityMap, 'patches'>;

/** The value of the map that stands for a probability: the level at which a mask is cut. */
export function levelOf(map: Pick<ProbabilityMap, 'scale'>, probability: number): number {
  return map.scale === 'logit' ? Math.log(probability / (1 - probability)) : probability;
}

/**
 * The values of a map's own grid as probabilities, shape [height, width], whatever patches lie over them; the map's own
 * array where they are that already.
 *
 * @example
 * ```ts
 * import { probabilitiesOf } from '@clickmask/core/models';
 *
 * console.log([...probabilitiesOf({ scale: 'logit', data: new Float32Array([0]) })]); // [0.5]
 * ```
 */
export function probabilitiesOf(map: Pick<ProbabilityMap, 'scale' | 'data'>): Float32Array {
  return map.scale === 'logit' ? sigmoid(map.data) : map.data;
}

/**
 * The logistic function of every value, `1 / (1 + exp(-x))`.
 *
 * @example
 * ```ts
 * import { sigmoid } from '@clickmask/core/models';
 *
 * console.log([...sigmoid(new Float32Array([-1000, 0, 1000]))]); // [0, 0.5, 1]
 * ```
 */
export function sigmoid(logits: Float32Array): Float32Array {
  const out = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) out[i] = 1 / (1 + Math.exp(-logits[i]));
  return out;
}
