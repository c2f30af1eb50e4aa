import type { RgbImage } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { Features, View } from '../models/index.js';
import type { RefinementOptions } from '../refinement/index.js';
import type { BackendState, Provider } from '../runtime/backend.js';
import type { PostprocessOptions } from './postprocess.js';
import type { Prediction } from './prediction.js';
import type { Prompt } from './prompt.js';

/** The client of a request, and its priority. */
export interface QueueOptions {
  /**
   * Names the client, such as an annotator. Clients take turns, regardless of how many requests each has waiting.
   * Default: the session, else the image.
   */
  readonly client?: string;
  /**
   * For preparatory and bulk work. It runs when no other request waits, and is refused first if the queue is full
   * (`queue-full`). Default false.
   */
  readonly background?: boolean;
}

/** An image file (bytes of JPEG, PNG, WebP, ...), or pixels. Do not change it while it is open. */
export type ImageSource = RgbImage | Uint8Array;

export interface OpenOptions extends QueueOptions {
  /**
   * Names the image in every cache. The same key must always mean the same pixels.
   * Default: SHA-256 of the bytes.
   */
  readonly key?: string;
  /** Computes the features of the whole image at once, so the first click is fast. Default false. */
  readonly prepare?: boolean;
  /** Milliseconds after which the caller gets `deadline-exceeded`. Default: the segmenter's. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** An image that a segmenter knows. It is small: it holds the source, not the pixels or the features. */
export interface SegmenterImage {
  readonly key: string;
  /** Size of the upright image, in px. */
  readonly width: number;
  readonly height: number;
  /** Drops pixels, features and previous maps of this image. It cannot be used any more. */
  close(): Promise<void>;
}

export interface SegmentOptions extends QueueOptions {
  /** Overrides the model's defaults, field by field. */
  readonly refinement?: RefinementOptions;
  readonly postprocess?: PostprocessOptions;
  /**
   * The candidate that becomes the mask: an index from 0, or `best` (default), the model's choice. That is the best score,
   * unless the model's family or manifest says otherwise. The embedded model takes the first.
   */
  readonly candidate?: 'best' | number;
  /**
   * Answers after this many passes of the last click's cascade, as for a preview. `refinement.complete` says whether
   * that was all. The same request continues from there. Default: all passes.
   */
  readonly passes?: number;
  /** Adds the probability map to the prediction. Default false. */
  readonly includeMap?: boolean;
  /** A newer request of the same session replaces those that still wait (`superseded`). */
  readonly session?: string;
  /** Milliseconds after which the caller gets `deadline-exceeded`. Default: the segmenter's. */
  readonly deadlineMs?: number;
  /**
   * Drops queued work and late results. A running network pass is never interrupted. A cascade, or a list of clicks,
   * ends after that pass, as it does at the deadline. The same request continues from there.
   */
  readonly signal?: AbortSignal;
  /**
   * Called with the mask of a cascade's first pass, to show at once. Not called if the answer is already known, or by
   * segmenters that answer in one piece, as over HTTP.
   */
  readonly onDraft?: (draft: DraftMask) => void;
}

/** A draft: the mask of a cascade's first pass, cleaned like the answer. */
export interface DraftMask {
  readonly runs: MaskRuns;
}

export interface SegmenterInfo {
  /** Name and version of the model, such as `clickmask-small 0.6.0`. */
  readonly model: string;
  readonly family: string;
  readonly licence: string;
  /** False if the licence forbids commercial use. */
  readonly commercialUse: boolean;
  readonly provider: Provider;
  /** Number of workers; 0 if the caller's thread does the work. */
  readonly workers: number;
  /** Intra-op threads per worker. */
  readonly threads: number;
  /** What the model can do. */
  readonly capabilities: {
    readonly previousMask: boolean;
    readonly box: boolean;
    readonly candidates: number;
  };
}

export interface SegmenterStats {
  /** Number of workers that can answer now, out of `info.workers`. A lost worker counts again once it is replaced. */
  readonly ready: number;
  readonly images: number;
  /** Bytes of cached pixels, features and previous maps. */
  readonly pixelBytes: number;
  readonly featureBytes: number;
  readonly stateBytes: number;
  /** Requests that wait or run. */
  readonly queued: number;
  readonly active: number;
  readonly encodes: number;
  readonly predictions: number;
  /** State of the inference server: the worst that any worker has seen. Left out without a server. */
  readonly engine?: BackendState;
}

/**
 * A loaded model behind one interface: in this thread, in worker threads, or behind a server.
 *
 * The same clicks on the same image give the same mask, byte for byte, whatever was requested before. One exception: if
 * more than twenty clicks are new at once, those in between are not computed one by one.
 */
export interface Segmenter {
  readonly info: SegmenterInfo;
  /**
   * Opens an image.
   *
   * @throws ClickmaskError `bad-image`, `unsupported-image`, `image-too-large`, `queue-full`, `aborted`,
   * `deadline-exceeded`, `closed`
   */
  open(source: ImageSource, options?: OpenOptions): Promise<SegmenterImage>;
  /**
   * Turns a prompt into a mask.
   *
   * @throws ClickmaskError `no-clicks`, `bad-click`, `too-many-clicks`, `bad-box`, `bad-mask`, `bad-option`, `aborted`,
   * `superseded`, `deadline-exceeded`, `queue-full`, `worker-lost`, `closed`, `backend-failed`
   */
  segment(image: SegmenterImage, prompt: Prompt, options?: SegmentOptions): Promise<Prediction>;
  /**
   * Features of one view of an image as plain data, to decode clicks elsewhere. Segmenters without features leave this
   * method out.
   */
  features?(
    image: SegmenterImage,
    view: View,
    options?: Pick<SegmentOptions, 'deadlineMs' | 'signal' | keyof QueueOptions>,
  ): Promise<Features>;
  stats(): Promise<SegmenterStats>;
  /** Finishes running requests, rejects waiting ones (`closed`), and frees everything. */
  close(): Promise<void>;
}
