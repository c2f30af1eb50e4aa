import { type Click, clickPixel } from '../clicks/index.js';
import type { ProbabilityMap } from '../image/index.js';
import { changedPixels, emptyRuns, intersection, type MaskRuns, mergeProgressively, rectRuns } from '../mask/index.js';
import { type CascadeResult, goesOn, runCascade } from '../refinement/index.js';
import type { ByteLru } from './byte-lru.js';
import { type ClickState, nothingYet, stateBytes } from './click-state.js';
import { copyRuns } from './copies.js';
import { type Pass, type PassTools, runPass } from './pass.js';
import { postprocess } from './postprocess.js';
import type { Question } from './question.js';
import type { DraftMask } from './segmenter.js';

/** What one engine uses to answer. */
export interface AnswerTools extends PassTools {
  /** States after each click, by the names in {@link Question}. */
  readonly states: ByteLru<ClickState>;
  /** The latest cleaned mask of each map. The next click is compared with it. */
  readonly cleanMasks: WeakMap<ProbabilityMap, CleanMask>;
}

interface CleanMask {
  /** Everything that the mask depends on besides the map. */
  readonly by: string;
  readonly runs: MaskRuns;
}

type OnDraft = (draft: DraftMask) => void;

/** Starts from the last state that is fully known, and makes the missing clicks one by one. Returns the last state. */
export async function answerQuestion(
  tools: AnswerTools,
  question: Question,
  onDraft?: OnDraft,
  signal?: AbortSignal,
): Promise<ClickState> {
  const { clicks, box, size, names } = question;
  const { states } = tools;
  // If the model accepts boxes, a box is answered alone before the first click, as if it was drawn first.
  const least = box === null ? 1 : 0;
  let count = clicks.length;
  while (count >= least && states.get(names[count])?.report.complete !== true) count -= 1;
  let state = count < least ? undefined : states.get(names[count]);
  for (count of countsToAnswer(count + 1, clicks, box !== null)) {
    const isLast = count === clicks.length;
    const part = clicks.slice(0, count);
    const step = { question, clicks: part, from: state, begun: states.get(names[count]), isLast };
    state = await answerClick(tools, step, isLast ? onDraft : undefined, signal);
    states.set(names[count], state, stateBytes(state, size));
    signal?.throwIfAborted();
  }
  return state as ClickState;
}

/** More new clicks than this come from a file or a restart, not from a person who watches the mask grow. */
const mostSteps = 20;

/**
 * The numbers of clicks after which the network runs. Each run receives the mask of the one before. Of a long history,
 * only the first positive click (which shows where the object is) and the last pass (which sees all clicks) are needed.
 *
 * @param next - the first number that is not known
 * @param hasBox - a box was answered first, which shows the same
 */
function countsToAnswer(next: number, clicks: readonly Click[], hasBox: boolean): readonly number[] {
  const missing = clicks.length - next + 1;
  const counts = Array.from({ length: Math.max(0, missing) }, (_, i) => next + i);
  if (missing <= mostSteps) return counts;
  const first = hasBox ? 0 : clicks.findIndex(({ label }) => label === 'positive') + 1;
  return first < next || first === clicks.length ? [clicks.length] : [first, clicks.length];
}

/** Makes one more click. */
interface Step {
  readonly question: Question;
  readonly clicks: readonly Click[];
  readonly from: ClickState | undefined;
  /** The same step, whose first passes an earlier request made. */
  readonly begun: ClickState | undefined;
  readonly isLast: boolean;
}

async function answerClick(
  tools: AnswerTools,
  step: Step,
  onDraft: OnDraft | undefined,
  signal: AbortSignal | undefined,
): Promise<ClickState> {
  const { question, clicks, from, begun, isLast } = step;
  const { prompt, size, box, guide, refinement, threshold } = question;
  const { capabilities } = tools.model;
  const known = from?.map ?? prompt.mask ?? guide?.start ?? null;
  const isOnObject = box !== null || clicks.some((click) => click.label === 'positive');
  if (!isOnObject && known === null) return nothingYet(size, refinement.flip);
  const previous = capabilities.previousMask ? known : null;
  const mergedBefore = from?.merged ?? null;
  const canGoOn = capabilities.previousMask || refinement.zoomIn !== null;
  const cascade = canGoOn ? refinement.cascade : { ...refinement.cascade, steps: 0 };
  // A starting mask counts as the result of a click, and so does a box.
  const clickCount = clicks.length + (prompt.mask === null ? 0 : 1) + (box === null ? 0 : 1);
  const passes = isLast ? question.passes : undefined;
  const tellDraft = ({ map }: Pass) => {
    if (onDraft === undefined || passes === 1 || !goesOn(clickCount, cascade)) return;
    onDraft({ runs: copyRuns(merge(tools, step, map) ?? cut(tools, question, map, clicks)) });
  };
  const earlier = begun === undefined ? null : asCascade(begun);
  if (earlier !== null) tellDraft(earlier.last);
  const made = await runCascade<Pass>({
    async forward(prior) {
      const pass = await runPass(tools, {
        key: question.key,
        size,
        clicks,
        box,
        previous: prior?.map ?? previous,
        seen: prior === null ? mergedBefore : null,
        memory: prior === null ? (from?.memory ?? null) : prior.memory,
        current: prior?.zoomed ?? from?.zoomed ?? null,
        roi: guide?.roi ?? null,
        refinement,
        candidate: prior?.candidate ?? (isLast ? question.candidate : 'best'),
      });
      if (prior === null) tellDraft(pass);
      return pass;
    },
    changed: (a, b) => changedPixels(tools.cutMask(a.map, size, threshold), tools.cutMask(b.map, size, threshold)),
    clickCount,
    options: cascade,
    from: earlier,
    passes,
    signal,
  });
  const { roi, ...kept } = made.last;
  const { changedPixels: changes, settled, complete } = made;
  return {
    ...kept,
    before: from?.map ?? null,
    merged: merge(tools, step, kept.map),
    mergedBefore: mergedBefore ?? question.start,
    report: { steps: changes.length, changedPixels: changes, settled, complete, roi, flip: refinement.flip },
  };
}

/** An unfinished step, as the cascade left it. A state without a map is always finished. */
function asCascade({ map, report, ...kept }: ClickState): CascadeResult<Pass> | null {
  if (map === null) return null;
  const { roi, changedPixels, settled, complete } = report;
  return { last: { ...kept, map, roi }, changedPixels, settled, complete };
}

/** The merged starting mask after a step; null if nothing is merged. */
function merge(tools: AnswerTools, { question, clicks, from }: Step, map: ProbabilityMap): MaskRuns | null {
  const { start, refinement, size } = question;
  const last = clicks.at(-1);
  if (start === null || last === undefined) return null;
  const cutNow = cut(tools, question, map, clicks);
  return mergeProgressively(cutNow, from?.merged ?? start, clickPixel(last, size), refinement.progressiveMerge);
}

/** The cleaned mask of a map. A copy, because the mask is cached and the caller may change its result. */
function cut(tools: AnswerTools, question: Question, map: ProbabilityMap, clicks: readonly Click[]): MaskRuns {
  const { size, guide } = question;
  const by = JSON.stringify([question.postprocess, guide?.limit, clicks]);
  const known = tools.cleanMasks.get(map);
  if (known?.by === by) return copyRuns(known.runs);
  const { threshold, refinement } = tools.model.manifest;
  const clean = postprocess(map, size, clicks, threshold, question.postprocess, tools.cutMask, refinement);
  const runs = guide === null ? clean : intersection(clean, rectRuns(size, guide.limit));
  tools.cleanMasks.set(map, { by, runs });
  return copyRuns(runs);
}

/** The mask after all clicks, the one before the last click, and notes. */
export function masksOf(
  tools: AnswerTools,
  question: Question,
  state: ClickState,
): { readonly runs: MaskRuns; readonly before: MaskRuns; readonly notes: readonly string[] } {
  const { size, clicks, prompt } = question;
  const { map, merged, mergedBefore } = state;
  const start = prompt.mask ?? emptyRuns(size);
  const before =
    mergedBefore ?? (state.before === null ? start : cut(tools, question, state.before, clicks.slice(0, -1)));
  if (map === null) {
    const notes = ['Only negative clicks so far: the mask is empty. Click on the object.'];
    return { runs: emptyRuns(size), before, notes };
  }
  return { runs: merged === null ? cut(tools, question, map, clicks) : copyRuns(merged), before, notes: [] };
}
