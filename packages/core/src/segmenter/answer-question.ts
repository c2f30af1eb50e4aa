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

/** What one engine answers with. */
export interface AnswerTools extends PassTools {
  /** After each click, by the names of {@link Question}. */
  readonly states: ByteLru<ClickState>;
  /** The mask that was cut from a map last, cleaned up: the next click compares with it. */
  readonly cleanMasks: WeakMap<ProbabilityMap, CleanMask>;
}

interface CleanMask {
  /** All that the mask depends on beside the map. */
  readonly by: string;
  readonly runs: MaskRuns;
}

type OnDraft = (draft: DraftMask) => void;

/** From the last state that is known in full on, a few clicks one by one; gives the state after the last one. */
export async function answerQuestion(
  tools: AnswerTools,
  question: Question,
  onDraft?: OnDraft,
  signal?: AbortSignal,
): Promise<ClickState> {
  const { clicks, box, size, names } = question;
  const { states } = tools;
  // A box that the model takes is answered by itself before the first click, as where it was drawn first.
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

/** One click more. */
interface Step {
  readonly question: Question;
  readonly clicks: readonly Click[];
  readonly from: ClickState | undefined;
  /** The same step, of which an earlier request made the first passes. */
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
  // A mask to start from has been through a click already, and a box stands for one.
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

/** A step that was not finished, as the cascade left it; a state without a map is always finished. */
function asCascade({ map, report, ...kept }: ClickState): CascadeResult<Pass> | null {
  if (map === null) return null;
  const { roi, changedPixels, settled, complete } = report;
  return { last: { ...kept, map, roi }, changedPixels, settled, complete };
}

/** The mask that the starting mask has become after a step; null where nothing is merged. */
function merge(tools: AnswerTools, { question, clicks, from }: Step, map: ProbabilityMap): MaskRuns | null {
  const { start, refinement, size } = question;
  const last = clicks.at(-1);
  if (start === null || last === undefined) return null;
  const cutNow = cut(tools, question, map, clicks);
  return mergeProgressively(cutNow, from?.merged ?? start, clickPixel(last, size), refinement.progressiveMerge);
}

/** The mask of a map, cleaned up: a copy, since the caller may keep or alter it, and the mask is remembered. */
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

/** The mask after all clicks, the one before the last click, and what there is to say. */
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
