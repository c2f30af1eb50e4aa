import type { Click } from '../clicks/index.js';
import type { Box, Rect, Size } from '../geometry/index.js';
import type { MapPatch, ProbabilityMap, ReducedImage } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { InferenceSession } from '../runtime/backend.js';
import type { ModelManifest } from './manifest.js';

/** A model's data of one region of one image, mirrored or not. Only its family looks inside. */
export interface Features {
  /** Bytes, for the cache's budget. */
  readonly bytes: number;
}

/** The state before this click: the network's last map, or a mask to start from. */
export type PreviousMask = ProbabilityMap | MaskRuns;

/** The part of an image that one pass sees. */
export interface View {
  /** In image px. */
  readonly roi: Rect;
  /** Whether the region was chosen by zoom-in or a box. Otherwise it is the whole image. */
  readonly zoomed: boolean;
  /** Whether the network sees the mirrored region. */
  readonly mirrored: boolean;
}

/** One forward pass, in image px. The family converts to its own grid. */
export interface DecodeInput extends View {
  readonly image: Size;
  /** All clicks in order, including those outside the region. */
  readonly clicks: readonly Click[];
  /** Given if the model accepts boxes ({@link LoadedModel.capabilities}); corners in order, in image px. */
  readonly box: Box | null;
  readonly previous: PreviousMask | null;
  /** The previous pass's {@link DecodeOutput.memory} of the chosen candidate. */
  readonly memory: Float32Array | null;
}

/** Logits on a grid of this size, row-major [height, width], one array per candidate. */
export interface DecodeOutput extends Size {
  readonly logits: readonly Float32Array[];
  /**
   * Resamples a candidate's logits to the grid; left out if they are on it. Called only for the chosen candidate,
   * because the result may be large.
   */
  readonly enlarge?: (logits: Float32Array) => Float32Array;
  /** The model's own quality estimate of each candidate, 0 to 1; null if it gives none. */
  readonly scores: readonly number[] | null;
  /** The candidate that the authors' code would choose, if it is not the one with the best score. */
  readonly choice?: number;
  /** Per candidate: data for the next pass besides the map, such as SAM's low-resolution logits. */
  readonly memory?: readonly Float32Array[];
  /** How the grid is enlarged to the region, before (`logit`) or after the sigmoid. */
  readonly filter: 'half-pixel' | 'align-corners';
  readonly interpolate: 'probability' | 'logit';
  /**
   * For networks that look twice: chooses the part for the second look from the result of the first; null for none.
   * Called after flip averaging, on the pass that is not mirrored.
   *
   * @param cut - the mask of all pixels above a probability, cached for as long as the map lives
   */
  readonly focus?: (map: ProbabilityMap, cut: (map: ProbabilityMap, probability: number) => MaskRuns) => Focus | null;
}

/** A part of the region that the network sees again, enlarged (FocalClick's focus crop). */
export interface Focus {
  /** In image px. */
  readonly roi: Rect;
  /** What the answer is pasted on: this pass's map, or the previous one, which then stays elsewhere. */
  readonly over: 'map' | 'previous';
  /** @param features - of the part, encoded as a zoomed and unmirrored view */
  refine(features: Features): Promise<Omit<MapPatch, 'roi'>>;
}

/**
 * A model with its graphs loaded. Not reentrant: one call at a time. Clicks and maps are in the unmirrored image, even
 * if the view is mirrored.
 */
export interface LoadedModel {
  readonly manifest: ModelManifest;
  readonly capabilities: {
    readonly previousMask: boolean;
    /** Whether the model accepts boxes. Otherwise clicks and a first guess replace them. */
    readonly box: boolean;
    readonly candidates: number;
  };
  /**
   * The number of pixels of one view that the model can make use of. Given if fewer, well averaged pixels serve as
   * well, so that large images need not be decoded in full.
   */
  readonly enough?: Size;
  /**
   * Runs the image encoder; for families without one, only resamples the input.
   *
   * @param image - all pixels, or a reduced image (`image.full`) that has at least {@link enough} pixels of the view
   * @param key - the image's key, for models that are encoded elsewhere
   */
  encode(image: ReducedImage, view: View, key: string): Promise<Features>;
  decode(features: Features, input: DecodeInput): Promise<DecodeOutput>;
}

/** The code for one input/output contract. Adding one is a folder and a line in the registry. */
export interface ModelFamily {
  readonly name: string;
  /** One line for `clickmask models`. */
  readonly summary: string;
  /** Names of the graphs that a manifest of this family needs. */
  readonly graphs: readonly string[];
  /** Whether `image` always consists of whole bytes / 255, so that an inference server can be sent the bytes. */
  readonly bytePicture?: boolean;
  /**
   * @param sessions - one per graph, already checked against the manifest
   * @throws ClickmaskError `bad-model` if the manifest's options or shapes do not fit this family
   */
  load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel;
}
