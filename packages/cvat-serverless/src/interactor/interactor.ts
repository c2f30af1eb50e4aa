import { tmpdir } from 'node:os';
import { ClickmaskError, type Segmenter } from '@clickmask/core';
import { withDefaults } from '../options/with-defaults.js';
import type { Allocate } from '../replies/index.js';
import { checkReplyFormat } from '../replies/reply-format.js';
import { asClickmaskError, errorStatus } from './error-status.js';
import { foreignPage } from './foreign-page.js';
import { createImageCache, type ImageCache } from './image-cache.js';
import {
  type FunctionContext,
  type FunctionEvent,
  type Interactor,
  type InteractorOptions,
  type InteractorReply,
  interactorDefaults,
} from './interactor-contract.js';
import { makeReply, refusal } from './make-reply.js';
import { createReplyFiles, type ReplyFiles } from './reply-files.js';
import { createScratch } from './scratch.js';

/**
 * Makes a CVAT interactor from a segmenter.
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
  const files: ReplyFiles = createReplyFiles(settings.streamFolder ?? tmpdir());
  const scratch = createScratch();
  const load = createLoader(settings.segmenter);
  let images: ImageCache | null = null;
  let events = 0;

  const answer = async (body: unknown, allocate?: Allocate): Promise<InteractorReply> => {
    events += 1;
    const work = async (): Promise<InteractorReply> => {
      const segmenter = await load.get();
      images ??= createImageCache(segmenter, settings.imageBytes);
      return makeReply(body, { segmenter, images, settings, allocate });
    };
    return inTime(work(), settings.deadlineMs).catch((cause) => refusal(cause, settings.explain));
  };

  const info = async (): Promise<object> => {
    const segmenter = await load.get();
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
    const foreign = foreignPage(event.headers);
    if (foreign === null && (event.method === 'GET' || event.method === 'HEAD')) {
      return new context.Response(JSON.stringify(await info()), {}, 'application/json', 200);
    }
    const memory = scratch.borrow();
    try {
      const reply = foreign === null ? await answer(event.body, memory.allocate) : refusal(foreign, settings.explain);
      log(context, event, reply);
      if (reply.body.length < settings.streamFrom) {
        return new context.Response(reply.body.toString('utf8'), {}, 'application/json', reply.status);
      }
      const headers = {
        'X-nuclio-filestream-path': await files.write(reply.body),
        'X-nuclio-filestream-delete-after-send': 'true',
      };
      return new context.Response('', headers, 'application/json', reply.status);
    } finally {
      memory.giveBack();
    }
  };

  return {
    async initContext() {
      await load.get();
    },
    async handler(context, event) {
      let reply: unknown;
      try {
        reply = await respond(context, event ?? {});
      } catch (cause) {
        const { code, message: original } = asClickmaskError(cause);
        const message = settings.explain(original);
        context.logger?.error?.(`The event could not be answered: ${message}`, { code });
        reply = [errorStatus(code), { error: { code, message } }];
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
      images?.clear();
      await files.close();
      await load.close();
    },
  };
}

/** Makes the segmenter on the first request, and again after a failure. */
function createLoader(source: InteractorOptions['segmenter']) {
  let loading: Promise<Segmenter> | null = null;
  return {
    get(): Promise<Segmenter> {
      if (loading !== null) return loading;
      const attempt = typeof source === 'function' ? source() : Promise.resolve(source);
      loading = attempt;
      // A later request may succeed, for example if a file was added.
      attempt.catch(() => {
        if (loading === attempt) loading = null;
      });
      return attempt;
    },
    async close(): Promise<void> {
      const segmenter = await loading?.catch(() => null);
      await segmenter?.close();
    },
  };
}

/** The work's result, or `deadline-exceeded`. The work itself cannot be stopped; its result is then dropped. */
async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `No mask within ${deadlineMs} ms. The next request finds what was computed meanwhile: try again, or raise the deadline.`;
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
    event: event.id?.slice(0, 80),
    status,
    bytes: reply.body.length,
    ...rounded,
    ...(notes.length > 0 ? { notes } : {}),
  };
  if (status >= 400) context.logger?.error?.(`Refused with ${status}: ${notes.join('; ')}`, data);
  else context.logger?.debug?.(`Mask of ${prediction?.area ?? 0} px`, data);
}
