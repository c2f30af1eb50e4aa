import type { EvaluationSample } from './datasets.js';
import { type ClickPredictor, type EvaluateOptions, evaluateSample, type SampleResult } from './evaluate-sample.js';
import { type EvaluationReport, summarizeResults } from './metrics.js';

/** An image that is open for clicks. */
export interface OpenSample {
  readonly predict: ClickPredictor;
  /** Frees the image's resources. Called after its last click, also after a failure. */
  close?(): Promise<void>;
}

export interface EvaluateDatasetOptions extends EvaluateOptions {
  /** Called after each sample. A returned promise is awaited. */
  readonly onSample?: (name: string, result: SampleResult, index: number) => unknown;
  /** Results of an interrupted evaluation, by sample. They count, and their samples are not run again. */
  readonly known?: ReadonlyMap<string, SampleResult>;
}

/**
 * Evaluates a data set, one sample after another.
 *
 * @param samples - for example from {@link readDataset}
 * @param open - opens a sample's image in the model under test
 * @throws ClickmaskError `bad-dataset` without samples; otherwise as {@link evaluateSample}
 *
 * @example
 * ```ts
 * import { evaluateDataset } from '@clickmask/core/evaluation';
 *
 * const truth = { width: 4, height: 4, data: new Uint8Array(16).fill(1, 4, 12) };
 * const samples = [{ name: 'bar', image: new Uint8Array(), truth }];
 * const report = await evaluateDataset(samples, async () => ({
 *   predict: async () => ({ width: 4, height: 4, data: new Uint8Array(16).fill(1, 4, 12) }),
 * }));
 * console.log(report.samples, report.noc['0.95']); // 1 1
 * ```
 */
export async function evaluateDataset(
  samples: AsyncIterable<EvaluationSample> | Iterable<EvaluationSample>,
  open: (sample: EvaluationSample) => Promise<OpenSample>,
  options: EvaluateDatasetOptions = {},
): Promise<EvaluationReport> {
  const started = performance.now();
  let earlier = 0;
  const results: SampleResult[] = [];
  for await (const sample of samples) {
    const before = options.known?.get(sample.name);
    if (before !== undefined) {
      results.push(before);
      earlier += before.seconds;
      continue;
    }
    const opened = await open(sample);
    try {
      const result = await evaluateSample(sample.truth, opened.predict, { ...options, start: sample.start });
      results.push(result);
      await options.onSample?.(sample.name, result, results.length - 1);
    } finally {
      await opened.close?.();
    }
  }
  return summarizeResults(results, earlier + (performance.now() - started) / 1000);
}
