import type { Click } from '../clicks/index.js';
import type { Box, Rect, Size } from '../geometry/index.js';
import type { MapPatch, ProbabilityMap, ReducedImage } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { InferenceSession } from '../runtime/backend.js';
import type { ModelManifest } from './manifest.js';

/** What a model keeps of one region of one image, mirrored or not. Opaque to all but its family. */
export interface Features {
  /** For the cache's byte budget. */
  readonly bytes: number;
}

/** What the network knew before this click: its last map, or a mask to start from. */
export type PreviousMask = ProbabilityMap | MaskRuns;

/** The part of an image that one pass looks at. */
export interface View {
  /** In image px. */
  readonly roi: Rect;
  /** Whether the region was chosen, by zoom-in or a box; else it is the whole image as it is. */
  readonly zoomed: boolean;
  /** Whether the network sees the mirrored region. */
  readonly mirrored: boolean;
}

/** One forward pass, in image px; the family brings it to its own grid. */
export interface DecodeInput extends View {
  readonly image: Size;
  /** All clicks in the order they were made, also those outside the region. */
  readonly clicks: readonly Click[];
  /** Given where the model takes boxes itself ({@link LoadedModel.capabilities}); corners in order, in image px. */
  readonly box: Box | null;
  readonly previous: PreviousMask | null;
  /** What the chosen candidate of the pass before left in {@link DecodeOutput.memory}. */
  readonly memory: Float32Array | null;
}

/** Logits on a grid of this size, row-major [height, width], one array a candidate. */
export interface DecodeOutput extends Size {
  readonly logits: readonly Float32Array[];
  /**
   * Brings a candidate's logits to the grid; left out where they are on it. Asked for the chosen candidate alone, since
   * it may be large.
   */
  readonly enlarge?: (logits: Float32Array) => Float32Array;
  /** The model's own estimate of each candidate's quality, 0 to 1; null where it gives none. */
  readonly scores: readonly number[] | null;
  /** The candidate that the authors' code would take, where it is not the one of the best score. */
  readonly choice?: number;
  /** Per candidate: what the next pass wants back besides the map, such as SAM's low-resolution logits. */
  readonly memory?: readonly Float32Array[];
  /** How the grid is enlarged to the region, and whether before (`logit`) or after the sigmoid. */
  readonly filter: 'half-pixel' | 'align-corners';
  readonly interpolate: 'probability' | 'logit';
  /**
   * Where the network looks twice: chooses the part, given what the first look made of the region; null where there is
   * nothing to look at. Asked for after flip averaging, of the pass that is not mirrored.
   *
   * @param cut - the mask of all pixels above a probability, remembered for as long as the map lives
   */
  readonly focus?: (map: ProbabilityMap, cut: (map: ProbabilityMap, probability: number) => MaskRuns) => Focus | null;
}

/** A part of the region that a network wants to see again, larger (FocalClick's focus crop). */
export interface Focus {
  /** In image px. */
  readonly roi: Rect;
  /** What the answer is pasted on: this pass's map, or the one before it, of which all else is then kept. */
  readonly over: 'map' | 'previous';
  /** @param features - of the part, encoded as a zoomed view that is not mirrored */
  refine(features: Features): Promise<Omit<MapPatch, 'roi'>>;
}

/**
 * A model with its graphs loaded. Not reentrant: one call at a time. Clicks and maps in and out are those of the
 * unmirrored image, also where the view is mirrored.
 */
export interface LoadedModel {
  readonly manifest: ModelManifest;
  readonly capabilities: {
    readonly previousMask: boolean;
    /** Whether boxes are given to the model; else clicks and a first guess stand for them. */
    readonly box: boolean;
    readonly candidates: number;
  };
  /**
   * As many pixels as the model makes use of at most, for one view: given where fewer of them, well averaged, serve as
   * well, so that large images need not be decoded in full.
   */
  readonly enough?: Size;
  /**
   * Image encoder, or for families without one the resampled input.
   *
   * @param image - all pixels, but for `image.full`: then fewer, of the view still more than {@link enough}
   * @param key - of the image, for models that are encoded elsewhere
   */
  encode(image: ReducedImage, view: View, key: string): Promise<Features>;
  decode(features: Features, input: DecodeInput): Promise<DecodeOutput>;
}

/** The code of one input/output contract. Adding one is a folder and a line in the registry. */
export interface ModelFamily {
  readonly name: string;
  /** One line for `clickmask models`. */
  readonly summary: string;
  /** Names of the graphs that a manifest of this family must have. */
  readonly graphs: readonly string[];
  /** Whether `image` is always of whole bytes over 255, so that an inference server is sent these bytes instead. */
  readonly bytePicture?: boolean;
  /**
   * @param sessions - one per graph, already checked against the manifest
   * @throws ClickmaskError `bad-model` where the manifest's options or shapes do not fit this family
   */
  load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel;
}
