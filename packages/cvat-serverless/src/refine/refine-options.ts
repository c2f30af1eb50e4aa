import type { PostprocessOptions, Segmenter } from '@clickmask/core';
import type { CvatClient } from '../client/index.js';
import type { RefineMemory } from './ledger.js';
import type { ResultKind } from './result-shape.js';
import type { SourceKind } from './shape-prompt.js';

export interface RefineOptions {
  readonly client: CvatClient;
  readonly segmenter: Segmenter;
  readonly job: number;
  /** Shapes, and keyframes of tracks, to make masks of. Default: rectangles. */
  readonly kinds?: readonly SourceKind[];
  /**
   * What is made of them. Default `mask`. A `polygon` is the outline of the largest part, without holes; a `rectangle` is
   * upright and tight.
   */
  readonly as?: ResultKind;
  /** Names of labels; default all. */
  readonly labels?: readonly string[];
  /** First and last frame; default the whole job. */
  readonly frames?: readonly [number, number];
  /**
   * Deletes a shape once its result is saved; with a memory, those of earlier runs too. Only what nobody changed since is
   * deleted, and no track. Default false: results are added, everything else stays.
   */
  readonly replace?: boolean;
  /** Saves nothing. Default false. */
  readonly dryRun?: boolean;
  /**
   * A result whose own box overlaps the shape's box less than this (intersection over union) is not saved. Default 0.4.
   */
  readonly minOverlap?: number;
  readonly postprocess?: PostprocessOptions;
  /** Default: nothing is remembered; results that are there already are found again all the same. */
  readonly memory?: RefineMemory;
  readonly onProgress?: (progress: RefineProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RefineProgress {
  readonly frame: number;
  /** Sources finished, and all that are to be. */
  readonly done: number;
  readonly total: number;
}

/** What a run did. Sources are named as a person finds them: `shape 12`, `track 3 frame 17`. */
export interface RefineReport {
  readonly job: number;
  /** Shapes, and keyframes of tracks, that were looked at. */
  readonly sources: number;
  /** Keyframes among them. Tracks are never deleted. */
  readonly keyframes: number;
  /** Results saved, or that would have been in a dry run. */
  readonly saved: number;
  /** Shapes deleted, where they were to be replaced. */
  readonly deleted: number;
  /** Sources finished in an earlier run, or whose result was there. */
  readonly skipped: number;
  /** Sources whose result was empty or too far from them. */
  readonly unsure: readonly string[];
  /** Sources that were left, since somebody changed them or their result after it was made. */
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
