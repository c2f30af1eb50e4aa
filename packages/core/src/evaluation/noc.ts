/**
 * The IoU thresholds at which clicks are counted.
 *
 * @example
 * ```ts
 * import { iouThresholds } from '@clickmask/core/evaluation';
 *
 * console.log(iouThresholds); // [0.8, 0.85, 0.9, 0.95]
 * ```
 */
export const iouThresholds = Object.freeze([0.8, 0.85, 0.9, 0.95] as const);

/** An IoU threshold as the name of a result column. */
export type ThresholdName = '0.80' | '0.85' | '0.90' | '0.95';

/** The name of a threshold's column. */
export function thresholdName(threshold: (typeof iouThresholds)[number]): ThresholdName {
  return threshold.toFixed(2) as ThresholdName;
}

/**
 * NoC: the number of clicks until the IoU was at least `threshold`. It is `maxClicks` if it never was: the field's
 * convention, which makes a failure look like a success at the last click.
 *
 * @param ious - after 1, 2, ... clicks
 *
 * @example
 * ```ts
 * import { numberOfClicks } from '@clickmask/core/evaluation';
 *
 * console.log(numberOfClicks([0.7, 0.88, 0.93], 0.85), numberOfClicks([0.7, 0.88, 0.93], 0.95)); // 2 20
 * ```
 */
export function numberOfClicks(ious: readonly number[], threshold: number, maxClicks = 20): number {
  const index = ious.findIndex((iou) => iou >= threshold);
  return index === -1 || index >= maxClicks ? maxClicks : index + 1;
}
