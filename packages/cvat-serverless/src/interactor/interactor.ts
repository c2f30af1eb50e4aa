import { tmpdir } from 'node:os';
import {
  ClickmaskError,
  type PostprocessOptions,
  type Prediction,
  type RefinementOptions,
  type Segmenter,
} from '@clickmask/core';
import { smooth } from '@clickmask/core/masks';
import { withDefaults } from '../options/with-defaults.js';
import { type Allocate, type ReplyFormat, writeReply } from '../replies/index.js';
import { checkReplyFormat } from '../replies/reply-format.js';
import { asClickmaskError, errorStatus } from './error-status.js';
import { fitPrompt } from './fit-prompt.js';
import { createImageCache, type ImageCache } from './image-cache.js';
import { parseRequest } from './parse-request.js';
import { createReplyFiles, type ReplyFiles } from './reply-files.js';
import { createScratch } from './scratch.js';

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
  /** Present for a mask. */
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

/**
 * Makes a CVAT interactor of a segmenter.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { createSegmenter } from '@clickmask/core/node';
 * import { createInteractor } from '@clickmask/cvat-serverless';
 *
 * const interactor = createInteractor({ segmenter: () => createSegmenter(), reply: 'shapes' });
 * const reply = await interactor.answer({ image: 'AA==', pos_points: [[10, 10]], neg_points: [] });
 * console.log(reply.status); // 422
 * await interactor.close();
 * ```
 */
export function createInteractor(options: InteractorOptions): Interactor {
  const settings = withDefaults(interactorDefaults, options);
  checkReplyFormat(settings.reply);
  const { smooth: radius = 0, ...postprocess } = settings.postprocess ?? {};
  const files: ReplyFiles = createReplyFiles(settings.streamFolder ?? tmpdir());
  const scratch = createScratch();
  let loading: Promise<Segmenter> | null = null;
  let images: ImageCache | null = null;
  let events = 0;

  const load = (): Promise<Segmenter> => {
    if (loading === null) {
      const { segmenter } = settings;
      const attempt = typeof segmenter === 'function' ? segmenter() : Promise.resolve(segmenter);
      loading = attempt;
      // A later request may find what was missing.
      attempt.catch(() => {
        if (loading === attempt) loading = null;
      });
    }
    return loading;
  };

  const segment = async (body: unknown, allocate?: Allocate): Promise<InteractorReply> => {
    const start = performance.now();
    const segmenter = await load();
    images ??= createImageCache(segmenter, settings.imageBytes);
    const loaded = performance.now();
    const request = parseRequest(body);
    const { image, order } = await images.open(request.image);
    const { positive, negative, box, notes } = fitPrompt(request, image);
    const clicks = order.arrange(positive, negative);
    const parsed = performance.now();
    const prediction = await segmenter.segment(
      image,
      { clicks, ...(box === null ? {} : { box }) },
      {
        deadlineMs: Math.max(1, settings.deadlineMs - (parsed - start)),
        refinement: settings.refinement,
        postprocess: request.threshold === null ? postprocess : { ...postprocess, threshold: request.threshold },
      },
    );
    const smoothed = radius > 0 ? smooth(prediction.runs, radius) : prediction.runs;
    // A mask thinner than the vote's radius would vanish: better rough than gone.
    const runs = smoothed.spans.length === 0 ? prediction.runs : smoothed;
    const segmented = performance.now();
    const reply = writeReply({ runs, score: prediction.score }, settings.reply, allocate);
    const end = performance.now();
    return {
      status: 200,
      body: reply,
      prediction,
      timings: { parse: parsed - loaded, segment: segmented - parsed, write: end - segmented },
      notes: [...notes, ...prediction.notes],
    };
  };

  const answer = async (body: unknown, allocate?: Allocate): Promise<InteractorReply> => {
    events += 1;
    try {
      return await inTime(segment(body, allocate), settings.deadlineMs);
    } catch (cause) {
      const error = asClickmaskError(cause);
      const text = JSON.stringify({ error: { code: error.code, message: error.message } });
      const timings = { parse: 0, segment: 0, write: 0 };
      return {
        status: errorStatus(error.code),
        body: Buffer.from(text),
        timings,
        notes: [`${error.code}: ${error.message}`],
      };
    }
  };

  const info = async (): Promise<object> => {
    const segmenter = await load();
    return {
      kind: 'clickmask-interactor',
      reply: settings.reply,
      model: segmenter.info,
      stats: await segmenter.stats(),
      images: { count: images?.size ?? 0, bytes: images?.bytes ?? 0 },
      events,
      memory: { rss: process.memoryUsage.rss() },
    };
  };

  const respond = async (context: FunctionContext, event: FunctionEvent): Promise<unknown> => {
    if (event.method === 'GET') {
      return new context.Response(JSON.stringify(await info()), {}, 'application/json', 200);
    }
    const memory = scratch.borrow();
    try {
      const reply = await answer(event.body, memory.allocate);
      log(context, event, reply);
      if (reply.body.length >= settings.streamFrom) {
        const headers = {
          'X-nuclio-filestream-path': await files.write(reply.body),
          'X-nuclio-filestream-delete-after-send': 'true',
        };
        return new context.Response('', headers, 'application/json', reply.status);
      }
      return new context.Response(reply.body.toString('utf8'), {}, 'application/json', reply.status);
    } finally {
      memory.giveBack();
    }
  };

  return {
    async initContext() {
      await load();
    },
    async handler(context, event) {
      let reply: unknown;
      try {
        reply = await respond(context, event ?? {});
      } catch (cause) {
        const error = asClickmaskError(cause);
        context.logger?.error?.(`The event could not be answered: ${error.message}`, { code: error.code });
        reply = [errorStatus(error.code), { error: { code: error.code, message: error.message } }];
      }
      try {
        await context.callback(reply);
      } catch (error) {
        context.logger?.error?.(`The reply could not be delivered: ${String(error)}`);
      }
    },
    answer: (body) => answer(body),
    info,
    async close() {
      const segmenter = await loading?.catch(() => null);
      images?.clear();
      await files.close();
      await segmenter?.close();
    },
  };
}

/** The work's result, or `deadline-exceeded`; the work itself cannot be stopped and its result is dropped. */
async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `No mask within ${deadlineMs} ms. The next request finds what was computed meanwhile.`;
    timer = setTimeout(() => reject(new ClickmaskError('deadline-exceeded', message)), deadlineMs);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function log(context: FunctionContext, event: FunctionEvent, reply: InteractorReply): void {
  const { status, prediction, timings, notes } = reply;
  const rounded = Object.fromEntries(Object.entries(timings).map(([name, ms]) => [name, Math.round(ms)]));
  const data = {
    event: event.id,
    status,
    bytes: reply.body.length,
    ...rounded,
    ...(notes.length > 0 ? { notes } : {}),
  };
  if (prediction === undefined) context.logger?.error?.(`Refused with ${status}: ${notes.join('; ')}`, data);
  else context.logger?.debug?.(`Mask of ${prediction.area} px in ${prediction.width} x ${prediction.height}`, data);
}
