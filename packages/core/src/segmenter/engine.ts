import { type Click, clickPixel } from '../clicks/index.js';
import { ClickmaskError, expectInteger, unexpected } from '../errors/index.js';
import { type Size, wholeRect } from '../geometry/index.js';
import type { ProbabilityMap } from '../image/index.js';
import {
  area,
  bounds,
  changedPixels,
  emptyRuns,
  intersection,
  type MaskRuns,
  mergeProgressively,
  rectRuns,
} from '../mask/index.js';
import type { Features, ModelHandle, View } from '../models/index.js';
import {
  type CascadeResult,
  goesOn,
  type RefinementOptions,
  resolveRefinement,
  runCascade,
} from '../refinement/index.js';
import type { BackendState } from '../runtime/backend.js';
import { guideFromBox } from './box-guide.js';
import { createByteLru } from './byte-lru.js';
import { checkPrompt } from './check-prompt.js';
import { type ClickState, nothingYet, stateBytes, stateNames } from './click-state.js';
import { type Pass, runPass } from './pass.js';
import { createPictureStore, type DecodeImage, type Detail } from './picture-store.js';
import { checkPostprocess, createMaskCutter, postprocess } from './postprocess.js';
import type { PredictionData } from './prediction.js';
import type { Prompt } from './prompt.js';
import type { DraftMask, ImageSource, SegmenterInfo, SegmentOptions } from './segmenter.js';

/** What a request for a mask consists of; plain data that crosses a thread boundary. */
export interface EngineRequest {
  readonly key: string;
  readonly prompt: Prompt;
  readonly options: Pick<SegmentOptions, 'refinement' | 'postprocess' | 'candidate' | 'includeMap' | 'passes'>;
}

export interface EngineStats {
  readonly images: number;
  readonly pixelBytes: number;
  readonly featureBytes: number;
  readonly stateBytes: number;
  readonly encodes: number;
  readonly predictions: number;
  /** The server that runs the network, where one does. */
  readonly engine?: BackendState;
}

/**
 * The click pipeline of one model in one thread, without queue: one call at a time. {@link createHost} puts a queue,
 * deadlines and pictures' sources around one or several of these, wherever they run.
 */
export interface Engine {
  readonly info: Omit<SegmenterInfo, 'workers'>;
  /**
   * Decodes a picture and keeps its pixels, within the budget.
   *
   * @param detail - which pixels; default: those that a first click needs
   */
  load(key: string, source: ImageSource, detail?: Detail): Promise<Size>;
  /**
   * @throws ClickmaskError `image-not-loaded` where pixels are needed that are not, or no longer, kept; `details.detail`
   * says which
   */
  prepare(key: string): Promise<void>;
  /**
   * What the model keeps of one view of a picture, to decode clicks elsewhere.
   *
   * @throws ClickmaskError `image-not-loaded` likewise
   */
  features(key: string, view: View): Promise<Features>;
  /**
   * @param onDraft - see {@link SegmentOptions.onDraft}
   * @param signal - aborted where nobody waits any more: fails with its reason after the pass under way
   * @throws ClickmaskError `image-not-loaded` likewise
   */
  segment(request: EngineRequest, onDraft?: (draft: DraftMask) => void, signal?: AbortSignal): Promise<PredictionData>;
  forget(key: string): Promise<void>;
  stats(): Promise<EngineStats>;
  dispose(): Promise<void>;
}

/** Byte budgets of one engine's caches. */
export interface CacheBudgets {
  /** Decoded pixels: 3 bytes a pixel. The picture opened last is kept even where it alone is larger. */
  readonly pixels: number;
  /** Features: about 2 MB a region for the embedded model. */
  readonly features: number;
  /** Maps of earlier clicks: about 40 kB a click. */
  readonly states: number;
}

/** Limits on what a request may ask for. */
export interface EngineLimits {
  /** Largest accepted picture, in pixels. */
  readonly maxPixels: number;
  readonly maxClicks: number;
}

/**
 * What the caches of an engine may hold unless told otherwise.
 *
 * @example
 * ```ts
 * import { defaultBudgets } from '@clickmask/core/runtime';
 *
 * console.log(defaultBudgets.features / 2 ** 20, 'MiB'); // 256 MiB
 * ```
 */
export const defaultBudgets: CacheBudgets = Object.freeze({
  pixels: 160 * 2 ** 20,
  features: 256 * 2 ** 20,
  states: 32 * 2 ** 20,
});

/** What a request may ask for unless told otherwise. */
export const defaultLimits: EngineLimits = Object.freeze({ maxPixels: 64e6, maxClicks: 200 });

export interface EngineOptions {
  readonly handle: ModelHandle;
  readonly decodeImage: DecodeImage;
  readonly threads: number;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  /** Laid over the model's defaults, field by field; a request's own come on top. */
  readonly refinement?: RefinementOptions;
}

/**
 * The click pipeline over a loaded model, in this thread. Most programs want `createSegmenter` instead.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { families, loadModel } from '@clickmask/core/models';
 * import { createEngine } from '@clickmask/core/runtime';
 * import {
 *   createOnnxNodeBackend,
 *   decodeImage,
 *   defaultModelsFolder,
 *   findModelFolder,
 *   folderFiles,
 * } from '@clickmask/core/node';
 *
 * const folder = findModelFolder('clickmask-small', defaultModelsFolder());
 * const backend = await createOnnxNodeBackend();
 * const handle = await loadModel(folderFiles(folder), { backend, families, providers: ['cpu'] });
 *
 * const engine = createEngine({ handle, decodeImage: (bytes, maxPixels) => decodeImage(bytes, maxPixels), threads: 1 });
 * await engine.load('grey', { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).fill(128) });
 * const prompt = { clicks: [{ x: 32, y: 24, label: 'positive' as const }] };
 * const { width, height } = await engine.segment({ key: 'grey', prompt, options: {} });
 * console.log(width, height); // 64 48
 * await engine.dispose();
 * ```
 */
export function createEngine(options: EngineOptions): Engine {
  const { handle, decodeImage, threads } = options;
  const { model } = handle;
  const { manifest } = model;
  const budgets = { ...defaultBudgets, ...options.budgets };
  const limits = { ...defaultLimits, ...options.limits };
  checkLimits(budgets, limits);
  const defaults = resolveRefinement(options.refinement ?? {}, manifest.refinement);
  const { maxPixels } = limits;
  const pictures = createPictureStore({ decodeImage, maxPixels, budget: budgets.pixels, enough: model.enough });
  const features = createByteLru<Features>(budgets.features);
  const states = createByteLru<ClickState>(budgets.states);
  const cutMask = createMaskCutter();
  let encodes = 0;
  let predictions = 0;
  let encodeMs = 0;

  const featuresOf = async (key: string, view: View): Promise<Features> => {
    const { roi, zoomed, mirrored } = view;
    const id = `${key}\n${roi.x},${roi.y},${roi.width},${roi.height},${zoomed},${mirrored}`;
    const known = features.get(id);
    if (known !== undefined) return known;
    const image = pictures.pixelsFor(key, view);
    const start = performance.now();
    const made = await model.encode(image, view);
    encodeMs += performance.now() - start;
    encodes += 1;
    features.set(id, made, made.bytes);
    return made;
  };

  const tools = { model, featuresOf, cutMask };

  return {
    info: {
      model: `${manifest.name} ${manifest.version}`,
      family: manifest.family,
      licence: manifest.licence.id,
      commercialUse: manifest.licence.commercialUse,
      provider: handle.provider,
      threads,
      capabilities: model.capabilities,
    },

    load: (key, source, detail = 'overview') => pictures.load(key, source, detail),

    features(key, view) {
      checkView(view, pictures.sizeOf(key));
      if (!handle.portable) {
        const message =
          "Features stay on the inference server here, or are halves: they cannot be decoded elsewhere. Use mode 'remote', or an engine at the level 'plain' without halves.";
        throw new ClickmaskError('bad-option', message);
      }
      return featuresOf(key, view);
    },

    async prepare(key) {
      // The first pass zooms, to the whole picture, where zoom-in skips no click.
      const zoomed = (defaults.zoomIn?.skipClicks ?? 0) < 0;
      const before = encodes;
      await featuresOf(key, { roi: wholeRect(pictures.sizeOf(key)), zoomed, mirrored: false });
      if (encodes > before) await handle.warm();
    },

    async segment(request, onDraft, signal) {
      const { key, options: wanted } = request;
      const size = pictures.sizeOf(key);
      const prompt = checkPrompt(request.prompt, size, limits.maxClicks);
      checkPostprocess(wanted.postprocess ?? {});
      const choice = wanted.candidate ?? 'best';
      if (choice !== 'best') expectInteger('bad-option', 'candidate', choice, 0, model.capabilities.candidates - 1);
      const { passes } = wanted;
      if (passes !== undefined) expectInteger('bad-option', 'passes', passes, 1);
      const refinement = resolveRefinement(wanted.refinement ?? {}, defaults);
      const box = model.capabilities.box ? prompt.box : null;
      const guide = prompt.box === null || box !== null ? null : guideFromBox(prompt.box, prompt.clicks, size);
      const clicks = guide?.clicks ?? prompt.clicks;
      const threshold = wanted.postprocess?.threshold ?? manifest.threshold;

      const begin = performance.now();
      const networkBefore = handle.networkMs();
      encodeMs = 0;

      const cut = (map: ProbabilityMap, made: readonly Click[]): MaskRuns => {
        const { threshold: usual, refinement: own } = manifest;
        const clean = postprocess(map, size, made, usual, wanted.postprocess ?? {}, cutMask, own);
        if (guide !== null) return intersection(clean, rectRuns(size, guide.limit));
        // A copy, since the caller may keep, alter or hand over what it gets, and the cut is remembered.
        return copyRuns(clean);
      };

      const merging = prompt.box === null ? refinement.progressiveMerge : undefined;
      const start = merging === undefined || prompt.mask === null ? null : copyRuns(prompt.mask);
      /** The mask that the starting mask has become after these clicks; null where nothing is merged. */
      const merge = (map: ProbabilityMap, made: readonly Click[], before: MaskRuns | null): MaskRuns | null => {
        const last = made.at(-1);
        if (start === null || last === undefined) return null;
        return mergeProgressively(cut(map, made), before ?? start, clickPixel(last, size), merging);
      };

      const names = stateNames({
        key,
        clicks,
        prompt,
        refinement,
        threshold,
        candidate: choice,
        postprocess: (start && wanted.postprocess) ?? null,
      });
      // A box that the model takes is answered by itself before the first click, as where it was drawn first.
      const least = box === null ? 1 : 0;
      // Back to the last state that is known in full; a few clicks after it are answered one by one.
      let count = clicks.length;
      while (count >= least && states.get(names[count])?.report.complete !== true) count -= 1;
      let state = count < least ? undefined : states.get(names[count]);
      for (count of countsToAnswer(count + 1, clicks, box !== null)) {
        const isLast = count === clicks.length;
        const begun = states.get(names[count]);
        state = await step(clicks.slice(0, count), state, begun, isLast);
        states.set(names[count], state, stateBytes(state, size));
        signal?.throwIfAborted();
      }
      const predicted = performance.now();
      const last = state as ClickState;

      const notes = [...pictures.notesOf(key)];
      let runs: MaskRuns;
      if (last.map === null) {
        runs = emptyRuns(size);
        notes.push('Only negative clicks so far: the mask is empty. Click on the object.');
      } else {
        runs = last.merged === null ? cut(last.map, clicks) : copyRuns(last.merged);
      }
      const startRuns = prompt.mask ?? emptyRuns(size);
      const beforeRuns =
        last.mergedBefore ?? (last.before === null ? startRuns : cut(last.before, clicks.slice(0, -1)));
      const end = performance.now();
      predictions += 1;
      const decode = pictures.takeDecodeMs(key);
      const encode = encodeMs;
      const best = last.candidates.find((candidate) => candidate.index === last.candidate);
      return {
        width: size.width,
        height: size.height,
        runs,
        area: area(runs),
        bbox: bounds(runs),
        score: best?.score ?? 0,
        candidates: last.candidates,
        candidate: last.candidate,
        changedPixels: changedPixels(runs, beforeRuns),
        refinement: last.report,
        timings: {
          decode,
          encode,
          predict: predicted - begin - encode,
          postprocess: end - predicted,
          network: handle.networkMs() - networkBefore,
          total: decode + end - begin,
        },
        provider: handle.provider,
        model: `${manifest.name} ${manifest.version}`,
        notes,
        // A copy: what a caller does to it must not reach the next click.
        ...(wanted.includeMap === true && last.map !== null ? { map: copyMap(last.map) } : {}),
      };

      async function step(
        part: readonly Click[],
        from: ClickState | undefined,
        /** The same step, of which an earlier request made the first passes. */
        begun: ClickState | undefined,
        isLast: boolean,
      ): Promise<ClickState> {
        const known = from?.map ?? prompt.mask ?? guide?.start ?? null;
        const positive = box !== null || part.some((click) => click.label === 'positive');
        if (!positive && known === null) return nothingYet(size, refinement.flip);
        const previous = model.capabilities.previousMask ? known : null;
        const mergedBefore = from?.merged ?? null;
        const cascade =
          model.capabilities.previousMask || refinement.zoomIn !== null
            ? refinement.cascade
            : { ...refinement.cascade, steps: 0 };
        // A mask to start from has been through a click already, and a box stands for one.
        const clickCount = part.length + (prompt.mask === null ? 0 : 1) + (box === null ? 0 : 1);
        const tellDraft = ({ map }: Pass) => {
          if (!isLast || passes === 1 || !goesOn(clickCount, cascade)) return;
          onDraft?.({ runs: copyRuns(merge(map, part, mergedBefore) ?? cut(map, part)) });
        };
        const earlier = begun === undefined ? null : asCascade(begun);
        if (earlier !== null) tellDraft(earlier.last);
        const made = await runCascade<Pass>({
          async forward(prior) {
            const pass = await runPass(tools, {
              key,
              size,
              clicks: part,
              box,
              previous: prior?.map ?? previous,
              seen: prior === null ? mergedBefore : null,
              memory: prior === null ? (from?.memory ?? null) : prior.memory,
              current: prior?.zoomed ?? from?.zoomed ?? null,
              roi: guide?.roi ?? null,
              refinement,
              candidate: prior?.candidate ?? (isLast ? choice : 'best'),
            });
            if (prior === null) tellDraft(pass);
            return pass;
          },
          changed: (a, b) => changedPixels(cutMask(a.map, size, threshold), cutMask(b.map, size, threshold)),
          clickCount,
          options: cascade,
          from: earlier,
          passes: isLast ? passes : undefined,
          signal,
        });
        const { last: pass, changedPixels: changes, settled, complete } = made;
        const { roi, ...kept } = pass;
        return {
          ...kept,
          before: from?.map ?? null,
          merged: merge(pass.map, part, mergedBefore),
          mergedBefore: mergedBefore ?? start,
          report: { steps: changes.length, changedPixels: changes, settled, complete, roi, flip: refinement.flip },
        };
      }
    },

    async forget(key) {
      pictures.forget(key);
      features.deletePrefix(`${key}\n`);
      states.deletePrefix(`${key}\n`);
    },

    async stats() {
      return {
        images: pictures.count,
        pixelBytes: pictures.bytes,
        featureBytes: features.bytes,
        stateBytes: states.bytes,
        encodes,
        predictions,
        ...(handle.state === undefined ? {} : { engine: handle.state() }),
      };
    },

    async dispose() {
      pictures.clear();
      features.clear();
      states.clear();
      await handle.dispose();
    },
  };
}

/** A view may come from another machine. */
function checkView(view: View, size: Size): void {
  const { x, y, width, height } = view.roi;
  expectInteger('bad-option', 'view.roi.x', x, 0, size.width - 1);
  expectInteger('bad-option', 'view.roi.y', y, 0, size.height - 1);
  expectInteger('bad-option', 'view.roi.width', width, 1, size.width - x);
  expectInteger('bad-option', 'view.roi.height', height, 1, size.height - y);
}

function checkLimits(budgets: CacheBudgets, limits: EngineLimits): void {
  for (const [name, bytes] of Object.entries(budgets)) {
    if (!(bytes >= 0)) throw unexpected('bad-option', `budgets.${name}`, 'a number of bytes from 0', bytes);
  }
  for (const [name, count] of Object.entries(limits)) {
    expectInteger('bad-option', `limits.${name}`, count, 1);
  }
}

/** More clicks than these that are new at once come from a file or a restart, not from somebody who watches the mask grow. */
const mostSteps = 20;

/**
 * After how many clicks the network is asked. Each is shown the mask of the one before. Of a long history only the first
 * click that is positive, which says where the object is, and the last pass, which sees all clicks, are needed.
 *
 * @param next - the first count that is not known
 * @param hasBox - a box has been answered first, which says the same
 */
function countsToAnswer(next: number, clicks: readonly Click[], hasBox: boolean): readonly number[] {
  const missing = clicks.length - next + 1;
  const counts = Array.from({ length: Math.max(0, missing) }, (_, i) => next + i);
  if (missing <= mostSteps) return counts;
  const first = hasBox ? 0 : clicks.findIndex(({ label }) => label === 'positive') + 1;
  return first < next || first === clicks.length ? [clicks.length] : [first, clicks.length];
}

/** A step that was not finished, as the cascade left it; a state without a map is always finished. */
function asCascade({ map, report, ...kept }: ClickState): CascadeResult<Pass> | null {
  if (map === null) return null;
  const { roi, changedPixels, settled, complete } = report;
  return { last: { ...kept, map, roi }, changedPixels, settled, complete };
}

function copyMap(map: ProbabilityMap): ProbabilityMap {
  const { patches, ...own } = map;
  const copy = { ...own, data: own.data.slice() };
  if (patches === undefined) return copy;
  return { ...copy, patches: patches.map((patch) => ({ ...patch, data: patch.data.slice() })) };
}

const copyRuns = (runs: MaskRuns): MaskRuns => ({ ...runs, rows: runs.rows.slice(), spans: runs.spans.slice() });
