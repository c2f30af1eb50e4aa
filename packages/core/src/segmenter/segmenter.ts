import type { RgbImage } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { Features, View } from '../models/index.js';
import type { RefinementOptions } from '../refinement/index.js';
import type { BackendState, Provider } from '../runtime/backend.js';
import type { PostprocessOptions } from './postprocess.js';
import type { Prediction } from './prediction.js';
import type { Prompt } from './prompt.js';

/** Whose a request is and how much it hurries, where many wait. */
export interface QueueOptions {
  /**
   * Names who asks, such as an annotator: those who ask are served in turn, however many requests each of them has waiting.
   * Default: the session, else the picture.
   */
  readonly client?: string;
  /**
   * For work ahead and in bulk: it waits until no other request does, and is the first to be refused (`queue-full`) where
   * there is no more room. Default false.
   */
  readonly background?: boolean;
}

/** A picture as it came (JPEG, PNG, WebP, ... bytes), or as pixels. Not to be altered while it is open. */
export type ImageSource = RgbImage | Uint8Array;

export interface OpenOptions extends QueueOptions {
  /**
   * Names the picture in every cache. The same key must always mean the same pixels.
   * Default: SHA-256 of the bytes.
   */
  readonly key?: string;
  /** Computes the features of the whole picture at once, so that the first click finds them. Default false. */
  readonly prepare?: boolean;
  /** Milliseconds after which the caller gets `deadline-exceeded`; the default is the segmenter's. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A picture known to a segmenter. Small: it holds the source, not the pixels nor the features. */
export interface SegmenterImage {
  readonly key: string;
  /** Of the upright picture, in px. */
  readonly width: number;
  readonly height: number;
  /** Forgets pixels, features and previous maps of this picture, which is then not accepted any more. */
  close(): Promise<void>;
}

export interface SegmentOptions extends QueueOptions {
  /** Overrides the model's defaults, field by field. */
  readonly refinement?: RefinementOptions;
  readonly postprocess?: PostprocessOptions;
  /**
   * Which candidate becomes the mask: one by its index, from 0, or `best` (default), which is the model's own choice: the
   * one with the best score, unless the model's family or manifest says otherwise. The embedded model takes the first.
   */
  readonly candidate?: 'best' | number;
  /**
   * Passes of the last click's cascade after which to answer, complete or not, as a preview under a moving pointer wants
   * it; `refinement.complete` tells which. Asked again, the cascade goes on from there. Default: all of them.
   */
  readonly passes?: number;
  /** Adds the probability map to the prediction. Default false. */
  readonly includeMap?: boolean;
  /** Where several requests name the same session, a newer one replaces those still queued (`superseded`). */
  readonly session?: string;
  /** Milliseconds after which the caller gets `deadline-exceeded`; the default is the segmenter's. */
  readonly deadlineMs?: number;
  /**
   * Drops queued work and discards late results. A running network is never interrupted, but a cascade, or clicks that
   * are answered one by one, end after its pass, as they do after the deadline; asked again, they go on from there.
   */
  readonly signal?: AbortSignal;
  /**
   * Told the mask of the first pass where a cascade refines it in further ones: something to show at once. Not called
   * where the answer is known already, nor by segmenters whose answers come in one piece, as over HTTP.
   */
  readonly onDraft?: (draft: DraftMask) => void;
}

/** A mask on its way: what the first pass of a cascade gave, cleaned as the answer will be. */
export interface DraftMask {
  readonly runs: MaskRuns;
}

export interface SegmenterInfo {
  /** Name and version of the model, such as `clickmask-small 0.6.0`. */
  readonly model: string;
  readonly family: string;
  readonly licence: string;
  /** False where the licence forbids commercial use. */
  readonly commercialUse: boolean;
  readonly provider: Provider;
  /** How many workers serve requests; 0 where the work is done in the caller's thread. */
  readonly workers: number;
  /** Intra-op threads of each. */
  readonly threads: number;
  /** What the model can do. */
  readonly capabilities: {
    readonly previousMask: boolean;
    readonly box: boolean;
    readonly candidates: number;
  };
}

export interface SegmenterStats {
  readonly images: number;
  /** Bytes of pixels, features and previous maps now kept. */
  readonly pixelBytes: number;
  readonly featureBytes: number;
  readonly stateBytes: number;
  /** Requests waiting and being served. */
  readonly queued: number;
  readonly active: number;
  readonly encodes: number;
  readonly predictions: number;
  /** How the inference server that runs the network is doing: the worst that a worker has seen; left out without one. */
  readonly engine?: BackendState;
}

/**
 * A loaded model behind one interface: in this thread, in worker threads, or behind a server.
 *
 * The same clicks on the same picture give the same mask, byte for byte, whatever was asked before; except that of more
 * than twenty clicks which are new at once those in between are not answered one by one.
 */
export interface Segmenter {
  readonly info: SegmenterInfo;
  /**
   * Makes a picture known.
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
   * What the model keeps of one view of a picture, as plain data, so that clicks can be decoded elsewhere. Segmenters
   * that have no features to give leave it out.
   */
  features?(
    image: SegmenterImage,
    view: View,
    options?: Pick<SegmentOptions, 'deadlineMs' | 'signal' | keyof QueueOptions>,
  ): Promise<Features>;
  stats(): Promise<SegmenterStats>;
  /** Finishes what is running, refuses what is queued (`closed`), and frees everything. */
  close(): Promise<void>;
}
