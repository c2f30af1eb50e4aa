import {
  type Click,
  type ClickmaskError,
  isClickmaskError,
  type MaskRuns,
  type Segmenter,
  type SegmenterImage,
  type SegmentOptions,
} from '@clickmask/core';
import { type ObjectPrompt, type ObjectResult, toPrompt, toResult } from '@clickmask/core/session';
import { asClickmaskError } from '../errors.js';
import type { Preview } from '../state/state.js';

export interface SolverOptions {
  /** The segmenter and image that requests go to; null while either is missing. */
  readonly target: () => { readonly segmenter: Segmenter; readonly image: SegmenterImage } | null;
  readonly segmentOptions: () => SegmentOptions;
  readonly onResult: (result: ObjectResult, milliseconds: number) => void;
  /** The first pass's mask of a prompt that is still being answered. */
  readonly onDraft: (prompt: ObjectPrompt, runs: MaskRuns) => void;
  readonly onPreview: (preview: Preview | null) => void;
  readonly onBusy: (busy: boolean) => void;
  readonly onError: (error: ClickmaskError) => void;
  /** No request is running or waiting. */
  readonly onIdle: () => void;
}

/**
 * Sends requests to the segmenter: at most one for clicks and one for the preview at a time, always the latest. A
 * preview is computed pass by pass, so that it can be dropped when the pointer moves on. If the pointer rests, the
 * preview becomes the full answer of a click there. If the user clicks on it, it serves as the draft, and the click's
 * answer continues from it.
 */
export interface Solver {
  /** Distinguishes its requests from those of others. */
  readonly name: string;
  /** Requests the answer to a prompt. Replaces an earlier request that was not sent yet. */
  solve(prompt: ObjectPrompt): void;
  /** Requests a preview of one more click; null cancels it. */
  preview(wanted: { readonly prompt: ObjectPrompt; readonly click: Click } | null): void;
  /** A press began that will probably become this click: computes its answer ahead, without showing it. */
  anticipate(prompt: ObjectPrompt, click: Click): void;
  /** Drops all requests and ignores late answers, for example when the image changes. */
  reset(): void;
}

let lastSolver = 0;

export function createSolver(options: SolverOptions): Solver {
  // Several widgets may share a segmenter; their requests must not replace each other.
  const name = `widget-${++lastSolver}`;
  let generation = 0;
  let wish: Wish | null = null;
  let asking: ObjectPrompt | null = null;
  let hover: Hover | null = null;
  let flying: Flight | null = null;
  let known: Known | null = null;

  const ask = async (
    prompt: ObjectPrompt,
    how: Pick<SegmentOptions, 'session' | 'passes' | 'onDraft'>,
  ): Promise<Answer | null> => {
    const target = options.target();
    if (target === null) return null;
    const prediction = await target.segmenter.segment(target.image, toPrompt(prompt), {
      ...options.segmentOptions(),
      ...(prompt.candidate === null ? {} : { candidate: prompt.candidate }),
      ...how,
    });
    // Older servers leave this out, and always answer in full.
    return { result: toResult(prompt, prediction), isComplete: prediction.refinement.complete !== false };
  };

  const drop = (): void => {
    if (flying !== null) flying.wanted = false;
    const { isShown } = known ?? { isShown: false };
    known = null;
    if (isShown) options.onPreview(null);
  };

  const work = async (): Promise<void> => {
    while (wish !== null && asking === null && options.target() !== null) {
      const { prompt, since, hasDraft } = wish;
      wish = null;
      asking = prompt;
      const mine = generation;
      options.onBusy(true);
      try {
        const answer = await ask(prompt, {
          session: `${name}-clicks`,
          onDraft({ runs }) {
            // The user has moved on: do not show it.
            if (mine === generation && wish === null && !hasDraft) options.onDraft(prompt, runs);
          },
        });
        if (mine === generation && answer !== null) options.onResult(answer.result, performance.now() - since);
      } catch (error) {
        if (mine === generation && !isClickmaskError(error, 'superseded') && !isClickmaskError(error, 'aborted')) {
          options.onError(asClickmaskError(error));
        }
      }
      if (mine !== generation) return;
      asking = null;
      options.onBusy(false);
    }
    rest();
    if (wish === null && asking === null) void look();
  };

  const rest = (): void => {
    if (wish === null && asking === null && flying?.clicked == null) options.onIdle();
  };

  const look = async (): Promise<void> => {
    // Clicks go first: while one is computed, previews wait.
    while (hover !== null && flying === null && asking === null && wish === null && options.target() !== null) {
      const { prompt, click, isShown } = hover;
      const mine = generation;
      const flight: Flight = { prompt, click, isShown, clicked: null, wanted: true, draft: null };
      // A press probably becomes a click. A server also needs less time for all passes than for several requests.
      const inOne = !isShown || options.target()?.segmenter.info.provider === 'remote';
      hover = null;
      flying = flight;
      let answer: Answer | null = null;
      try {
        answer = await ask(withClick(prompt, click), {
          session: `${name}-preview`,
          ...(inOne ? {} : { passes: 1 }),
          onDraft({ runs }) {
            flight.draft = runs;
            if (mine === generation && flight.clicked !== null) options.onDraft(flight.clicked.prompt, runs);
          },
        });
      } catch {
        // A preview is optional: a real fault shows with the next click.
      }
      if (mine !== generation) return;
      flying = null;
      const { clicked } = flight;
      if (clicked !== null) {
        // A newer click computes what is missing here.
        const isNewest = wish === null && asking === null;
        if (answer?.isComplete === true && wish === null) take(clicked, answer.result);
        else if (isNewest) {
          if (answer !== null) options.onDraft(clicked.prompt, answer.result.runs);
          wish = { ...clicked, hasDraft: answer !== null };
        }
      } else if (answer !== null && flight.wanted) {
        const before = known;
        const { result, isComplete } = answer;
        known = { base: prompt, preview: { click, result }, isShown, isComplete };
        if (isShown) options.onPreview(known.preview);
        else if (before?.isShown === true) options.onPreview(null);
        if (!isComplete) hover ??= { prompt, click, isShown };
      }
    }
    if (wish !== null) void work();
  };

  const take = ({ prompt, since }: Omit<Wish, 'hasDraft'>, result: ObjectResult): void => {
    options.onBusy(asking !== null);
    options.onResult({ ...result, prompt }, performance.now() - since);
    rest();
  };

  return {
    name,
    solve(prompt) {
      const since = performance.now();
      if (asking === prompt || flying?.clicked?.prompt === prompt) {
        wish = null;
        return;
      }
      const ready = known;
      hover = null;
      const coming = flying;
      const hasDraft = ready !== null && answers(ready.base, ready.preview.click, prompt);
      drop();
      wish = null;
      if (hasDraft && ready.isComplete) {
        take({ prompt, since }, ready.preview.result);
        return;
      }
      if (hasDraft) options.onDraft(prompt, ready.preview.result.runs);
      if (coming !== null && answers(coming.prompt, coming.click, prompt)) {
        coming.clicked = { prompt, since };
        options.onBusy(true);
        if (coming.draft !== null && !hasDraft) options.onDraft(prompt, coming.draft);
        return;
      }
      wish = { prompt, since, hasDraft };
      void work();
    },
    preview(wanted) {
      if (wanted === null) {
        hover = null;
        drop();
        return;
      }
      hover = { ...wanted, isShown: true };
      void look();
    },
    anticipate(prompt, click) {
      const likely = withClick(prompt, click);
      const coming = flying?.wanted === true && answers(flying.prompt, flying.click, likely);
      const there = known?.isComplete === true && answers(known.base, known.preview.click, likely);
      if (coming || there) {
        hover = null;
        return;
      }
      hover = { prompt, click, isShown: false };
      void look();
    },
    reset() {
      generation++;
      wish = null;
      asking = null;
      hover = null;
      flying = null;
      drop();
      options.onBusy(false);
    },
  };
}

interface Answer {
  readonly result: ObjectResult;
  /** Whether all passes of its cascade are done. */
  readonly isComplete: boolean;
}

interface Wish {
  readonly prompt: ObjectPrompt;
  /** When it was made. */
  readonly since: number;
  /** Whether a draft of it was shown. */
  readonly hasDraft: boolean;
}

interface Hover {
  readonly prompt: ObjectPrompt;
  readonly click: Click;
  readonly isShown: boolean;
}

/** The preview that is being computed. */
interface Flight extends Hover {
  /** The user clicked before it arrived: it becomes the click's answer. */
  clicked: Omit<Wish, 'hasDraft'> | null;
  /** Whether to show it when it arrives. */
  wanted: boolean;
  draft: MaskRuns | null;
}

/** The latest finished preview. */
interface Known {
  readonly base: ObjectPrompt;
  readonly preview: Preview;
  readonly isShown: boolean;
  readonly isComplete: boolean;
}

function withClick(prompt: ObjectPrompt, click: Click): ObjectPrompt {
  return { ...prompt, candidate: null, clicks: [...prompt.clicks, click] };
}

/** Whether it previews exactly this prompt. */
function answers(base: ObjectPrompt, click: Click, prompt: ObjectPrompt): boolean {
  const { clicks } = prompt;
  const last = clicks[clicks.length - 1];
  return (
    last !== undefined &&
    prompt.candidate === null &&
    clicks.length === base.clicks.length + 1 &&
    last.x === click.x &&
    last.y === click.y &&
    last.label === click.label &&
    base.clicks.every((one, index) => one === clicks[index]) &&
    prompt.box === base.box &&
    prompt.start === base.start
  );
}
