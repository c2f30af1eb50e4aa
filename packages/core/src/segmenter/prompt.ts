import type { ClickInput } from '../clicks/index.js';
import type { Box } from '../geometry/index.js';
import type { Mask, MaskRuns } from '../mask/index.js';

/** What a user has said so far. At least one click or a box is needed. */
export interface Prompt {
  /** In the order in which they were made. The first is the anchor. */
  readonly clicks?: readonly ClickInput[];
  readonly box?: Box;
  /** A mask to start from and correct, in the image's size. */
  readonly mask?: Mask | MaskRuns;
}
