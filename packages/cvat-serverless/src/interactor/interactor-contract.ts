import type { PostprocessOptions, Prediction, RefinementOptions, Segmenter } from '@clickmask/core';
import type { ReplyFormat } from '../replies/index.js';

/** How masks are cleaned before they are sent. */
export interface InteractorPostprocess extends PostprocessOptions {
  /** Radius in px, 0 to 64, of a majority filter that smooths the outline. Default 0 (none). */
  readonly smooth?: number;
}

export interface InteractorOptions {
  /**
   * The segmenter, or a function that makes it. The function is called before the first mask, and again after a
   * failure.
   */
  readonly segmenter: Segmenter | (() => Promise<Segmenter>);
  /** Form of replies. Default `mask`, which every CVAT reads. */
  readonly reply?: ReplyFormat;
  readonly postprocess?: InteractorPostprocess;
  readonly refinement?: RefinementOptions;
  /** Bytes of frames (files and pixels) to keep for the next click. The latest frame always stays. Default 128 MiB. */
  readonly imageBytes?: number;
  /** Milliseconds until a request ends with status 504. Default 25,000, less than nuclio's event timeout. */
  readonly deadlineMs?: number;
  /**
   * Replies of at least this many bytes go to nuclio's processor through a file. Needs nuclio 1.5 or later. Default:
   * never.
   */
  readonly streamFrom?: number;
  /** Folder of such files. Default: the system's folder for temporary files. */
  readonly streamFolder?: string;
  /** Rewrites error messages for the operator, such as names of limits. Default: no change. */
  readonly explain?: (message: string) => string;
}

/**
 * The defaults of {@link InteractorOptions}.
 *
 * @example
 * ```ts
 * import { interactorDefaults } from '@clickmask/cvat-serverless';
 *
 * console.log(interactorDefaults.reply); // mask
 * ```
 */
export const interactorDefaults = Object.freeze({
  reply: 'mask',
  imageBytes: 128 * 2 ** 20,
  deadlineMs: 25_000,
  streamFrom: Number.POSITIVE_INFINITY,
  explain: (message: string) => message,
} as const);

/** The parts of nuclio's context that are used here. */
export interface FunctionContext {
  callback(reply: unknown): unknown;
  readonly Response: new (
    body: string | Buffer,
    headers: Record<string, string>,
    contentType: string,
    statusCode: number,
  ) => unknown;
  readonly logger?: Partial<Record<'debug' | 'info' | 'warn' | 'error', (message: string, data?: object) => void>>;
}

/** The parts of nuclio's event that are used here. */
export interface FunctionEvent {
  readonly body?: unknown;
  readonly method?: string;
  readonly id?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Milliseconds of each stage of a reply. */
export interface ReplyTimings {
  /** From request to image and prompt: JSON and hash; for a new frame also base64 and header. */
  readonly parse: number;
  /** From prompt to mask. */
  readonly segment: number;
  /** From mask to text. */
  readonly write: number;
}

export interface InteractorReply {
  readonly status: number;
  /** JSON text. */
  readonly body: Buffer;
  /** Present if the network made a mask. With several objects, that of the last one. */
  readonly prediction?: Prediction;
  readonly timings: ReplyTimings;
  /** Notes for the log. */
  readonly notes: readonly string[];
}

/** A click interactor in the form that nuclio's Node.js runtime calls. */
export interface Interactor {
  /** Loads the model before the first click. Rejects if it cannot be loaded. */
  initContext(context?: unknown): Promise<void>;
  /** Answers one event with one call of `context.callback`. Never rejects. */
  handler(context: FunctionContext, event: FunctionEvent): Promise<void>;
  /** Turns a request body into a reply, for any transport. Never rejects. */
  answer(body: unknown): Promise<InteractorReply>;
  /** The answer to a GET request: what is running here. */
  info(): Promise<object>;
  /** Waits for running requests and frees everything. */
  close(): Promise<void>;
}
