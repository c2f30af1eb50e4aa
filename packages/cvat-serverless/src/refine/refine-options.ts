import type { PostprocessOptions, Segmenter } from '@clickmask/core';
import type { CvatClient } from '../client/index.js';
import type { RefineMemory } from './ledger.js';
import type { ResultKind } from './result-shape.js';
import type { SourceKind } from './shape-prompt.js';

export interface RefineOptions {
  readonly client: CvatClient;
  readonly segmenter: Segmenter;
  readonly job: number;
  /** Kinds of sources: shapes, and keyframes of tracks. Default: rectangles. */
  readonly kinds?: readonly SourceKind[];
  /**
   * Kind of results. Default `mask`. A `polygon` is the outline of the largest part, without holes. A `rectangle` is
   * upright and tight.
   */
  readonly as?: ResultKind;
  /** Names of labels; default all. */
  readonly labels?: readonly string[];
  /** First and last frame. Default: the whole job. */
  readonly frames?: readonly [number, number];
  /**
   * Deletes a shape once its result is saved; with a memory, also those of earlier runs. Deletes only what nobody
   * changed since, and never a track. Default false: results are added and everything else stays.
   */
  readonly replace?: boolean;
  /** Saves nothing. Default false. */
  readonly dryRun?: boolean;
  /** A result is not saved if the IoU of its box with the shape's box is below this value. Default 0.4. */
  readonly minOverlap?: number;
  readonly postprocess?: PostprocessOptions;
  /** Default: none. Existing results are still recognised. */
  readonly memory?: RefineMemory;
  readonly onProgress?: (progress: RefineProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RefineProgress {
  readonly frame: number;
  /** Sources done, and all sources. */
  readonly done: number;
  readonly total: number;
}

/** The result of a run. Sources are named as in CVAT: `shape 12`, `track 3 frame 17`. */
export interface RefineReport {
  readonly job: number;
  /** Sources looked at: shapes, and keyframes of tracks. */
  readonly sources: number;
  /** How many of them are keyframes. Tracks are never deleted. */
  readonly keyframes: number;
  /** Results saved, or in a dry run: results that would have been. */
  readonly saved: number;
  /** Shapes deleted by `replace`. */
  readonly deleted: number;
  /** Sources done in an earlier run, or whose result already existed. */
  readonly skipped: number;
  /** Sources with an empty result, or one too far from them. */
  readonly unsure: readonly string[];
  /** Sources left alone because somebody changed them or their result meanwhile. */
  readonly changed: readonly string[];
  readonly failed: readonly { readonly source: string; readonly reason: string }[];
}

/**
 * The defaults of {@link RefineOptions}.
 *
 * @example
 * ```ts
 * import { refineDefaults } from '@clickmask/cvat-serverless';
 *
 * console.log(refineDefaults.kinds, refineDefaults.as, refineDefaults.replace); // [ 'rectangle' ] mask false
 * ```
 */
export const refineDefaults: Readonly<Required<Pick<RefineOptions, Defaulted>>> = Object.freeze({
  kinds: Object.freeze(['rectangle'] as const),
  as: 'mask',
  replace: false,
  dryRun: false,
  minOverlap: 0.4,
});

type Defaulted = 'kinds' | 'as' | 'replace' | 'dryRun' | 'minOverlap';

/** Options with their defaults filled in. */
export type RefineSettings = RefineOptions & Required<Pick<RefineOptions, Defaulted>>;
