import type { Click } from '../clicks/index.js';
import type { Rect, Size } from '../geometry/index.js';
import type { ProbabilityMap, RgbImage } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { InferenceSession } from '../runtime/backend.js';
import type { ModelManifest } from './manifest.js';

/** What a model keeps of one region of one picture, mirrored or not. Opaque to all but its family. */
export interface Features {
  /** For the cache's byte budget. */
  readonly bytes: number;
}

/** What the network knew before this click: its last map, or a mask to start from. */
export type PreviousMask = ProbabilityMap | MaskRuns;

/** One forward pass, in image px; the family brings it to its own grid. */
export interface DecodeInput {
  readonly roi: Rect;
  readonly image: Size;
  /** All clicks in the order they were made, also those outside the region. */
  readonly clicks: readonly Click[];
  readonly previous: PreviousMask | null;
  /** Whether the features are those of the mirrored region; clicks and maps in and out stay unmirrored. */
  readonly mirrored: boolean;
}

/** Logits on the network's grid, shape [height, width], one array a candidate. */
export interface DecodeOutput extends Size {
  readonly logits: readonly Float32Array[];
  /** The model's own estimate of each candidate's quality, 0 to 1; null where it gives none. */
  readonly scores: readonly number[] | null;
  /** How the grid is enlarged to the region, and whether before (`logit`) or after the sigmoid. */
  readonly filter: 'half-pixel' | 'align-corners';
  readonly interpolate: 'probability' | 'logit';
}

/** A model with its graphs loaded. Not reentrant: one call at a time. */
export interface LoadedModel {
  readonly manifest: ModelManifest;
  readonly capabilities: {
    readonly previousMask: boolean;
    readonly box: boolean;
    readonly candidates: number;
  };
  /** Image encoder, or for families without one the resampled input. */
  encode(image: RgbImage, roi: Rect, mirrored: boolean): Promise<Features>;
  decode(features: Features, input: DecodeInput): Promise<DecodeOutput>;
}

/** The code of one input/output contract. Adding one is a folder and a line in the registry. */
export interface ModelFamily {
  readonly name: string;
  /** One line for `clickmask models`. */
  readonly summary: string;
  /** Names of the graphs that a manifest of this family must have. */
  readonly graphs: readonly string[];
  /**
   * @param sessions - one per graph, already checked against the manifest
   * @throws ClickmaskError `bad-model` where the manifest's options or shapes do not fit this family
   */
  load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel;
}
