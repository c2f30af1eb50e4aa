import { unexpected } from '../errors/index.js';
import type { SampleResult } from './evaluate-sample.js';
import { iouThresholds, numberOfClicks, type ThresholdName, thresholdName } from './noc.js';

/** The figures for a whole data set. */
export interface EvaluationReport {
  readonly samples: number;
  /** Mean number of clicks to each IoU. */
  readonly noc: Readonly<Record<ThresholdName, number>>;
  /** Number of samples whose NoC is `maxClicks`, including those that succeed exactly there. */
  readonly nof: Readonly<Record<ThresholdName, number>>;
  /** Mean IoU after 1, 2, ... `maxClicks` clicks. */
  readonly miou: readonly number[];
  /** Number of clicks on all samples together. */
  readonly clicks: number;
  /** Wall time divided by clicks, everything included. */
  readonly secondsPerClick: number;
}

/**
 * Summarises the results of all samples.
 *
 * @param seconds - wall time of the whole evaluation, loading included; default: the sum over the samples
 * @throws ClickmaskError `bad-dataset` without results
 *
 * @example
 * ```ts
 * import { summarizeResults } from '@clickmask/core/evaluation';
 *
 * const click = { x: 1, y: 1, label: 'positive' } as const;
 * const report = summarizeResults([
 *   { ious: [0.5, 0.92], clicks: [click, click], seconds: 1 },
 *   { ious: [0.86, 1], clicks: [click, click], seconds: 3 },
 * ]);
 * console.log(report.noc['0.85'], report.nof['0.85'], report.secondsPerClick); // 1.5 1 1
 * ```
 */
export function summarizeResults(results: readonly SampleResult[], seconds?: number): EvaluationReport {
  if (results.length === 0) throw unexpected('bad-dataset', 'the results', 'at least one sample', 'none');
  const maxClicks = results[0].ious.length;
  const other = results.find((result) => result.ious.length !== maxClicks);
  if (other !== undefined) {
    throw unexpected('bad-dataset', 'the results', `${maxClicks} IoUs for each sample`, other.ious.length);
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const noc: Partial<Record<ThresholdName, number>> = {};
  const nof: Partial<Record<ThresholdName, number>> = {};
  for (const threshold of iouThresholds) {
    const counts = results.map((result) => numberOfClicks(result.ious, threshold, maxClicks));
    noc[thresholdName(threshold)] = mean(counts);
    nof[thresholdName(threshold)] = counts.filter((count) => count === maxClicks).length;
  }
  const clicks = results.reduce((sum, result) => sum + result.clicks.length, 0);
  const time = seconds ?? results.reduce((sum, result) => sum + result.seconds, 0);
  return {
    samples: results.length,
    noc: noc as Record<ThresholdName, number>,
    nof: nof as Record<ThresholdName, number>,
    miou: Array.from({ length: maxClicks }, (_, i) => mean(results.map((result) => result.ious[i]))),
    clicks,
    secondsPerClick: clicks === 0 ? 0 : time / clicks,
  };
}
