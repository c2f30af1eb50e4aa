import type { Segmenter } from '@clickmask/core';
import type { JournalFields } from '../diagnostics/index.js';
import type { LabelingConfig } from '../labeling-config/index.js';
import type { Metrics } from '../metrics/index.js';
import type { BackendLimits, LabelStudioBackendOptions } from '../options/index.js';
import type { PictureStore } from '../pictures/index.js';
import type { ReasonCode } from '../problems/index.js';
import type { PromptMemory } from '../prompts/index.js';
import type { Region } from '../regions/index.js';
import type { PredictRequest, PredictTask } from '../requests/index.js';
import type { LookAhead, TaskQueue } from '../work/index.js';

/** One prediction in Label Studio's form. */
export interface LabelStudioPrediction {
  readonly model_version: string;
  readonly score: number;
  readonly result: readonly Region[];
  /** Label Studio ignores this. In the browser's network view it shows why an answer is empty. */
  readonly clickmask?: { readonly outcome: ReasonCode; readonly advice?: string; readonly remarks?: readonly string[] };
}

/** The answer of `/predict`, and its journal entry. */
export interface PredictAnswer {
  readonly results: readonly (LabelStudioPrediction | readonly LabelStudioPrediction[])[];
  readonly journal: JournalFields & { readonly reason: ReasonCode };
}

/** What the prediction code uses. */
export interface PredictServices {
  readonly segmenter: Segmenter;
  readonly options: LabelStudioBackendOptions;
  readonly limits: BackendLimits;
  readonly modelVersion: string;
  readonly pictures: PictureStore;
  readonly memory: PromptMemory;
  readonly queue: TaskQueue;
  readonly lookAhead: LookAhead;
  readonly metrics: Metrics;
  /** The labeling config as the editor builds it for the task. If the request has none, that of the last setup. */
  readonly configOf: (project: string, xml: string | null | undefined, data: PredictTask['data']) => LabelingConfig;
  /** Plans the images of the next tasks. */
  readonly planNext: (project: string, task: string, xml: string | null | undefined) => void;
}

/** One request to `/predict`. */
export interface PredictCall {
  readonly request: PredictRequest;
  readonly project: string;
  /** Stores details of the request, in case it fails later. */
  readonly note: (fields: JournalFields) => void;
  /** Aborts with a Problem when the answer would be too late or nobody waits for it. */
  readonly signal: AbortSignal;
}
