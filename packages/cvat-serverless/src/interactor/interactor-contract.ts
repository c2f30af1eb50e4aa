import type { PostprocessOptions, Prediction, RefinementOptions, Segmenter } from '@clickmask/core';
import type { ReplyFormat } from '../replies/index.js';

/** How masks are cleaned before they are sent. */
export interface InteractorPostprocess extends PostprocessOptions {
  /** Radius in px, 0 to 64, of the majority vote that smooths the outline. Default 0, none. */
  readonly smooth?: number;
}

export interface InteractorOptions {
  /** What makes the masks, or how to get it; a function is called before the first mask, and again where it failed. */
  readonly segmenter: Segmenter | (() => Promise<Segmenter>);
  /** What replies look like. Default `mask`, which every CVAT reads. */
  readonly reply?: ReplyFormat;
  readonly postprocess?: InteractorPostprocess;
  readonly refinement?: RefinementOptions;
  /** Bytes of frames, their files and pixels, kept for the next click; the latest always is. Default 128 MiB. */
  readonly imageBytes?: number;
  /** Milliseconds after which a request is given up with status 504. Default 25,000: less than nuclio's event timeout. */
  readonly deadlineMs?: number;
  /**
   * Replies of at least this many bytes go to nuclio's processor through a file. Default: never; nuclio 1.5 or later is
   * needed.
   */
  readonly streamFrom?: number;
  /** Where such files lie. Default: the system's folder for temporary files. */
  readonly streamFolder?: string;
  /**
   * Puts messages of failures into the words of whoever runs the interactor, such as its names of limits. Default: as they
   * are.
   */
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

/** What nuclio hands to a function besides the event, as far as it is used here. */
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

/** What nuclio tells of a request, as far as it is used here. */
export interface FunctionEvent {
  readonly body?: unknown;
  readonly method?: string;
  readonly id?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Milliseconds of one reply. */
export interface ReplyTimings {
  /** Request to picture and prompt: JSON, hash, and, of a new frame, base64 and header. */
  readonly parse: number;
  /** Prompt to mask. */
  readonly segment: number;
  /** Mask to text. */
  readonly write: number;
}

export interface InteractorReply {
  readonly status: number;
  /** JSON text. */
  readonly body: Buffer;
  /** Present for a mask that the network made; of several objects, the last one's. */
  readonly prediction?: Prediction;
  readonly timings: ReplyTimings;
  /** Remarks for the log. */
  readonly notes: readonly string[];
}

/** A click interactor in the form nuclio's Node.js runtime calls. */
export interface Interactor {
  /** Loads the model, so that the first click finds it. Rejects where it cannot be loaded. */
  initContext(context?: unknown): Promise<void>;
  /** Answers one event by one call of `context.callback`. Never rejects. */
  handler(context: FunctionContext, event: FunctionEvent): Promise<void>;
  /** Turns a request's body into a reply, whatever transports it. Never rejects. */
  answer(body: unknown): Promise<InteractorReply>;
  /** What is running, as a GET request tells it. */
  info(): Promise<object>;
  /** Waits for what is under way and frees everything. */
  close(): Promise<void>;
}
