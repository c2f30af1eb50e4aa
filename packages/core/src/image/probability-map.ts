import type { Rect, Size } from '../geometry/index.js';

/**
 * Foreground probabilities on a network's grid, row-major [height, width], and their region of the image. Outside the
 * region, the probability is 0. The map is never enlarged to full resolution: masks are cut from it directly.
 */
export interface ProbabilityMap extends Size {
  readonly data: Float32Array;
  /**
   * The kind of values, which are interpolated between cells when a mask is cut: probabilities (default) or their
   * logits. Logits give a finer outline where the network is confident.
   */
  readonly scale?: 'probability' | 'logit';
  /** In image px. */
  readonly roi: Rect;
  /** How the grid is enlarged to the region. */
  readonly filter: 'half-pixel' | 'align-corners';
  /** Parts that were computed again, each on its own grid. If they overlap, the later one counts. */
  readonly patches?: readonly MapPatch[];
}

/** A part of an image that was computed again. It replaces the map inside its own region. */
export type MapPatch = Omit<ProbabilityMap, 'patches'>;

/** The map value that corresponds to a probability: the level at which a mask is cut. */
export function levelOf(map: Pick<ProbabilityMap, 'scale'>, probability: number): number {
  return map.scale === 'logit' ? Math.log(probability / (1 - probability)) : probability;
}

/**
 * The map's own grid as probabilities, shape [height, width], without patches. Returns the map's own array if it
 * already holds probabilities.
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
