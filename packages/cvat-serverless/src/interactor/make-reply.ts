import type { Box, Click, MaskRuns, Prediction, Prompt, Segmenter } from '@clickmask/core';
import { emptyRuns, smooth } from '@clickmask/core/masks';
import { type Allocate, type ReplyFormat, writeReply } from '../replies/index.js';
import { asClickmaskError, errorStatus } from './error-status.js';
import { fitPrompt } from './fit-prompt.js';
import type { CachedImage, ImageCache } from './image-cache.js';
import type { InteractorOptions, InteractorReply } from './interactor-contract.js';
import { type InteractorRequest, parseRequest } from './parse-request.js';

/** What makes a reply. */
export interface ReplyTools {
  readonly segmenter: Segmenter;
  readonly images: ImageCache;
  readonly settings: Pick<InteractorOptions, 'postprocess' | 'refinement'> & {
    readonly reply: ReplyFormat;
    readonly deadlineMs: number;
    readonly explain: (message: string) => string;
  };
  readonly allocate?: Allocate;
}

/** Turns a request body into a reply with a mask. */
export async function makeReply(body: unknown, tools: ReplyTools): Promise<InteractorReply> {
  const start = performance.now();
  const request = parseRequest(body);
  const frame = await tools.images.open(request.image);
  try {
    return await clickOn(frame, request, start, tools);
  } catch (error) {
    // A faulty request leaves nothing behind. After a deadline, the next request finds what was computed.
    if (errorStatus(asClickmaskError(error).code) < 500) tools.images.dropUnused(frame);
    throw error;
  }
}

async function clickOn(
  frame: CachedImage,
  request: InteractorRequest,
  start: number,
  { segmenter, images, settings, allocate }: ReplyTools,
): Promise<InteractorReply> {
  const { image, order } = frame;
  const { positive, negative, boxes, notes } = fitPrompt(request, image);
  const clicks = order.arrange(positive, negative);
  const parsed = performance.now();
  const { smooth: radius = 0, ...postprocess } = settings.postprocess ?? {};
  const predictions: Prediction[] = [];
  for (const prompt of objectsOf(clicks, boxes)) {
    const options = {
      deadlineMs: Math.max(1, settings.deadlineMs - (performance.now() - start)),
      refinement: settings.refinement,
      postprocess: request.threshold === null ? postprocess : { ...postprocess, threshold: request.threshold },
    };
    predictions.push(await segmenter.segment(image, prompt, options));
  }
  order.remember(clicks);
  images.recount(frame);
  const nothing = { runs: emptyRuns(image), score: 0 };
  const [first = nothing, ...others] = predictions.map(({ runs, score }) => ({ runs: smoothed(runs, radius), score }));
  const segmented = performance.now();
  const body = writeReply([first, ...others], settings.reply, allocate);
  const prediction = predictions.at(-1);
  return {
    status: 200,
    body,
    ...(prediction === undefined ? {} : { prediction }),
    timings: { parse: parsed - start, segment: segmented - parsed, write: performance.now() - segmented },
    notes: [...notes, ...(prediction?.notes.map(settings.explain) ?? ['no positive click and no box: empty'])],
  };
}

/**
 * The objects of a request, with a prompt each. A box without clicks is an object; clicks belong to the box drawn last.
 * Background clicks alone are not an object.
 */
function objectsOf(clicks: readonly Click[], boxes: readonly Box[]): Prompt[] {
  if (clicks.length === 0) return boxes.map((box) => ({ clicks: [], box }));
  const box = boxes.at(-1);
  if (box !== undefined) return [{ clicks, box }];
  return clicks.some(({ label }) => label === 'positive') ? [{ clicks }] : [];
}

/** A mask thinner than the filter's radius would vanish, so it is left rough. */
function smoothed(runs: MaskRuns, radius: number): MaskRuns {
  const vote = radius > 0 ? smooth(runs, radius) : runs;
  return vote.spans.length === 0 ? runs : vote;
}

/** A failure as a reply. CVAT shows only its status; the reason is for the log. */
export function refusal(cause: unknown, explain: (message: string) => string): InteractorReply {
  const { code, message: original } = asClickmaskError(cause);
  const message = explain(original);
  return {
    status: errorStatus(code),
    body: Buffer.from(JSON.stringify({ error: { code, message } })),
    timings: { parse: 0, segment: 0, write: 0 },
    notes: [`${code}: ${message}`],
  };
}
