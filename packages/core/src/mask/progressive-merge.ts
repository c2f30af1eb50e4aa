import { complement, difference, union, xor } from './boolean.js';
import { isSet, type MaskRuns } from './mask-runs.js';
import { partAt } from './part-at.js';

/** What to do if the prediction does not change the clicked pixel. */
export interface ProgressiveMergeOptions {
  /**
   * `keep`: the mask stays as it was. `as-released`: as in FocalClick's released code, which then changes everything
   * that the prediction left the same, so the mask turns into something else.
   */
  readonly whenUnchanged: 'keep' | 'as-released';
}

/**
 * Progressive merge (FocalClick): of all changes by a prediction, only the connected part that holds the click is
 * applied, so a mask that is good elsewhere stays as it is.
 *
 * @param predicted - the network's answer
 * @param mask - the mask to correct, of the same size
 * @param pixel - the clicked pixel
 * @throws ClickmaskError `bad-mask` if the sizes differ
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
