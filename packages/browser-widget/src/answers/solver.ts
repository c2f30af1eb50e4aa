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
  /** The first pass's mask of a prompt whose answer is under way. */
  readonly onDraft: (prompt: ObjectPrompt, runs: MaskRuns) => void;
  readonly onPreview: (preview: Preview | null) => void;
  readonly onBusy: (busy: boolean) => void;
  readonly onError: (error: ClickmaskError) => void;
  /** No answer is under way any more, and none is wished for. */
  readonly onIdle: () => void;
}

/**
 * Asks the segmenter: one request for clicks and one for the preview at a time, each the latest wish only. A preview is
 * computed pass by pass, so that none waits for one that the pointer has left; where the pointer rests it becomes the
 * answer that a click would have. Clicked on before, it is the draft, and the click's answer goes on from there.
 */
export interface Solver {
  /** What its requests are told from others' by. */
  readonly name: string;
  /** Wants the answer to a prompt; replaces an earlier wish that was not sent yet. */
  solve(prompt: ObjectPrompt): void;
  /** Wants to see what one more click would give; null: nothing. */
  preview(wanted: { readonly prompt: ObjectPrompt; readonly click: Click } | null): void;
  /** A click has begun, and is likely to end as this one: computes its answer ahead, and shows nothing of it. */
  anticipate(prompt: ObjectPrompt, click: Click): void;
  /** Forgets all wishes and refuses late answers, as when the image changes. */
  reset(): void;
}

let lastSolver = 0;

export function createSolver(options: SolverOptions): Solver {
  // Several widgets may share a segmenter, and none is to take the place of another's requests.
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
    // A server of an older version says nothing of it, and has answered in full.
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
            // What the user has left meanwhile is not to be seen any more.
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
      // A press is likely to stay. And a server takes less time for all passes than for being asked again.
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
        // A preview is a courtesy: what is really wrong shows with the next click.
      }
      if (mine !== generation) return;
      flying = null;
      const { clicked } = flight;
      if (clicked !== null) {
        // A newer click, waiting or asked for, computes what is missing here on its way.
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
  /** Whether no pass of its cascade is left. */
  readonly isComplete: boolean;
}

interface Wish {
  readonly prompt: ObjectPrompt;
  /** When it was made. */
  readonly since: number;
  /** Whether a draft of it was shown already. */
  readonly hasDraft: boolean;
}

interface Hover {
  readonly prompt: ObjectPrompt;
  readonly click: Click;
  readonly isShown: boolean;
}

/** A preview under way. */
interface Flight extends Hover {
  /** The user clicked on it before it came: it becomes the click's answer. */
  clicked: Omit<Wish, 'hasDraft'> | null;
  /** Whether it is still to be seen when it comes. */
  wanted: boolean;
  draft: MaskRuns | null;
}

/** The preview that came last. */
interface Known {
  readonly base: ObjectPrompt;
  readonly preview: Preview;
  readonly isShown: boolean;
  readonly isComplete: boolean;
}

function withClick(prompt: ObjectPrompt, click: Click): ObjectPrompt {
  return { ...prompt, candidate: null, clicks: [...prompt.clicks, click] };
}

/** Whether a preview of this click was made for exactly this prompt. */
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
