import type { ReasonCode } from '../problems/index.js';
import type { ObjectKey } from '../prompts/index.js';
import type { Region } from '../regions/index.js';
import type { LabelStudioPrediction } from './services.js';

/** The result for one object. */
export interface Outcome {
  readonly key: ObjectKey;
  readonly regions: readonly Region[];
  readonly score: number;
  readonly reason: ReasonCode;
  readonly remarks: readonly string[];
  /** Type of the control that received it. */
  readonly output?: string;
}

/** The results for all objects of a request. */
export type Merged = Omit<Outcome, 'key'>;

export function mergeOutcomes(outcomes: readonly Outcome[], remarks: readonly string[]): Merged {
  const regions = outcomes.flatMap((outcome) => outcome.regions);
  const withRegions = outcomes.filter((outcome) => outcome.regions.length > 0);
  const worst = outcomes.find((outcome) => outcome.reason !== 'ok');
  return {
    regions,
    score: withRegions.length === 0 ? 0 : Math.min(...withRegions.map((outcome) => outcome.score)),
    reason: worst?.reason ?? 'ok',
    remarks: [...new Set([...remarks, ...outcomes.flatMap((outcome) => outcome.remarks)])].slice(0, 10),
    output: outcomes.find((outcome) => outcome.output !== undefined)?.output,
  };
}

export function toPrediction(modelVersion: string, { regions, score, reason, remarks }: Merged): LabelStudioPrediction {
  return {
    model_version: modelVersion,
    score: Math.min(1, Math.max(0, score)),
    result: regions,
    clickmask: { outcome: reason, ...(remarks.length === 0 ? {} : { remarks }) },
  };
}

export function emptyPrediction(modelVersion: string, outcome: ReasonCode): LabelStudioPrediction {
  return { model_version: modelVersion, score: 0, result: [], clickmask: { outcome } };
}
