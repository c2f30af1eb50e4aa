import { type Mask, type MaskRuns, toRuns } from '../mask/index.js';
import { checkSameSize, type GroundTruth, ignoreLabel } from './ground-truth.js';

/**
 * Intersection over union of a prediction and its ground truth. Ignored pixels do not count.
 *
 * @returns 0 to 1; 1 if both are empty
 * @throws ClickmaskError `bad-dataset` if their sizes differ
 *
 * @example
 * ```ts
 * import { intersectionOverUnion } from '@clickmask/core/evaluation';
 *
 * const truth = { width: 4, height: 1, data: new Uint8Array([1, 1, 0, 255]) };
 * const prediction = { width: 4, height: 1, data: new Uint8Array([0, 1, 0, 1]) };
 * console.log(intersectionOverUnion(truth, prediction)); // 0.5
 * ```
 */
export function intersectionOverUnion(truth: GroundTruth, prediction: Mask | MaskRuns): number {
  const { width, height, rows, spans } = toRuns(prediction);
  checkSameSize(truth, { width, height });
  const { data } = truth;
  let object = 0;
  for (let p = 0; p < data.length; p++) if (data[p] === 1) object++;
  let both = 0;
  let beside = 0;
  for (let y = 0; y < height; y++) {
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      const end = y * width + spans[2 * i + 1];
      for (let p = y * width + spans[2 * i]; p < end; p++) {
        const label = data[p] & 255;
        if (label === 1) both++;
        else if (label !== ignoreLabel) beside++;
      }
    }
  }
  const union = object + beside;
  return union === 0 ? 1 : both / union;
}
