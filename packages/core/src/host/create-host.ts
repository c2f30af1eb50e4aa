import { ClickmaskError, describe, expectInteger, expectKnown, isClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { checkImage } from '../image/index.js';
import { toRuns } from '../mask/index.js';
import { sha256 } from '../models/index.js';
import type { BackendState } from '../runtime/backend.js';
import type { Engine, EngineStats } from '../segmenter/engine.js';
import type { Shrink } from '../segmenter/picture-store.js';
import { toPrediction } from '../segmenter/prediction.js';
import type { Prompt } from '../segmenter/prompt.js';
import type {
  DraftMask,
  ImageSource,
  Segmenter,
  SegmenterImage,
  SegmenterInfo,
  SegmenterStats,
  SegmentOptions,
} from '../segmenter/segmenter.js';
import { createLane, type EngineSlot, type Lane } from './lane.js';
import { abortedError, closedError } from './queue.js';

export interface HostOptions {
  /** One or more. An image always goes to the same one. */
  readonly slots: readonly EngineSlot[];
  /** Maximum waiting requests per slot. Default 64. */
  readonly queueCapacity?: number;
  /** Default deadline of a request, in ms. Default: none. */
  readonly deadlineMs?: number;
  /** The value of `info.workers`. Default: the number of slots. */
  readonly workers?: number;
}

interface OpenPicture {
  readonly source: ImageSource;
  readonly size: Size;
  handles: number;
  /** Requests that are not answered yet. */
  readonly asked: Set<Promise<unknown>>;
}

/**
 * A {@link Segmenter} over one or several engines. It adds queues (the latest click wins), deadlines, cancellation,
 * routing by image key, and restarts of lost engines. It keeps the source of every open image, so that an engine may
 * forget its pixels. For engines that you host yourself. `createSegmenter` does this for threads and workers.
 *
 * @throws ClickmaskError `bad-option`, and errors from starting an engine
 *
 * @example
 * ```ts
 * import { families, loadModel } from '@clickmask/core/models';
 * import { createEngine, createHost } from '@clickmask/core/runtime';
 * import {
 *   createOnnxNodeBackend,
 *   decodeImage,
 *   defaultModelsFolder,
 *   findModelFolder,
 *   folderFiles,
 * } from '@clickmask/core/node';
 *
 * async function start() {
 *   const folder = findModelFolder('clickmask-small', defaultModelsFolder());
 *   const backend = await createOnnxNodeBackend();
 *   const handle = await loadModel(folderFiles(folder), { backend, families, providers: ['cpu'] });
 *   return createEngine({ handle, decodeImage: (bytes, maxPixels) => decodeImage(bytes, maxPixels), threads: 1 });
 * }
 * const segmenter = await createHost({ slots: [{ start }, { start }] });
 * console.log(segmenter.info.workers); // 2
 * await segmenter.close();
 * ```
 */
export async function createHost(options: HostOptions): Promise<Segmenter> {
  const { slots, queueCapacity = 64, deadlineMs } = options;
  expectInteger('bad-option', 'the number of slots', slots.length, 1);
  const lanes = slots.map((slot) => createLane(slot, queueCapacity));
  let started: readonly Engine[];
  try {
    started = await Promise.all(lanes.map((lane) => lane.engine()));
  } catch (error) {
    await Promise.allSettled(lanes.map((lane) => lane.close()));
    throw error;
  }
  const info: SegmenterInfo = { ...started[0].info, workers: options.workers ?? slots.length };
  const sources = new WeakMap<SegmenterImage, { readonly picture: OpenPicture; readonly lane: Lane }>();
  /** The open images by key, with their running requests. */
  const opened = new Map<string, OpenPicture>();
  let closed = false;
  let closing: Promise<void> | null = null;

  const lookUp = (image: SegmenterImage) => {
    if (closed) throw closedError();
    const known = sources.get(image);
    if (known === undefined) {
      throw unexpected('bad-image', 'image', 'an image opened by this segmenter', image, 'Call open() first.');
    }
    return known;
  };

  /** Queues a job for an open image. */
  const ask = <T>(
    { picture, lane }: { readonly picture: OpenPicture; readonly lane: Lane },
    key: string,
    { session, client, background, signal, deadlineMs: wanted = deadlineMs }: SegmentOptions,
    job: (engine: Engine, gone: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const owner = client ?? session ?? key;
    const run = (gone: AbortSignal) => withPixels(lane, key, picture.source, (engine) => job(engine, gone));
    const answer = lane.queue.push({ session, owner, background, signal, deadlineMs: wanted, run });
    picture.asked.add(answer);
    const done = () => picture.asked.delete(answer);
    answer.then(done, done);
    return answer;
  };

  return {
    info,
    async open(
      source,
      { key: givenKey, prepare = false, client, background, signal, deadlineMs: wanted = deadlineMs } = {},
    ) {
      if (closed) throw closedError();
      if (signal?.aborted === true) throw abortedError(signal);
      checkSource(source);
      const key = givenKey ?? (await contentKey(source));
      if (key === '' || key.includes('\n')) throw unexpected('bad-image', 'key', 'a text without line breaks', key);
      const lane = lanes[laneOf(key, lanes.length)];
      const load = async () => {
        const engine = await lane.engine();
        const known = opened.get(key);
        // Already open with the very same bytes: the engine's data are valid.
        const loaded = known?.source === source ? known.size : await engine.load(key, source);
        if (prepare) await withPixels(lane, key, source, (present) => present.prepare(key));
        return loaded;
      };
      let size: Size;
      try {
        size = await lane.queue.push({ owner: client ?? key, background, signal, deadlineMs: wanted, run: load });
      } catch (error) {
        // The image may be loaded for a caller who has left.
        const late = isClickmaskError(error, 'aborted') || isClickmaskError(error, 'deadline-exceeded');
        if (late && !opened.has(key)) void forget(lane, key).catch(() => {});
        throw error;
      }
      const picture: OpenPicture = opened.get(key) ?? { source, size, handles: 0, asked: new Set() };
      picture.handles += 1;
      opened.set(key, picture);
      let open = true;
      const image: SegmenterImage = {
        key,
        ...size,
        async close() {
          if (!open) return;
          open = false;
          sources.delete(image);
          picture.handles -= 1;
          if (picture.handles > 0) return;
          opened.delete(key);
          // Requesters are served in turn, so no job may come after its image is forgotten.
          await Promise.allSettled(picture.asked);
          if (!closed && !opened.has(key)) await forget(lane, key);
        },
      };
      sources.set(image, { picture, lane });
      return image;
    },

    async segment(image, prompt, options = {}) {
      checkSegmentArguments(prompt, options);
      const { refinement, postprocess, candidate, includeMap, passes, ...rest } = options;
      const known = lookUp(image);
      // Sending runs across threads costs a fraction of sending bytes.
      const mask = prompt.mask === undefined ? undefined : toRuns(prompt.mask);
      const request = {
        key: image.key,
        prompt: { clicks: prompt.clicks, box: prompt.box, mask },
        options: { refinement, postprocess, candidate, includeMap, passes },
      };
      // No draft is sent after the answer, or after the caller gave up.
      let waiting = true;
      const onDraft = rest.onDraft === undefined ? undefined : (draft: DraftMask) => waiting && rest.onDraft?.(draft);
      try {
        const data = await ask(known, image.key, rest, (engine, gone) => engine.segment(request, onDraft, gone));
        return toPrediction(data);
      } finally {
        waiting = false;
      }
    },

    features: async (image, view, options = {}) =>
      ask(lookUp(image), image.key, options, (engine) => engine.features(image.key, view)),

    async stats() {
      if (closed) throw closedError();
      // A lane that is being replaced is skipped: it would report nothing and might take long.
      const asked = lanes.filter((lane) => lane.isUp).map(async (lane) => (await lane.engine()).stats());
      const answers = await Promise.allSettled(asked);
      return sumOf(
        answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
        lanes,
      );
    },

    close() {
      closed = true;
      closing ??= Promise.allSettled(lanes.map((lane) => lane.close())).then(() => {});
      return closing;
    },
  };
}

/** Runs a job. If the engine lacks the pixels, sends the image and runs it once more. */
async function withPixels<T>(
  lane: Lane,
  key: string,
  source: ImageSource,
  job: (engine: Engine) => Promise<T>,
): Promise<T> {
  const sent = new Set<unknown>();
  for (;;) {
    // It may have been replaced meanwhile.
    const engine = await lane.engine();
    try {
      return await job(engine);
    } catch (error) {
      if (!isClickmaskError(error, 'image-not-loaded')) throw error;
      const shrink = error.details.shrink as Shrink | undefined;
      // A job may need the whole image and a part of it. What was sent and is still missing stays missing.
      if (sent.has(shrink)) throw error;
      sent.add(shrink);
      await (await lane.engine()).load(key, source, shrink);
    }
  }
}

/** Frees a lane's data of an image, even if the queue is full. A closed lane has already freed them. */
async function forget(lane: Lane, key: string): Promise<void> {
  const run = async () => (await lane.engine()).forget(key);
  await lane.queue.push({ run, always: true }).catch((error: unknown) => {
    if (!isClickmaskError(error, 'closed')) throw error;
  });
}

function sumOf(parts: readonly EngineStats[], lanes: readonly Lane[]): SegmenterStats {
  const sum = (pick: (part: EngineStats) => number) => parts.reduce((total, part) => total + pick(part), 0);
  return {
    ready: parts.length,
    images: sum((part) => part.images),
    pixelBytes: sum((part) => part.pixelBytes),
    featureBytes: sum((part) => part.featureBytes),
    stateBytes: sum((part) => part.stateBytes),
    encodes: sum((part) => part.encodes),
    predictions: sum((part) => part.predictions),
    queued: lanes.reduce((total, lane) => total + lane.queue.queued, 0),
    active: lanes.reduce((total, lane) => total + lane.queue.active, 0),
    ...worstOf(parts.flatMap(({ engine }) => engine ?? [])),
  };
}

/** Of several views of one server, the one with the most failures. */
function worstOf(states: readonly BackendState[]): { readonly engine?: BackendState } {
  if (states.length === 0) return {};
  return { engine: states.reduce((worst, state) => (state.failures > worst.failures ? state : worst)) };
}

// Records, so that the compiler notices an option that is missing here.
const promptKeys = Object.keys({ clicks: 1, box: 1, mask: 1 } satisfies Record<keyof Prompt, 1>);
const optionKeys = Object.keys({
  refinement: 1,
  postprocess: 1,
  candidate: 1,
  passes: 1,
  includeMap: 1,
  session: 1,
  client: 1,
  background: 1,
  deadlineMs: 1,
  signal: 1,
  onDraft: 1,
} satisfies Record<keyof SegmentOptions, 1>);

/** An option in the wrong place, or one that does not exist, would otherwise have no effect without notice. */
function checkSegmentArguments(prompt: unknown, options: unknown): void {
  if (typeof prompt !== 'object' || prompt === null) {
    throw unexpected('no-clicks', 'prompt', '{ clicks, box, mask }', prompt);
  }
  for (const key of optionKeys) {
    if ((prompt as Record<string, unknown>)[key] === undefined) continue;
    const message = `'${key}' belongs in the third argument: segment(image, { clicks }, { ${key} }).`;
    throw new ClickmaskError('bad-option', message, { details: { name: key } });
  }
  expectKnown('bad-option', 'prompt', prompt, promptKeys);
  if (typeof options !== 'object' || options === null) {
    throw unexpected('bad-option', 'options', 'an object of options', options);
  }
  expectKnown('bad-option', 'segment', options, optionKeys);
}

function checkSource(source: ImageSource): void {
  if (source instanceof Uint8Array) {
    if (source.length === 0) throw unexpected('bad-image', 'source', 'the bytes of an image', source);
    return;
  }
  if (typeof source !== 'object' || source === null) {
    throw unexpected('bad-image', 'source', 'image bytes or { width, height, data }', describe(source));
  }
  checkImage(source);
}

async function contentKey(source: ImageSource): Promise<string> {
  if (source instanceof Uint8Array) return `sha256:${await sha256(source)}`;
  const { data, width, height } = source;
  return `sha256:${await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}:${width}x${height}`;
}

/** FNV-1a of the key: the same image always goes to the worker that has its features. */
function laneOf(key: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % count;
}
