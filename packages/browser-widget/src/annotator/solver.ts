import {
  type Click,
  type ClickmaskError,
  isClickmaskError,
  type Prediction,
  type Prompt,
  type Segmenter,
  type SegmenterImage,
  type SegmentOptions,
} from '@clickmask/core';
import { asClickmaskError } from '../errors.js';
import type { ObjectPrompt, ObjectResult } from './value.js';

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
  /** Forgets all wishes and refuses late answers, as when the picture changes. */
  reset(): void;
}

export function createSolver(options: SolverOptions): Solver {
  let generation = 0;
  let wish: Wish | null = null;
  let asking: ObjectPrompt | null = null;
  let hover: Hover | null = null;
  /** The preview under way; `clicked` where the user clicked on it before it came. */
  let flying: (Hover & { clicked: Wish | null; wanted: boolean }) | null = null;
  let shown: { readonly base: ObjectPrompt; readonly preview: Preview } | null = null;

  const ask = async (prompt: ObjectPrompt, session: string): Promise<ObjectResult | null> => {
    const target = options.target();
    if (target === null) return null;
    const prediction = await target.segmenter.segment(target.image, toCorePrompt(prompt), {
      ...options.segmentOptions(),
      ...(prompt.candidate === null ? {} : { candidate: prompt.candidate }),
      session,
    });
    return toResult(prompt, prediction);
  };

  const drop = (): void => {
    if (flying !== null) flying.wanted = false;
    if (shown === null) return;
    shown = null;
    options.onPreview(null);
  };

  const work = async (): Promise<void> => {
    while (wish !== null && asking === null && options.target() !== null) {
      const { prompt, since } = wish;
      wish = null;
      asking = prompt;
      const mine = generation;
      options.onBusy(true);
      try {
        const result = await ask(prompt, 'clicks');
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
      const { prompt, click } = hover;
      const mine = generation;
      const flight = { prompt, click, clicked: null as Wish | null, wanted: true };
      hover = null;
      flying = flight;
      let result: ObjectResult | null = null;
      try {
        result = await ask(withClick(prompt, click), 'preview');
      } catch {
        // A preview is a courtesy: what is really wrong shows with the next click.
      }
      if (mine !== generation) return;
      flying = null;
      const { clicked } = flight;
      if (clicked !== null) {
        options.onBusy(false);
        if (result === null) {
          wish ??= clicked;
          void work();
        } else if (wish === null) {
          options.onResult({ ...result, prompt: clicked.prompt }, performance.now() - clicked.since);
        }
      } else if (result !== null && flight.wanted) {
        shown = { base: prompt, preview: { click, result } };
        options.onPreview(shown.preview);
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
      const ready = shown;
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
      hover = { prompt, click };
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
