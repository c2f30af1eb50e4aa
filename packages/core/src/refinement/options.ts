import type { ProgressiveMergeOptions } from '../mask/index.js';

/** Cascade-forward refinement (CFR-ICL): the map is fed back to the network without new clicks. */
export interface CascadeOptions {
  /** Forward passes after the first one; 0 switches the cascade off. */
  readonly steps: number;
  /** Stops as soon as a step changes at most this many pixels at full resolution (A-CFR uses 20); null: never. */
  readonly settledPixels: number | null;
  /** `first`: on the first click only, as the authors' released code does; `every`: on each click, as the paper says. */
  readonly clicks: 'first' | 'every';
}

/** Zoom-in (RITM): the network sees the surroundings of the object instead of the whole picture. */
export interface ZoomInOptions {
  /** Clicks that are served on the whole picture before the first zoom; -1 also zooms before the first mask. */
  readonly skipClicks: number;
  /** Size of the region, relative to the object's box. */
  readonly expansion: number;
  /** Least side of the region, in image px. */
  readonly minSize: number;
  /** The region is kept while its overlap with the wanted one (product of the 1-D IoUs) is at least this. */
  readonly keepIou: number;
  /** Probability above which a pixel belongs to the object when its box is measured. */
  readonly threshold: number;
  /**
   * The whole picture is looked at where the region would cover more than this share of it: a large object gains no
   * detail from a region, but loses its surroundings.
   *
   * @defaultValue 1, objects of any size are zoomed on
   */
  readonly largestShare?: number;
  /**
   * The number of clicks from which regions of any size are looked at, whatever `largestShare` says: by then it is the
   * detail that is missing; null: never.
   *
   * @defaultValue null
   */
  readonly anySizeFrom?: number | null;
  /**
   * When a mask has become empty, the whole picture is looked at again. `whole`: the answer counts for the whole
   * picture; `as-released`: it is squeezed into the region in use before, as the authors' code does.
   *
   * @defaultValue 'whole'
   */
  readonly whenEmpty?: 'whole' | 'as-released';
}

/**
 * RITM's parameters, which its followers kept; what a partial {@link ZoomInOptions} is laid over.
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
 * Adaptive cascade-forward refinement (A-CFR-4 of the paper): at most four steps, until one changes next to nothing.
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

/** How a prediction is refined. What is left out keeps the model's default. */
export interface RefinementOptions {
  readonly cascade?: Partial<CascadeOptions> | 'off';
  readonly zoomIn?: Partial<ZoomInOptions> | 'off';
  /** Averages the logits with those of the mirrored picture. */
  readonly flip?: boolean;
  /**
   * Where a starting mask is corrected: each click changes only the connected part that holds it, and zoom-in goes by
   * the mask merged so (FocalClick). Without a starting mask it does nothing.
   */
  readonly progressiveMerge?: ProgressiveMergeOptions | 'off';
}

/** Refinement with every choice made. */
export interface ResolvedRefinement {
  readonly cascade: CascadeOptions;
  readonly zoomIn: ZoomInOptions | null;
  readonly flip: boolean;
  /** Left out where starting masks are not merged. */
  readonly progressiveMerge?: ProgressiveMergeOptions;
}
