import type { ProgressiveMergeOptions } from '../mask/index.js';

/** Cascade-forward refinement (CFR-ICL): the map is fed back to the network without new clicks. */
export interface CascadeOptions {
  /** Forward passes after the first one. 0 disables the cascade. */
  readonly steps: number;
  /** Stops when a step changes at most this many pixels at full resolution (A-CFR uses 20); null: never. */
  readonly settledPixels: number | null;
  /** `first`: only on the first click, as in the authors' released code. `every`: on each click, as in the paper. */
  readonly clicks: 'first' | 'every';
}

/** Zoom-in (RITM): the network sees the surroundings of the object instead of the whole image. */
export interface ZoomInOptions {
  /** Number of clicks answered on the whole image before the first zoom. -1 also zooms before the first mask. */
  readonly skipClicks: number;
  /** Size of the region, relative to the object's box. */
  readonly expansion: number;
  /** Minimum side of the region, in image px. */
  readonly minSize: number;
  /** The region stays while its overlap with the wanted one (product of the 1-D IoUs) is at least this. */
  readonly keepIou: number;
  /** Probability above which a pixel counts as object when its box is measured. */
  readonly threshold: number;
  /**
   * No zoom if the region would cover more than this share of the image: a large object would gain no detail and lose
   * its surroundings.
   *
   * @defaultValue 1, objects of any size
   */
  readonly largestShare?: number;
  /**
   * From this many clicks on, regions of up to three quarters of the image are used, whatever `largestShare` says, because
   * detail matters by then. null: never.
   *
   * @defaultValue null
   */
  readonly anySizeFrom?: number | null;
  /**
   * After an empty mask, the network sees the whole image again. `whole`: the answer is for the whole image.
   * `as-released`: it is squeezed into the former region, as in the authors' code.
   *
   * @defaultValue 'whole'
   */
  readonly whenEmpty?: 'whole' | 'as-released';
}

/**
 * RITM's parameters, which later systems kept. They complete a partial {@link ZoomInOptions}.
 *
 * @example
 * ```ts
 * import { publishedZoomIn } from '@clickmask/core/models';
 *
 * console.log(publishedZoomIn.expansion, publishedZoomIn.minSize); // 1.4 200
 * ```
 */
export const publishedZoomIn: ZoomInOptions = Object.freeze({
  skipClicks: 1,
  expansion: 1.4,
  minSize: 200,
  keepIou: 0.5,
  threshold: 0.5,
  largestShare: 1,
  anySizeFrom: null,
  whenEmpty: 'whole',
});

/**
 * Adaptive cascade-forward refinement (A-CFR-4 of the paper): at most four steps, ending when a step changes almost
 * nothing.
 *
 * @example
 * ```ts
 * import { adaptiveCascade } from '@clickmask/core';
 *
 * console.log({ ...adaptiveCascade, clicks: 'every' }); // { steps: 4, settledPixels: 20, clicks: 'every' }
 * ```
 */
export const adaptiveCascade: Pick<CascadeOptions, 'steps' | 'settledPixels'> = Object.freeze({
  steps: 4,
  settledPixels: 20,
});

/** How a prediction is refined. The model's defaults apply to options that are left out. */
export interface RefinementOptions {
  readonly cascade?: Partial<CascadeOptions> | 'off';
  readonly zoomIn?: Partial<ZoomInOptions> | 'off';
  /** Averages the logits with those of the mirrored image. */
  readonly flip?: boolean;
  /**
   * For starting masks: each click changes only the connected part that holds it, and zoom-in uses the merged mask
   * (FocalClick). No effect without a starting mask.
   */
  readonly progressiveMerge?: ProgressiveMergeOptions | 'off';
}

/** Refinement with every option set. */
export interface ResolvedRefinement {
  readonly cascade: CascadeOptions;
  readonly zoomIn: ZoomInOptions | null;
  readonly flip: boolean;
  /** Left out if starting masks are not merged. */
  readonly progressiveMerge?: ProgressiveMergeOptions;
}
