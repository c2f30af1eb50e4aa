import { ClickmaskError, expectInteger, unexpected } from '../errors/index.js';
import { type Size, wholeRect } from '../geometry/index.js';
import { area, bounds, changedPixels, type MaskRuns } from '../mask/index.js';
import type { Features, ModelHandle, View } from '../models/index.js';
import { type RefinementOptions, resolveRefinement } from '../refinement/index.js';
import type { BackendState } from '../runtime/backend.js';
import { answerQuestion, masksOf } from './answer-question.js';
import { createByteLru } from './byte-lru.js';
import type { ClickState } from './click-state.js';
import { copyMap } from './copies.js';
import { createFeatureStore } from './feature-store.js';
import { createPictureStore, type DecodeImage, type Shrink } from './picture-store.js';
import { createMaskCutter } from './postprocess.js';
import type { PredictionData } from './prediction.js';
import { type EngineLimits, type EngineRequest, readQuestion } from './question.js';
import type { DraftMask, ImageSource, SegmenterInfo } from './segmenter.js';

export interface EngineStats {
  readonly images: number;
  readonly pixelBytes: number;
  readonly featureBytes: number;
  readonly stateBytes: number;
  readonly encodes: number;
  readonly predictions: number;
  /** The server that runs the network, if any. */
  readonly engine?: BackendState;
}

/**
 * The click pipeline of one model in one thread, without a queue: one call at a time. {@link createHost} adds a queue,
 * deadlines and images' sources around one or several engines.
 */
export interface Engine {
  readonly info: Omit<SegmenterInfo, 'workers'>;
  /**
   * Decodes an image and keeps its pixels, within the budget.
   *
   * @param shrink - reduction factor; default: what a first click needs
   */
  load(key: string, source: ImageSource, shrink?: Shrink): Promise<Size>;
  /**
   * @throws ClickmaskError `image-not-loaded` if the needed pixels are not kept (any more); `details.shrink` says which
   */
  prepare(key: string): Promise<void>;
  /**
   * The model's features of one view of an image, to decode clicks elsewhere.
   *
   * @throws ClickmaskError `image-not-loaded` as above
   */
  features(key: string, view: View): Promise<Features>;
  /**
   * @param onDraft - see {@link SegmentOptions.onDraft}
   * @param signal - if aborted, fails with its reason after the running pass
   * @throws ClickmaskError `image-not-loaded` as above
   */
  segment(request: EngineRequest, onDraft?: (draft: DraftMask) => void, signal?: AbortSignal): Promise<PredictionData>;
  forget(key: string): Promise<void>;
  stats(): Promise<EngineStats>;
  dispose(): Promise<void>;
}

/** Byte budgets of one engine's caches. */
export interface CacheBudgets {
  /** Decoded pixels: 3 bytes each. The image opened last stays, even if it is larger than the budget. */
  readonly pixels: number;
  /** Features: about 2 MB per region for the embedded model. */
  readonly features: number;
  /** Maps of earlier clicks: about 40 kB per click. */
  readonly states: number;
}

/**
 * Default budgets of an engine's caches.
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

/** Default limits of a request. */
export const defaultLimits: EngineLimits = Object.freeze({ maxPixels: 64e6, maxClicks: 200 });

export interface EngineOptions {
  readonly handle: ModelHandle;
  readonly decodeImage: DecodeImage;
  readonly threads: number;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
  /** Replaces the model's defaults, field by field. A request's own options take precedence. */
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
  const features = createFeatureStore(model, pictures, budgets.features);
  const states = createByteLru<ClickState>(budgets.states);
  const tools = {
    model,
    featuresOf: features.get,
    states,
    cutMask: createMaskCutter(),
    cleanMasks: new WeakMap(),
  };
  let predictions = 0;

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

    load: pictures.load,

    features(key, view) {
      checkView(view, pictures.sizeOf(key));
      if (!handle.portable) throw notPortable();
      return features.get(key, view);
    },

    async prepare(key) {
      // If zoom-in skips no clicks, the first pass zooms to the whole image.
      const zoomed = (defaults.zoomIn?.skipClicks ?? 0) < 0;
      const before = features.encodes;
      await features.get(key, { roi: wholeRect(pictures.sizeOf(key)), zoomed, mirrored: false });
      if (features.encodes > before) await handle.warm();
    },

    async segment(request, onDraft, signal) {
      const question = readQuestion(request, pictures.sizeOf(request.key), { model, limits, defaults });
      const begin = performance.now();
      const networkBefore = handle.networkMs();
      features.takeEncodeMs();
      const state = await answerQuestion(tools, question, onDraft, signal);
      const predicted = performance.now();
      const { notes, runs, before } = masksOf(tools, question, state);
      const end = performance.now();
      predictions += 1;
      const decode = pictures.takeDecodeMs(request.key);
      const encode = features.takeEncodeMs();
      return {
        ...factsOf(runs, before, state),
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
        notes: [...pictures.notesOf(request.key), ...notes],
        // A copy, so that changes by the caller do not affect the next click.
        ...(request.options.includeMap === true && state.map !== null ? { map: copyMap(state.map) } : {}),
      };
    },

    async forget(key) {
      pictures.forget(key);
      features.forget(key);
      states.deletePrefix(`${key}\n`);
    },

    async stats() {
      return {
        images: pictures.count,
        pixelBytes: pictures.bytes,
        featureBytes: features.bytes,
        stateBytes: states.bytes,
        encodes: features.encodes,
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

/** The figures of a mask and its state. */
function factsOf(runs: MaskRuns, before: MaskRuns, state: ClickState) {
  const { candidate, candidates, report } = state;
  return {
    width: runs.width,
    height: runs.height,
    runs,
    area: area(runs),
    bbox: bounds(runs),
    score: candidates.find(({ index }) => index === candidate)?.score ?? 0,
    candidates,
    candidate,
    changedPixels: changedPixels(runs, before),
    refinement: report,
  };
}

function notPortable(): ClickmaskError {
  const message =
    "Features stay on the inference server here, or are halves: they cannot be decoded elsewhere. Use mode 'remote', or an engine at the level 'plain' without halves.";
  return new ClickmaskError('bad-option', message);
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
