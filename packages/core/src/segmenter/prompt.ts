import type { Click } from '../clicks/index.js';
import type { Mask, MaskRuns } from '../mask/index.js';

/** A box in image px, corners in any order; sub-pixel. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** What a user has said so far. At least one click, or a box, is needed. */
export interface Prompt {
  /** In the order they were made; the first is the anchor. */
  readonly clicks?: readonly Click[];
  readonly box?: Box;
  /** A mask to start from and correct, of the picture's size. */
  readonly mask?: Mask | MaskRuns;
}
