import { complement, difference, union, xor } from './boolean.js';
import { isSet, type MaskRuns } from './mask-runs.js';
import { partAt } from './part-at.js';

/** What becomes of a click whose own pixel the prediction leaves as it was. */
export interface ProgressiveMergeOptions {
  /**
   * `keep`: the mask stays as it was. `as-released`: as FocalClick's released code does, which takes all that did not
   * change for the part to be changed; the mask then turns into something else.
   */
  readonly whenUnchanged: 'keep' | 'as-released';
}

/**
 * Progressive merge (FocalClick): of all that a prediction changes, only the connected part that holds the click is
 * taken over, so that a mask which is good elsewhere stays as it is.
 *
 * @param predicted - what the network answers
 * @param mask - what is corrected, of the same size
 * @param pixel - the click's
 * @throws ClickmaskError `bad-mask` where the sizes differ
 */
export function mergeProgressively(
  predicted: MaskRuns,
  mask: MaskRuns,
  pixel: { readonly column: number; readonly row: number },
  { whenUnchanged }: ProgressiveMergeOptions = { whenUnchanged: 'keep' },
): MaskRuns {
  const changed = xor(mask, predicted);
  const { column, row } = pixel;
  const part = partAt(changed, column, row, 8) ?? (whenUnchanged === 'keep' ? null : complement(changed));
  if (part === null) return mask;
  return isSet(mask, column, row) ? difference(mask, part) : union(mask, part);
}
