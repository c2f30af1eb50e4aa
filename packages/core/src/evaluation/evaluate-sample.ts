import type { Click } from '../clicks/index.js';
import { ClickmaskError, expectInteger } from '../errors/index.js';
import { emptyRuns, type Mask, type MaskRuns } from '../mask/index.js';
import { checkGroundTruth, type GroundTruth } from './ground-truth.js';
import { intersectionOverUnion } from './iou.js';
import { nextClick } from './next-click.js';
import { iouThresholds } from './noc.js';

/** Returns the mask for all clicks so far on one image. Called once per click, each time with one more click. */
export type ClickPredictor = (clicks: readonly Click[]) => Promise<Mask | MaskRuns>;

export interface EvaluateOptions {
  /** Maximum number of clicks. Default 20. */
  readonly maxClicks?: number;
  /**
   * Stops at the highest threshold (0.95) instead of going on to `maxClicks`. NoC and NoF stay exact. The mean IoU of
   * later clicks is then that of the last click made. Default false.
   */
  readonly stopEarly?: boolean;
  /** A mask to start from: the first click corrects it, and `predict` knows it. Default: an empty mask. */
  readonly start?: Mask | MaskRuns;
  readonly signal?: AbortSignal;
}

/** The result of one sample. */
export interface SampleResult {
  /** IoU after 1, 2, ... `maxClicks` clicks. After the last click made, its value is repeated. */
  readonly ious: readonly number[];
  /** The clicks that were made, in image px. */
  readonly clicks: readonly Click[];
  /** Wall time of the loop, including the simulation of clicks. */
  readonly seconds: number;
}

/**
 * Clicks one sample by the field's evaluation protocol: starting from nothing, each click is in the middle of the
 * largest error of the current mask.
 *
 * Clicking goes on to `maxClicks`, past every threshold, so that the curve of IoU over clicks means the same for every
 * sample. It ends earlier only if no error is left; the last IoU then counts for all later clicks.
 *
 * @throws ClickmaskError `bad-dataset` if the ground truth is malformed, shows no object, or differs in size from the
 * prediction; `aborted`; any error that `predict` throws
 *
 * @example
 * ```ts
 * import { evaluateSample } from '@clickmask/core/evaluation';
 *
 * const truth = { width: 8, height: 8, data: new Uint8Array(64).fill(1, 16, 48) };
 * const perfect = { width: 8, height: 8, data: truth.data };
 * const { ious, clicks } = await evaluateSample(truth, async () => perfect);
 * console.log(clicks.length, ious[0], ious.length); // 1 1 20
 * ```
 */
export async function evaluateSample(
  truth: GroundTruth,
  predict: ClickPredictor,
  options: EvaluateOptions = {},
): Promise<SampleResult> {
  const { maxClicks = 20, stopEarly = false, signal } = options;
  expectInteger('bad-option', 'maxClicks', maxClicks, 1);
  checkGroundTruth(truth);
  const started = performance.now();
  const enough = Math.max(...iouThresholds);
  const clicks: Click[] = [];
  const ious: number[] = [];
  let mask: Mask | MaskRuns = options.start ?? emptyRuns(truth);
  while (ious.length < maxClicks) {
    if (signal?.aborted) throw new ClickmaskError('aborted', 'The evaluation was aborted.', { cause: signal.reason });
    const click = nextClick(truth, mask, clicks);
    if (click === null) break;
    clicks.push(click);
    mask = await predict([...clicks]);
    ious.push(intersectionOverUnion(truth, mask));
    if (stopEarly && ious[ious.length - 1] >= enough) break;
  }
  const seconds = (performance.now() - started) / 1000;
  // A perfect starting mask leaves nothing to click.
  if (ious.length === 0) ious.push(intersectionOverUnion(truth, mask));
  while (ious.length < maxClicks) ious.push(ious[ious.length - 1]);
  return { ious, clicks, seconds };
}
