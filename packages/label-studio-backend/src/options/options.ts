import type { Segmenter, SegmentOptions } from '@clickmask/core';
import type { Logger } from '../diagnostics/index.js';
import type { OutputKind } from '../labeling-config/index.js';
import type { DiskCacheOptions } from '../pictures/index.js';
import type { PointGrouping } from '../prompts/index.js';
import type { RegionOptions } from '../regions/index.js';
import type { OnTrain } from '../training/index.js';

/** How Label Studio and the pictures are reached. */
export interface LabelStudioAccess {
  /** Address of Label Studio as this machine reaches it, with its path prefix where it has one. */
  readonly url?: string;
  /** A legacy token or a personal access token. Default: none, or what Label Studio sends at setup. */
  readonly token?: string;
  /** Other origins by which task data names the same Label Studio, such as `https://labels.example.com`. */
  readonly aliases?: readonly string[];
  /** Hosts that pictures may be fetched from besides: `images.example.com`, `*.example.com`, `host:8443`, `*`. */
  readonly hosts?: readonly string[];
  /** Hosts that may have a private address, such as a MinIO of your own. */
  readonly privateHosts?: readonly string[];
  /** `LOCAL_FILES_DOCUMENT_ROOT` of Label Studio, where this machine has that folder too. */
  readonly localFilesRoot?: string;
}

/** What the regions look like that a mask becomes. */
export interface OutputOptions extends RegionOptions {
  /** Default `auto`: the best that the labeling config has. */
  readonly kind?: OutputKind | 'auto';
}

/** Who may ask. */
export interface AuthOptions {
  /**
   * Names by which this backend is reached by browsers, for `/diagnostics` and `/metrics` without a password; addresses,
   * `localhost` and names without a dot are known. A page may else make its own name point here.
   */
  readonly hosts?: readonly string[];
  /** User and password of HTTP Basic authentication, as set at the ML backend in Label Studio. Default: none needed. */
  readonly basic?: { readonly user: string; readonly password: string };
  /**
   * Lets webhooks in that carry this text in the header `X-Clickmask-Secret`, since Label Studio sends no basic
   * authentication with them. `connect` writes it into the webhook.
   */
  readonly webhookSecret?: string;
}

/** Limits, each with a default meant for a server on the internet side of caution. */
export interface BackendLimits {
  /** Bytes of one request body. Default 50 MB. */
  readonly bodyBytes: number;
  /** Bytes of all request bodies under way, as far as they have come; one address has half of it. Default 256 MB. */
  readonly bodyBytesInFlight: number;
  /** Bytes of one picture. Default 100 MB. */
  readonly pictureBytes: number;
  /** Bytes of all open pictures, as they came. Default 256 MB. */
  readonly openPictureBytes: number;
  /** Milliseconds after which an open picture is fetched anew. Default 1 hour. */
  readonly openPictureMs: number;
  /** Pixels of one picture. Default 64 million. */
  readonly pixels: number;
  /** Milliseconds to fetch a picture. Default 30 s. */
  readonly pictureMs: number;
  /**
   * Milliseconds from a request to its answer, waiting and fetching pictures included; below the 100 s that Label Studio
   * waits. Default 90 s.
   */
  readonly predictMs: number;
  /** Requests that may wait for one task. Default 16. */
  readonly queuedPerTask: number;
  /** Objects answered in one request. Default 100. */
  readonly objects: number;
  /** Clicks of one object; the segmenter has a limit of its own, `limits.maxClicks`. Default 200. */
  readonly clicks: number;
  /** Bytes of remembered clicks and boxes, all tasks together. Default 32 MB. */
  readonly promptBytes: number;
  /** Bodies that may arrive at the same time from one address. Default 64. */
  readonly bodiesPerAddress: number;
  /** Bytes a second that a body must arrive at, over each three seconds. Default 10,000. */
  readonly bodyBytesPerSecond: number;
}

/**
 * What {@link BackendLimits} are where nothing else is said.
 *
 * @example
 * ```ts
 * import { defaultLimits } from '@clickmask/label-studio-backend';
 *
 * console.log(defaultLimits.bodyBytes); // 50000000
 * ```
 */
export const defaultLimits: BackendLimits = Object.freeze({
  bodyBytes: 50e6,
  bodyBytesInFlight: 256e6,
  pictureBytes: 100e6,
  openPictureBytes: 256e6,
  openPictureMs: 3_600_000,
  pixels: 64e6,
  pictureMs: 30_000,
  predictMs: 90_000,
  queuedPerTask: 16,
  objects: 100,
  clicks: 200,
  promptBytes: 32e6,
  bodiesPerAddress: 64,
  bodyBytesPerSecond: 10_000,
});

/** An event that Label Studio told by webhook, or the Train button. */
export interface LabelStudioEvent {
  /** Such as `ANNOTATION_CREATED`, `START_TRAINING`. */
  readonly action: string;
  readonly project?: string;
  readonly task?: string;
  /** The whole message, as it came. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Options of {@link createLabelStudioBackend}. */
export interface LabelStudioBackendOptions {
  /** The loaded model. The backend does not close it. */
  readonly segmenter: Segmenter;
  readonly labelStudio?: LabelStudioAccess;
  readonly output?: OutputOptions;
  readonly auth?: AuthOptions;
  readonly limits?: Partial<BackendLimits>;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Keeps fetched pictures in a folder. Default: off. */
  readonly diskCache?: DiskCacheOptions;
  /** Refinement, clean-up and choice of candidate for every click. */
  readonly segment?: Pick<SegmentOptions, 'refinement' | 'postprocess' | 'candidate'>;
  /**
   * Milliseconds for which clicks and boxes of one object are put together although Label Studio sends them in separate
   * requests. 0 for never. Default 10 minutes.
   */
  readonly combineMs?: number;
  /** How many of the next tasks of a project are prepared while nobody clicks. Needs `labelStudio`. Default 2. */
  readonly lookAhead?: number;
  /**
   * How existing keypoints without a box are understood in batch prediction: those of one label as one object, or each as
   * an object. Default `object`.
   */
  readonly batchPoints?: PointGrouping;
  /**
   * Labels whose clicks are negative ones of another label, with `*` for that label: `not *`, `* (not)`. Default: none; a
   * label is a class unless the labeling config marks it with `polarity="negative"`.
   */
  readonly negativeLabels?: readonly string[];
  /** Whether tasks without any prompt get an empty prediction, or none. Default `skip`. */
  readonly emptyPredictions?: 'skip' | 'store';
  /**
   * Called by "Start training", one call at a time; its state stands in `/diagnostics`. Default: nothing is trained.
   */
  readonly onTrain?: OnTrain;
  /** Told of webhooks and of the Train button, after Label Studio has been answered. */
  readonly onEvent?: (event: LabelStudioEvent) => void | Promise<void>;
}
