import { type Click, checkClicks, clickPixel } from '../clicks/index.js';
import { ClickmaskError, expectInteger, unexpected } from '../errors/index.js';
import { type Box, type Rect, type Size, wholeRect } from '../geometry/index.js';
import {
  checkImage,
  layersOf,
  type ProbabilityMap,
  pasteOnMap,
  probabilitiesOf,
  type RgbImage,
  readOnGrid,
  sigmoid,
} from '../image/index.js';
import {
  area,
  bounds,
  changedPixels,
  checkRuns,
  emptyRuns,
  intersection,
  type MaskRuns,
  mergeProgressively,
  rectRuns,
  toRuns,
} from '../mask/index.js';
import type { DecodeOutput, Features, ModelHandle, PreviousMask, View } from '../models/index.js';
import {
  averageLogits,
  chooseCandidate,
  goesOn,
  type ResolvedRefinement,
  rankCandidates,
  resolveRefinement,
  runCascade,
  zoomRegion,
} from '../refinement/index.js';
import { guideFromBox, normaliseBox } from './box-guide.js';
import { createByteLru } from './byte-lru.js';
import { fingerprint } from './fingerprint.js';
import { type cutMask as CutMask, checkPostprocess, createMaskCutter, postprocess } from './postprocess.js';
import type { Candidate, PredictionData, RefinementReport } from './prediction.js';
import type { Prompt } from './prompt.js';
import type { DraftMask, ImageSource, SegmenterInfo, SegmentOptions } from './segmenter.js';

/** What a request for a mask consists of; plain data that crosses a thread boundary. */
export interface EngineRequest {
  readonly key: string;
  readonly prompt: Prompt;
  readonly options: Pick<SegmentOptions, 'refinement' | 'postprocess' | 'candidate' | 'includeMap'>;
}

export interface EngineStats {
  readonly images: number;
  readonly pixelBytes: number;
  readonly featureBytes: number;
  readonly stateBytes: number;
  readonly encodes: number;
  readonly predictions: number;
}

/**
 * The click pipeline of one model in one thread, without queue: one call at a time. {@link createHost} puts a queue,
 * deadlines and pictures' sources around one or several of these, wherever they run.
 */
export interface Engine {
  readonly info: Omit<SegmenterInfo, 'workers'>;
  /** Decodes a picture and keeps its pixels, within the budget. */
  load(key: string, source: ImageSource): Promise<Size>;
  /** @throws ClickmaskError `image-not-loaded` where pixels are needed that are not, or no longer, kept */
  prepare(key: string): Promise<void>;
  /**
   * What the model keeps of one view of a picture, to decode clicks elsewhere.
   *
   * @throws ClickmaskError `image-not-loaded` likewise
   */
  features(key: string, view: View): Promise<Features>;
  /**
   * @param onDraft - see {@link SegmentOptions.onDraft}
   * @throws ClickmaskError `image-not-loaded` likewise
   */
  segment(request: EngineRequest, onDraft?: (draft: DraftMask) => void): Promise<PredictionData>;
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
 * import { defaultBudgets } from '@clickmask/core';
 *
 * console.log(defaultBudgets.features / 2 ** 20, 'MiB'); // 256 MiB
 * ```
 */
export const defaultBudgets: CacheBudgets = Object.freeze({
  pixels: 160 * 2 ** 20,
  features: 256 * 2 ** 20,
  states: 32 * 2 ** 20,
});

/**
 * What a request may ask for unless told otherwise.
 *
 * @example
 * ```ts
 * import { defaultLimits } from '@clickmask/core';
 *
 * console.log(defaultLimits.maxPixels, defaultLimits.maxClicks); // 64000000 200
 * ```
 */
export const defaultLimits: EngineLimits = Object.freeze({ maxPixels: 64e6, maxClicks: 200 });

export interface EngineOptions {
  readonly handle: ModelHandle;
  /** Encoded bytes to upright pixels; given by the runtime. */
  readonly decodeImage: (bytes: Uint8Array, maxPixels: number) => Promise<RgbImage>;
  readonly threads: number;
  readonly budgets?: Partial<CacheBudgets>;
  readonly limits?: Partial<EngineLimits>;
}

/** What is known after a click: enough to go on from. */
interface ClickState {
  /** Null where there was no positive click yet, so that the network was not asked. */
  readonly map: ProbabilityMap | null;
  /** The map before this click, to tell what the click changed. */
  readonly before: ProbabilityMap | null;
  /** The mask with which a starting mask was merged; null where nothing is merged. */
  readonly merged: MaskRuns | null;
  readonly mergedBefore: MaskRuns | null;
  readonly zoomed: Rect | null;
  /** What the family wants back on the next pass. */
  readonly memory: Float32Array | null;
  readonly candidates: readonly Candidate[];
  readonly candidate: number;
  readonly report: RefinementReport;
}

interface Pass extends Omit<ClickState, 'report' | 'map' | 'before' | 'merged' | 'mergedBefore'> {
  readonly map: ProbabilityMap;
  readonly roi: Rect;
}

/**
 * The click pipeline over a loaded model, in this thread. Most programs want `createSegmenter` instead.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { createEngine, families, loadModel } from '@clickmask/core';
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
 * const engine = createEngine({ handle, decodeImage, threads: 1 });
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
  const sizes = new Map<string, Size>();
  const decodeMs = new Map<string, number>();
  checkLimits(budgets, limits);
  const pixels = createByteLru<RgbImage>(budgets.pixels);
  const features = createByteLru<Features>(budgets.features);
  const states = createByteLru<ClickState>(budgets.states);
  const cutMask = createMaskCutter();
  let encodes = 0;
  let predictions = 0;
  let encodeMs = 0;
  // Kept beside the cache, so that a picture larger than the whole budget can still be worked on.
  let latest: { readonly key: string; readonly image: RgbImage } | null = null;

  const unkept = () => {
    const bytes = latest?.image.data.byteLength ?? 0;
    return bytes > budgets.pixels ? bytes : 0;
  };
  const sizeOf = (key: string): Size => {
    const size = sizes.get(key);
    if (size === undefined) throw notLoaded(key);
    return size;
  };

  const featuresOf = async (key: string, view: View): Promise<Features> => {
    const { roi, zoomed, mirrored } = view;
    const id = `${key}\n${roi.x},${roi.y},${roi.width},${roi.height},${zoomed},${mirrored}`;
    const known = features.get(id);
    if (known !== undefined) return known;
    const image = pixels.get(key) ?? (latest?.key === key ? latest.image : undefined);
    if (image === undefined) throw notLoaded(key);
    const start = performance.now();
    const made = await model.encode(image, view);
    encodeMs += performance.now() - start;
    encodes += 1;
    features.set(id, made, made.bytes);
    return made;
  };

  /** The whole of one pass: choose the region, run the network, choose the candidate. */
  const forward = async (
    key: string,
    size: Size,
    clicks: readonly Click[],
    box: Box | null,
    previous: PreviousMask | null,
    /** What zoom-in goes by, where it is not the previous map or mask. */
    seen: MaskRuns | null,
    memory: Float32Array | null,
    current: Rect | null,
    fixedRoi: Rect | null,
    refinement: ResolvedRefinement,
    wanted: 'best' | number,
  ): Promise<Pass> => {
    let roi = fixedRoi ?? wholeRect(size);
    let shownIn = roi;
    let zoomed = fixedRoi !== null;
    let nextZoomed: Rect | null = null;
    if (refinement.zoomIn !== null && fixedRoi === null) {
      const { zoomIn } = refinement;
      const mask = seen ?? (previous === null ? null : asRuns(previous, size, zoomIn.threshold, cutMask));
      const view = zoomRegion(mask === null ? null : bounds(mask), clicks, current, size, zoomIn);
      ({ roi, shownIn, zoomed } = view);
      nextZoomed = view.current;
    }
    const pass = async (mirrored: boolean) => {
      const input = { roi, zoomed, mirrored, image: size, clicks, box, previous, memory };
      return model.decode(await featuresOf(key, input), input);
    };
    const plain = await pass(false);
    const ranked = rankCandidates(plain.logits.length, plain.scores);
    const candidate = chooseCandidate(ranked, wanted, plain.choice);
    // A copy, since candidates are views of one larger array.
    const chosen = ({ logits, enlarge }: DecodeOutput) =>
      enlarge === undefined ? logits[candidate].slice() : enlarge(logits[candidate]);
    const logits = refinement.flip ? averageLogits(chosen(plain), chosen(await pass(true))) : chosen(plain);
    const { width, height, filter, interpolate } = plain;
    const data = interpolate === 'logit' ? logits : sigmoid(logits);
    let map: ProbabilityMap = { width, height, data, scale: interpolate, roi: shownIn, filter };
    const focus = plain.focus?.(map, (one, probability) => cutMask(one, size, probability)) ?? null;
    if (focus !== null) {
      const part = { roi: focus.roi, zoomed: true, mirrored: false };
      const patch = { ...(await focus.refine(await featuresOf(key, part))), roi: focus.roi };
      map = pasteOnMap(focus.over === 'previous' && previous !== null && 'roi' in previous ? previous : map, patch);
    }
    const candidates = ranked.map((index) => ({
      index,
      score: plain.scores?.[index] ?? meanInside(map, manifest.threshold),
    }));
    const kept = plain.memory?.[candidate].slice() ?? null;
    return { map, roi, zoomed: nextZoomed, memory: kept, candidates, candidate };
  };

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

    async load(key, source) {
      const start = performance.now();
      const image = source instanceof Uint8Array ? await decodeImage(source, limits.maxPixels) : source;
      checkImage(image, limits.maxPixels);
      const known = sizes.get(key);
      if (known !== undefined && (known.width !== image.width || known.height !== image.height)) {
        const message = `The key '${key}' already names a picture of ${known.width} x ${known.height} px, but this one has ${image.width} x ${image.height}. Use a key of its own for every picture.`;
        throw new ClickmaskError('bad-image', message);
      }
      const size = { width: image.width, height: image.height };
      sizes.set(key, size);
      decodeMs.set(key, performance.now() - start);
      pixels.set(key, image, image.data.byteLength);
      latest = { key, image };
      return size;
    },

    features(key, view) {
      checkView(view, sizeOf(key));
      return featuresOf(key, view);
    },

    async prepare(key) {
      // The first pass zooms, to the whole picture, where zoom-in skips no click.
      const zoomed = (manifest.refinement.zoomIn?.skipClicks ?? 0) < 0;
      await featuresOf(key, { roi: wholeRect(sizeOf(key)), zoomed, mirrored: false });
    },

    async segment(request, onDraft) {
      const { key, options: wanted } = request;
      const size = sizeOf(key);
      const prompt = checkPrompt(request.prompt, size, limits);
      checkPostprocess(wanted.postprocess ?? {});
      const choice = wanted.candidate ?? 'best';
      checkChoice(choice, model.capabilities.candidates);
      const refinement = resolveRefinement(wanted.refinement ?? {}, manifest.refinement);
      const box = model.capabilities.box ? prompt.box : null;
      const guide = prompt.box === null || box !== null ? null : guideFromBox(prompt.box, prompt.clicks, size);
      const clicks = guide?.clicks ?? prompt.clicks;
      const threshold = wanted.postprocess?.threshold ?? manifest.threshold;

      const begin = performance.now();
      const networkBefore = handle.networkMs();
      encodeMs = 0;

      const cut = (map: ProbabilityMap, made: readonly Click[]): MaskRuns => {
        const integrity = manifest.refinement.structuralIntegrity;
        const clean = postprocess(map, size, made, manifest.threshold, wanted.postprocess ?? {}, cutMask, integrity);
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

      // The state after each click is named by all that led to it, so that it is found again whoever asks, and is the
      // same whether the clicks came one by one or all at once.
      const names = stateNames(key, clicks, prompt, refinement, threshold, choice, start && wanted.postprocess);
      // A box that the model takes is answered by itself before the first click, as where it was drawn first.
      const least = box === null ? 1 : 0;
      let done = clicks.length;
      let state: ClickState | undefined;
      while (done >= least) {
        state = states.get(names[done]);
        if (state !== undefined) break;
        done -= 1;
      }
      for (let count = done + 1; count <= clicks.length; count++) {
        const part = clicks.slice(0, count);
        state = await step(part, state, count === clicks.length ? choice : 'best');
        // Map and memory; then what is remembered beside them, runs of about two a row among it.
        states.set(
          names[count],
          state,
          (state.map === null ? 0 : bytesOf(state.map)) + (state.memory?.byteLength ?? 0) + 400 + 20 * size.height,
        );
      }
      const predicted = performance.now();
      const last = state as ClickState;

      const notes: string[] = [];
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
      const decode = decodeMs.get(key) ?? 0;
      decodeMs.delete(key);
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
        pick: 'best' | number,
      ): Promise<ClickState> {
        const known: PreviousMask | null = from?.map ?? prompt.mask ?? guide?.start ?? null;
        const positive = box !== null || part.some((click) => click.label === 'positive');
        const whole = wholeRect(size);
        if (!positive && known === null) {
          const report = { steps: 0, changedPixels: [], settled: false, roi: whole, flip: refinement.flip };
          return {
            map: null,
            before: null,
            merged: null,
            mergedBefore: null,
            zoomed: null,
            memory: null,
            candidates: [{ index: 0, score: 0 }],
            candidate: 0,
            report,
          };
        }
        const previous = model.capabilities.previousMask ? known : null;
        const mergedBefore = from?.merged ?? null;
        const cascade =
          model.capabilities.previousMask || refinement.zoomIn !== null
            ? refinement.cascade
            : { ...refinement.cascade, steps: 0 };
        // A mask to start from has been through a click already, and a box stands for one.
        const count = part.length + (prompt.mask === null ? 0 : 1) + (box === null ? 0 : 1);
        const drafts = part.length === clicks.length && goesOn(count, cascade);
        const {
          last: pass,
          changedPixels: changes,
          settled,
        } = await runCascade<Pass>(
          async (prior) => {
            const made = await forward(
              key,
              size,
              part,
              box,
              prior?.map ?? previous,
              prior === null ? mergedBefore : null,
              prior === null ? (from?.memory ?? null) : prior.memory,
              prior?.zoomed ?? from?.zoomed ?? null,
              guide?.roi ?? null,
              refinement,
              prior === null ? pick : prior.candidate,
            );
            if (drafts && prior === null) {
              onDraft?.({ runs: copyRuns(merge(made.map, part, mergedBefore) ?? cut(made.map, part)) });
            }
            return made;
          },
          (a, b) => changedPixels(cutMask(a.map, size, threshold), cutMask(b.map, size, threshold)),
          count,
          cascade,
        );
        const report = { steps: changes.length, changedPixels: changes, settled, roi: pass.roi, flip: refinement.flip };
        return {
          map: pass.map,
          before: from?.map ?? null,
          merged: merge(pass.map, part, mergedBefore),
          mergedBefore: mergedBefore ?? start,
          zoomed: pass.zoomed,
          memory: pass.memory,
          candidates: pass.candidates,
          candidate: pass.candidate,
          report,
        };
      }
    },

    async forget(key) {
      sizes.delete(key);
      decodeMs.delete(key);
      pixels.delete(key);
      if (latest?.key === key) latest = null;
      features.deletePrefix(`${key}\n`);
      states.deletePrefix(`${key}\n`);
    },

    async stats() {
      return {
        images: sizes.size,
        pixelBytes: pixels.bytes + unkept(),
        featureBytes: features.bytes,
        stateBytes: states.bytes,
        encodes,
        predictions,
      };
    },

    async dispose() {
      latest = null;
      pixels.clear();
      features.clear();
      states.clear();
      sizes.clear();
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

interface CheckedPrompt {
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  readonly mask: MaskRuns | null;
}

function checkLimits(budgets: CacheBudgets, limits: EngineLimits): void {
  for (const [name, bytes] of Object.entries(budgets)) {
    if (!(bytes >= 0)) throw unexpected('bad-option', `budgets.${name}`, 'a number of bytes from 0', bytes);
  }
  for (const [name, count] of Object.entries(limits)) {
    if (!(count >= 1)) throw unexpected('bad-option', `limits.${name}`, 'a number from 1', count);
  }
}

function checkPrompt(prompt: Prompt, size: Size, limits: EngineLimits): CheckedPrompt {
  const clicks = prompt.clicks ?? [];
  if (Array.isArray(clicks) && clicks.length > limits.maxClicks) {
    const message = `Expected at most ${limits.maxClicks} clicks but received ${clicks.length}. Correct the mask by hand, or raise the limit (limits.maxClicks).`;
    throw new ClickmaskError('too-many-clicks', message);
  }
  checkClicks(clicks, size);
  const box = prompt.box === undefined ? null : normaliseBox(prompt.box, size);
  if (clicks.length === 0 && box === null) {
    throw new ClickmaskError(
      'no-clicks',
      'Expected at least one click or a box but received none. Click on the object.',
    );
  }
  let mask: MaskRuns | null = null;
  if (prompt.mask !== undefined) {
    mask = toRuns(prompt.mask);
    checkRuns(mask);
    if (mask.width !== size.width || mask.height !== size.height) {
      const expected = `a mask of the picture's size, ${size.width} x ${size.height} px`;
      throw unexpected('bad-mask', 'prompt.mask', expected, `${mask.width} x ${mask.height} px`);
    }
    if (mask.spans.length === 0) mask = null;
  }
  return { clicks, box, mask };
}

function checkChoice(choice: 'best' | number, count: number): void {
  if (choice !== 'best') expectInteger('bad-option', 'candidate', choice, 0, count - 1);
}

/** Names of the states after 0, 1, 2, ... clicks; a candidate that was asked for is that of the last one. */
function stateNames(
  key: string,
  clicks: readonly Click[],
  prompt: CheckedPrompt,
  refinement: ResolvedRefinement,
  threshold: number,
  choice: 'best' | number,
  /** Counts where each mask is merged into the one before. */
  postprocess: object | null | undefined,
): readonly string[] {
  const start = prompt.mask === null ? '' : fingerprint(prompt.mask);
  // The threshold counts too: it decides when an adaptive cascade has settled.
  let name = `${key}\n${JSON.stringify([prompt.box, start, refinement, threshold, postprocess ?? null])}`;
  const names = [name];
  for (const click of clicks) {
    name += `|${click.x},${click.y},${click.label === 'positive' ? '+' : '-'}`;
    names.push(name);
  }
  if (choice !== 'best') names[clicks.length] += `#${choice}`;
  return names;
}

function asRuns(previous: PreviousMask, size: Size, threshold: number, cut: typeof CutMask): MaskRuns {
  return 'spans' in previous ? previous : cut(previous, size, threshold);
}

/** Mean probability of the cells above the threshold: a stand-in for a score where the model gives none. */
function meanInside(map: ProbabilityMap, threshold: number): number {
  let sum = 0;
  let count = 0;
  // A map pasted together is sampled.
  const values =
    map.patches === undefined ? probabilitiesOf(map) : readOnGrid(map, map.roi, { width: 64, height: 64 }, map.filter);
  // By index: iterating over a typed array costs milliseconds here, every click.
  for (let i = 0; i < values.length; i++) {
    if (values[i] > threshold) {
      sum += values[i];
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

const bytesOf = (map: ProbabilityMap): number =>
  layersOf(map).reduce((bytes, layer) => bytes + layer.data.byteLength, 0);

function copyMap(map: ProbabilityMap): ProbabilityMap {
  const { patches, ...own } = map;
  const copy = { ...own, data: own.data.slice() };
  if (patches === undefined) return copy;
  return { ...copy, patches: patches.map((patch) => ({ ...patch, data: patch.data.slice() })) };
}

const copyRuns = (runs: MaskRuns): MaskRuns => ({ ...runs, rows: runs.rows.slice(), spans: runs.spans.slice() });

function notLoaded(key: string): ClickmaskError {
  return new ClickmaskError('image-not-loaded', `The picture '${key}' is not, or no longer, loaded. Open it again.`);
}
