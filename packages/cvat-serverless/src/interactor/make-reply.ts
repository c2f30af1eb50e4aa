import type { MaskRuns, Prediction, Segmenter } from '@clickmask/core';
import { emptyRuns, smooth } from '@clickmask/core/masks';
import { type Allocate, type ReplyFormat, writeReply } from '../replies/index.js';
import { asClickmaskError, errorStatus } from './error-status.js';
import { fitPrompt } from './fit-prompt.js';
import type { CachedImage, ImageCache } from './image-cache.js';
import type { InteractorOptions, InteractorReply } from './interactor-contract.js';
import { type InteractorRequest, parseRequest } from './parse-request.js';

/** What a reply is made with. */
export interface ReplyTools {
  readonly segmenter: Segmenter;
  readonly images: ImageCache;
  readonly settings: Pick<InteractorOptions, 'postprocess' | 'refinement'> & {
    readonly reply: ReplyFormat;
    readonly deadlineMs: number;
  };
  readonly allocate?: Allocate;
}

/** Turns a request's body into a reply with a mask. */
export async function makeReply(body: unknown, tools: ReplyTools): Promise<InteractorReply> {
  const start = performance.now();
  const request = parseRequest(body);
  const frame = await tools.images.open(request.image);
  try {
    return await clickOn(frame, request, start, tools);
  } catch (error) {
    // Of a request that is at fault nothing is kept; after a deadline the next one finds what was computed.
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
  const { positive, negative, box, notes } = fitPrompt(request, image);
  const clicks = order.arrange(positive, negative);
  const parsed = performance.now();
  // With nothing to go by, and a box could have been drawn: what does not belong to the object is no object.
  const nothing = positive.length === 0 && box === null;
  const { smooth: radius = 0, ...postprocess } = settings.postprocess ?? {};
  const prediction: Prediction | null = nothing
    ? null
    : await segmenter.segment(
        image,
        { clicks, ...(box === null ? {} : { box }) },
        {
          deadlineMs: Math.max(1, settings.deadlineMs - (parsed - start)),
          refinement: settings.refinement,
          postprocess: request.threshold === null ? postprocess : { ...postprocess, threshold: request.threshold },
        },
      );
  order.remember(clicks);
  images.recount(frame);
  const runs = prediction === null ? emptyRuns(image) : smoothed(prediction.runs, radius);
  const segmented = performance.now();
  const body = writeReply({ runs, score: prediction?.score ?? 0 }, settings.reply, allocate);
  return {
    status: 200,
    body,
    ...(prediction === null ? {} : { prediction }),
    timings: { parse: parsed - start, segment: segmented - parsed, write: performance.now() - segmented },
    notes: prediction === null ? [...notes, 'no positive click and no box: empty'] : [...notes, ...prediction.notes],
  };
}

/** A mask thinner than the vote's radius would vanish: better rough than gone. */
function smoothed(runs: MaskRuns, radius: number): MaskRuns {
  const vote = radius > 0 ? smooth(runs, radius) : runs;
  return vote.spans.length === 0 ? runs : vote;
}

/** A failure as a reply. CVAT shows its status only; the reason is for the log. */
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
