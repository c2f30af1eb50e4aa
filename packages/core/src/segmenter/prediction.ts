import type { Rect } from '../geometry/index.js';
import type { ProbabilityMap } from '../image/index.js';
import { type Mask, type MaskRuns, maskFromRuns } from '../mask/index.js';
import type { Provider } from '../runtime/backend.js';

/** One of several masks for the same clicks. */
export interface Candidate {
  readonly index: number;
  /** The model's own quality estimate of the mask, 0 to 1. */
  readonly score: number;
}

/** What refinement did for this prediction. */
export interface RefinementReport {
  /** Cascade-forward steps taken after the first forward pass. */
  readonly steps: number;
  /** Number of pixels changed by each of these steps, at full resolution. */
  readonly changedPixels: readonly number[];
  /** Whether an adaptive cascade stopped before its last step. */
  readonly settled: boolean;
  /** False if `passes` ended the cascade early: a better mask can follow. */
  readonly complete: boolean;
  /** The region that the network saw in the last pass, in image px. */
  readonly roi: Rect;
  readonly flip: boolean;
}

/** Milliseconds of one prediction. `decode` and `encode` are 0 if pixels or features were cached. */
export interface Timings {
  /** Image bytes to pixels. */
  readonly decode: number;
  /** Pixels to features: crop, resize, image encoder. */
  readonly encode: number;
  /** Features and clicks to probability maps, including refinement. */
  readonly predict: number;
  /** Probability map to clean mask. */
  readonly postprocess: number;
  /** The network's share of all these. */
  readonly network: number;
  readonly total: number;
}

/** The result of a click, as plain data that can cross a thread boundary. */
export interface PredictionData {
  readonly width: number;
  readonly height: number;
  readonly runs: MaskRuns;
  /** Number of set pixels. */
  readonly area: number;
  /** The smallest rectangle around the mask, in image px; null for an empty mask. */
  readonly bbox: Rect | null;
  /** From 0 to 1: the model's score of the chosen candidate, else the mean probability inside the mask. */
  readonly score: number;
  /** All candidates of the model, best first; one if the model offers no choice. */
  readonly candidates: readonly Candidate[];
  /** Index of the candidate that became the mask. */
  readonly candidate: number;
  /**
   * Number of pixels that differ from the prediction before this click (or from the starting mask, or from an empty
   * one).
   */
  readonly changedPixels: number;
  readonly refinement: RefinementReport;
  readonly timings: Timings;
  readonly provider: Provider;
  /** Name and version of the model. */
  readonly model: string;
  /** Notes for the user, such as why a mask is empty. */
  readonly notes: readonly string[];
  /** Present with `includeMap`. */
  readonly map?: ProbabilityMap;
}

/** A prediction. The first read of `mask` makes its bytes from the runs. */
export interface Prediction extends PredictionData {
  readonly mask: Mask;
}

/**
 * Adds the lazy `mask` to prediction data, for your own segmenters and for stored data.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { toPrediction } from '@clickmask/core/runtime';
 * import { createSegmenter } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('photo.jpg'));
 * const { mask, ...data } = await segmenter.segment(image, { clicks: [{ x: 320, y: 240, label: 'positive' }] });
 * const again = toPrediction(structuredClone(data));
 * console.log(again.mask.data.every((value, i) => value === mask.data[i])); // true
 * await segmenter.close();
 * ```
 */
export function toPrediction(data: PredictionData): Prediction {
  let mask: Mask | undefined;
  return {
    ...data,
    get mask() {
      mask ??= maskFromRuns(data.runs);
      return mask;
    },
  };
}

/** A prediction without its mask of bytes, which may be large and is not needed here. */
export function toPredictionData(prediction: Prediction): PredictionData {
  const keys = Object.keys(prediction).filter((key) => key !== 'mask') as (keyof PredictionData)[];
  return Object.fromEntries(keys.map((key) => [key, prediction[key]])) as unknown as PredictionData;
}
