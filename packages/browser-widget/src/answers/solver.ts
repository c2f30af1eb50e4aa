import {
  type Click,
  type ClickmaskError,
  isClickmaskError,
  type MaskRuns,
  type Prediction,
  type Prompt,
  type Segmenter,
  type SegmenterImage,
  type SegmentOptions,
} from '@clickmask/core';
import { asClickmaskError } from '../errors.js';
import type { ObjectPrompt, ObjectResult } from '../value/value.js';

/** A preview: what a click at the pointer would give. */
export interface Preview {
  readonly click: Click;
  readonly result: ObjectResult;
}

export interface SolverOptions {
  /** The segmenter and picture that requests go to; null while either is missing. */
  readonly target: () => { readonly segmenter: Segmenter; readonly image: SegmenterImage } | null;
  readonly segmentOptions: () => SegmentOptions;
  readonly onResult: (result: ObjectResult, milliseconds: number) => void;
  /** The first pass's mask of a prompt whose answer is under way. */
  readonly onDraft: (prompt: ObjectPrompt, runs: MaskRuns) => void;
  readonly onPreview: (preview: Preview | null) => void;
  readonly onBusy: (busy: boolean) => void;
  readonly onError: (error: ClickmaskError) => void;
}

/**
 * Asks the segmenter: one request for clicks and one for the preview at a time, each the latest wish only. An answer that
 * comes late is kept for its step of the history, and a preview that was clicked on becomes the click's answer.
 */
export interface Solver {
  /** Wants the answer to a prompt; replaces an earlier wish that was not sent yet. */
  solve(prompt: ObjectPrompt): void;
  /** Wants to see what one more click would give; null: nothing. */
  preview(prompt: ObjectPrompt, click: Click | null): void;
  /** A click has begun, and is likely to end as this one: computes its answer ahead, and shows nothing of it. */
  anticipate(prompt: ObjectPrompt, click: Click): void;
  /** Forgets all wishes and refuses late answers, as when the picture changes. */
  reset(): void;
}

export function createSolver(options: SolverOptions): Solver {
  let generation = 0;
  let wish: Wish | null = null;
  let asking: ObjectPrompt | null = null;
  let hover: Hover | null = null;
  let flying: Flight | null = null;
  let known: { readonly base: ObjectPrompt; readonly preview: Preview; readonly isShown: boolean } | null = null;

  const ask = async (
    prompt: ObjectPrompt,
    session: string,
    onDraft?: (runs: MaskRuns) => void,
  ): Promise<ObjectResult | null> => {
    const target = options.target();
    if (target === null) return null;
    const prediction = await target.segmenter.segment(target.image, toCorePrompt(prompt), {
      ...options.segmentOptions(),
      ...(prompt.candidate === null ? {} : { candidate: prompt.candidate }),
      ...(onDraft === undefined ? {} : { onDraft: ({ runs }) => onDraft(runs) }),
      session,
    });
    return toResult(prompt, prediction);
  };

  const drop = (): void => {
    if (flying !== null) flying.wanted = false;
    const { isShown } = known ?? { isShown: false };
    known = null;
    if (isShown) options.onPreview(null);
  };

  const work = async (): Promise<void> => {
    while (wish !== null && asking === null && options.target() !== null) {
      const { prompt, since } = wish;
      wish = null;
      asking = prompt;
      const mine = generation;
      options.onBusy(true);
      try {
        const result = await ask(prompt, 'clicks', (runs) => {
          // What the user has left meanwhile is not to be seen any more.
          if (mine === generation && wish === null) options.onDraft(prompt, runs);
        });
        if (mine === generation && result !== null) options.onResult(result, performance.now() - since);
      } catch (error) {
        if (mine === generation && !isClickmaskError(error, 'superseded') && !isClickmaskError(error, 'aborted')) {
          options.onError(asClickmaskError(error));
        }
      }
      if (mine !== generation) return;
      asking = null;
      options.onBusy(false);
    }
    if (wish === null && asking === null) void look();
  };

  const look = async (): Promise<void> => {
    // Clicks go first: while one is computed, previews wait.
    while (hover !== null && flying === null && asking === null && wish === null && options.target() !== null) {
      const { prompt, click, isShown } = hover;
      const mine = generation;
      const flight: Flight = { prompt, click, isShown, clicked: null, wanted: true, draft: null };
      hover = null;
      flying = flight;
      let result: ObjectResult | null = null;
      try {
        result = await ask(withClick(prompt, click), 'preview', (runs) => {
          flight.draft = runs;
          if (mine === generation && flight.clicked !== null) options.onDraft(flight.clicked.prompt, runs);
        });
      } catch {
        // A preview is a courtesy: what is really wrong shows with the next click.
      }
      if (mine !== generation) return;
      flying = null;
      const { clicked } = flight;
      if (clicked !== null) {
        options.onBusy(asking !== null);
        if (result === null) {
          wish ??= clicked;
          void work();
        } else if (wish === null) {
          options.onResult({ ...result, prompt: clicked.prompt }, performance.now() - clicked.since);
        }
      } else if (result !== null && flight.wanted) {
        const before = known;
        known = { base: prompt, preview: { click, result }, isShown: flight.isShown };
        if (flight.isShown) options.onPreview(known.preview);
        else if (before?.isShown === true) options.onPreview(null);
      }
    }
    if (wish !== null) void work();
  };

  return {
    solve(prompt) {
      const since = performance.now();
      if (asking === prompt || flying?.clicked?.prompt === prompt) {
        wish = null;
        return;
      }
      const ready = known;
      hover = null;
      drop();
      if (ready !== null && answers(ready.base, ready.preview.click, prompt)) {
        wish = null;
        options.onResult({ ...ready.preview.result, prompt }, performance.now() - since);
        return;
      }
      if (flying !== null && answers(flying.prompt, flying.click, prompt)) {
        wish = null;
        flying.clicked = { prompt, since };
        options.onBusy(true);
        if (flying.draft !== null) options.onDraft(prompt, flying.draft);
        return;
      }
      wish = { prompt, since };
      void work();
    },
    preview(prompt, click) {
      if (click === null) {
        hover = null;
        drop();
        return;
      }
      hover = { prompt, click, isShown: true };
      void look();
    },
    anticipate(prompt, click) {
      const likely = withClick(prompt, click);
      const coming = flying?.wanted === true && answers(flying.prompt, flying.click, likely);
      const there = known !== null && answers(known.base, known.preview.click, likely);
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

interface Wish {
  readonly prompt: ObjectPrompt;
  /** When it was made. */
  readonly since: number;
}

interface Hover {
  readonly prompt: ObjectPrompt;
  readonly click: Click;
  readonly isShown: boolean;
}

/** A preview under way. */
interface Flight extends Hover {
  /** The user clicked on it before it came: it becomes the click's answer. */
  clicked: Wish | null;
  /** Whether it is still to be seen when it comes. */
  wanted: boolean;
  draft: MaskRuns | null;
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

function toCorePrompt({ clicks, box, start }: ObjectPrompt): Prompt {
  return { clicks, ...(box === null ? {} : { box }), ...(start === null ? {} : { mask: start }) };
}

function toResult(prompt: ObjectPrompt, prediction: Prediction): ObjectResult {
  const { runs, score, candidates, candidate, changedPixels, timings, notes } = prediction;
  return { prompt, runs, score, candidates, candidate, changedPixels, timings, notes };
}
