import type { Click } from '../clicks/index.js';
import { expectInteger } from '../errors/index.js';
import type { Box, Size } from '../geometry/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { LoadedModel } from '../models/index.js';
import { type ResolvedRefinement, resolveRefinement } from '../refinement/index.js';
import { type BoxGuide, guideFromBox } from './box-guide.js';
import { type CheckedPrompt, checkPrompt } from './check-prompt.js';
import { stateNames } from './click-state.js';
import { copyRuns } from './copies.js';
import { checkPostprocess, type PostprocessOptions } from './postprocess.js';
import type { Prompt } from './prompt.js';
import type { SegmentOptions } from './segmenter.js';

/** The content of a request for a mask: plain data that can cross a thread boundary. */
export interface EngineRequest {
  readonly key: string;
  readonly prompt: Prompt;
  readonly options: Pick<SegmentOptions, 'refinement' | 'postprocess' | 'candidate' | 'includeMap' | 'passes'>;
}

/** Limits of a request. */
export interface EngineLimits {
  /** Largest accepted image, in pixels. */
  readonly maxPixels: number;
  readonly maxClicks: number;
}

/** A checked request with all defaults filled in. */
export interface Question {
  readonly key: string;
  readonly size: Size;
  readonly prompt: CheckedPrompt;
  /** The prompt's clicks, or those that replace a box. */
  readonly clicks: readonly Click[];
  /** For models that accept boxes. */
  readonly box: Box | null;
  /** What replaces a box for models that do not accept boxes. */
  readonly guide: BoxGuide | null;
  /** The mask that clicks change part by part, if the model merges. */
  readonly start: MaskRuns | null;
  readonly refinement: ResolvedRefinement;
  readonly postprocess: PostprocessOptions;
  readonly threshold: number;
  readonly candidate: 'best' | number;
  readonly passes: number | undefined;
  /** Names of the states after 0, 1, ... clicks. */
  readonly names: readonly string[];
}

/**
 * Checks a request.
 *
 * @throws ClickmaskError `bad-click`, `bad-box`, `bad-mask`, `bad-option`, `no-clicks`, `too-many-clicks`
 */
export function readQuestion(
  { key, prompt: asked, options }: EngineRequest,
  size: Size,
  known: { readonly model: LoadedModel; readonly limits: EngineLimits; readonly defaults: ResolvedRefinement },
): Question {
  const { manifest, capabilities } = known.model;
  const { postprocess = {}, candidate = 'best', passes } = options;
  const prompt = checkPrompt(asked, size, known.limits.maxClicks);
  checkPostprocess(postprocess);
  if (candidate !== 'best') expectInteger('bad-option', 'candidate', candidate, 0, capabilities.candidates - 1);
  if (passes !== undefined) expectInteger('bad-option', 'passes', passes, 1);
  const refinement = resolveRefinement(options.refinement ?? {}, known.defaults);
  const box = capabilities.box ? prompt.box : null;
  const guide = prompt.box === null || box !== null ? null : guideFromBox(prompt.box, prompt.clicks, size);
  const clicks = guide?.clicks ?? prompt.clicks;
  const threshold = postprocess.threshold ?? manifest.threshold;
  const isMerged = prompt.box === null && refinement.progressiveMerge !== undefined;
  const start = isMerged && prompt.mask !== null ? copyRuns(prompt.mask) : null;
  // The merged mask depends on how masks were cut.
  const cutBy = start === null ? null : (options.postprocess ?? null);
  const names = stateNames({ key, clicks, prompt, refinement, threshold, candidate, postprocess: cutBy });
  return { key, size, prompt, clicks, box, guide, start, refinement, postprocess, threshold, candidate, passes, names };
}
