import type { Segmenter, SegmentOptions } from '@clickmask/core';
import type { Logger } from '../diagnostics/index.js';
import type { OutputKind } from '../labeling-config/index.js';
import type { DiskCacheOptions } from '../pictures/index.js';
import type { PointGrouping } from '../prompts/index.js';
import type { RegionOptions } from '../regions/index.js';
import type { OnTrain } from '../training/index.js';

/** How to reach Label Studio and the images. */
export interface LabelStudioAccess {
  /** Address of Label Studio as seen from this machine, with its path prefix if there is one. */
  readonly url?: string;
  /** A legacy token or a personal access token. Default: none, or what Label Studio sends at setup. */
  readonly token?: string;
  /** Other origins of the same Label Studio in task data, such as `https://labels.example.com`. */
  readonly aliases?: readonly string[];
  /** More hosts of images: `images.example.com`, `*.example.com`, `host:8443`, `*`. */
  readonly hosts?: readonly string[];
  /** Hosts that may have a private address, such as a MinIO of your own. */
  readonly privateHosts?: readonly string[];
  /** The folder `LOCAL_FILES_DOCUMENT_ROOT` of Label Studio, if this machine has it too. */
  readonly localFilesRoot?: string;
}

/** How masks become regions. */
export interface OutputOptions extends RegionOptions {
  /** Default `auto`: the most exact kind in the labeling config. */
  readonly kind?: OutputKind | 'auto';
}

/** Who may ask. */
export interface AuthOptions {
  /**
   * Names under which browsers reach this backend, for `/diagnostics` and `/metrics` without a password. Addresses,
   * `localhost` and names without a dot are always allowed. This protects against pages that point their own name here.
   */
  readonly hosts?: readonly string[];
  /**
   * User and password of HTTP Basic authentication, as entered for the ML backend in Label Studio. Default: none
   * needed.
   */
  readonly basic?: { readonly user: string; readonly password: string };
  /**
   * The text that webhooks must send in the header `X-Clickmask-Secret`, because Label Studio sends no basic
   * authentication with them. `connect` writes it into the webhook.
   */
  readonly webhookSecret?: string;
}

/** Limits. The defaults are cautious. */
export interface BackendLimits {
  /** Bytes of one request body. Default 50 MB. */
  readonly bodyBytes: number;
  /** Received bytes of all running request bodies. One address gets half of it. Default 256 MB. */
  readonly bodyBytesInFlight: number;
  /** Bytes of one image file. Default 100 MB. */
  readonly pictureBytes: number;
  /** Bytes of all open image files. Default 256 MB. */
  readonly openPictureBytes: number;
  /** Milliseconds until an open image is fetched again. Default 3,600,000 (1 hour). */
  readonly openPictureMs: number;
  /** Pixels of one image. Default 64 million. */
  readonly pixels: number;
  /** Milliseconds to fetch an image. Default 30,000. */
  readonly pictureMs: number;
  /**
   * Milliseconds from a request to its answer, including waiting and fetching images. Keep it below the 100 s that
   * Label Studio waits. Default 90,000.
   */
  readonly predictMs: number;
  /** Requests that may wait for one task. Default 16. */
  readonly queuedPerTask: number;
  /** Objects answered in one request. Default 100. */
  readonly objects: number;
  /** Clicks of one object. The segmenter has its own limit, `limits.maxClicks`. Default 200. */
  readonly clicks: number;
  /** Bytes of remembered clicks and boxes of all tasks. Default 32 MB. */
  readonly promptBytes: number;
  /** Bodies that may arrive at the same time from one address. Default 64. */
  readonly bodiesPerAddress: number;
  /** Minimum bytes per second of a body, over three seconds. Default 10,000. */
  readonly bodyBytesPerSecond: number;
}

/**
 * Defaults of {@link BackendLimits}.
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

/** An event of a webhook, or of the Train button. */
export interface LabelStudioEvent {
  /** For example `ANNOTATION_CREATED` or `START_TRAINING`. */
  readonly action: string;
  readonly project?: string;
  readonly task?: string;
  /** The whole message as received. */
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
  /** Keeps fetched images in a folder. Default: off. */
  readonly diskCache?: DiskCacheOptions;
  /** Refinement, clean-up and choice of candidate for every click. */
  readonly segment?: Pick<SegmentOptions, 'refinement' | 'postprocess' | 'candidate'>;
  /**
   * Milliseconds in which clicks and boxes count as one object. Label Studio sends them in separate requests. 0 for never.
   * Default 10 minutes.
   */
  readonly combineMs?: number;
  /** Number of next tasks to prepare per project while nobody clicks. Needs `labelStudio`. Default 2. */
  readonly lookAhead?: number;
  /**
   * How batch prediction reads existing keypoints without a box: as one object per label, or as one object each.
   * Default `object`.
   */
  readonly batchPoints?: PointGrouping;
  /**
   * Patterns of labels that mean negative clicks. `*` stands for the other label: `not *`, `* (not)`. Default: none. A
   * label is a class unless the labeling config marks it with `polarity="negative"`.
   */
  readonly negativeLabels?: readonly string[];
  /** `store` gives tasks without a prompt an empty prediction. Default `skip`. */
  readonly emptyPredictions?: 'skip' | 'store';
  /** Called by "Start training", one call at a time. `/diagnostics` shows its state. Default: no training. */
  readonly onTrain?: OnTrain;
  /** Called for webhooks and the Train button, after the answer to Label Studio. */
  readonly onEvent?: (event: LabelStudioEvent) => void | Promise<void>;
}
