import type { ClickmaskError, MaskRuns, Provider } from '@clickmask/core';
import type { Parts } from '../annotator/parts.js';
import type { LogBook } from '../value/annotation-log.js';
import * as edits from '../value/edits.js';
import { type AnnotatedObject, needsResult, type ObjectPrompt, type ObjectResult } from '../value/value.js';
import { createSolver, type Preview, type Solver } from './solver.js';

/** A mask on its way: what the first pass of the network says of a prompt whose answer is not there yet. */
export interface Draft {
  readonly prompt: ObjectPrompt;
  readonly runs: MaskRuns;
}

/** What the segmenter says of the value: asks for it, puts answers in their place, and knows what is still open. */
export interface Answers extends Pick<Solver, 'preview' | 'anticipate'> {
  /** What a click under the pointer would give. */
  readonly shownPreview: Preview | null;
  readonly draft: Draft | null;
  readonly busy: boolean;
  /** Busy for so long that the user should be told. */
  readonly slow: boolean;
  /** Asks for the answer that the value wants, the active object's first. */
  ask(): void;
  /** Resolves when no click waits for its answer. */
  settled(): Promise<void>;
  wakeIfSettled(): void;
  /** Forgets what was asked, as when the picture changes. */
  reset(): void;
  destroy(): void;
}

/** Milliseconds without an answer after which the status says so; sooner, it would flicker with every click. */
const patience = 200;

export function createAnswers(parts: Parts, log: LogBook): Answers {
  let preview: Preview | null = null;
  let draft: Draft | null = null;
  let busy = false;
  let slow = false;
  let slowTimer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => void)[] = [];
  let provider: Provider | null = null;

  const wakeAll = () => {
    const all = waiting;
    waiting = [];
    for (const wake of all) wake();
  };
  const wakeIfSettled = () => {
    const { changes, pictures, status } = parts;
    const open = status.failure === null && changes.value.objects.some(needsResult) && pictures.shown !== null;
    if (!busy && !open) wakeAll();
  };
  const setBusy = (now: boolean) => {
    if (busy === now) return;
    busy = now;
    slow = false;
    clearTimeout(slowTimer);
    if (now) {
      slowTimer = setTimeout(() => {
        slow = true;
        parts.screen.refresh();
      }, patience);
    } else {
      wakeIfSettled();
      parts.screen.refresh();
    }
  };
  const putInPlace = (result: ObjectResult, milliseconds: number) => {
    draft = null;
    log.add(result, milliseconds);
    parts.changes.amend(edits.putResult(result));
    const before = provider;
    provider = parts.pictures.segmenter?.info.provider ?? null;
    const news = before === 'webgpu' && provider === 'wasm' ? parts.config.texts.fallback : '';
    // Of what was undone meanwhile, nothing is to be seen.
    const stands = parts.changes.value.objects.some(({ prompt }) => prompt === result.prompt);
    if (stands) parts.status.describe(result, news);
    else if (news !== '') parts.status.say(news);
    wakeIfSettled();
  };

  /** Asked for by themselves once: a request that is dropped is not to go round for ever. */
  const asked = new WeakSet<ObjectPrompt>();
  const askNext = () => {
    const { changes, config, status } = parts;
    // In controlled mode the page sets the value after each answer, which asks.
    if (config.controlled || status.failure !== null) return;
    const next = changes.value.objects.find((object) => needsResult(object) && !asked.has(object.prompt));
    if (next === undefined) return;
    asked.add(next.prompt);
    solver.solve(next.prompt);
  };

  const solver = createSolver({
    target: () => parts.pictures.target,
    segmentOptions: () => parts.config.segmentOptions,
    onResult: putInPlace,
    onDraft(prompt, runs) {
      draft = { prompt, runs };
      parts.stage.invalidate();
      parts.events.emit('draft', draft);
    },
    onPreview(next) {
      preview = next;
      parts.stage.invalidate();
      parts.events.emit('preview', next);
    },
    onBusy: setBusy,
    onError(error: ClickmaskError) {
      draft = null;
      parts.status.fail(error);
    },
    onIdle: askNext,
  });

  return {
    get shownPreview() {
      return preview;
    },
    get draft() {
      return draft;
    },
    get busy() {
      return busy;
    },
    get slow() {
      return slow;
    },
    preview: solver.preview,
    anticipate: solver.anticipate,
    ask() {
      preview = null;
      const { active, value } = parts.changes;
      const wanting: AnnotatedObject | undefined =
        active !== null && needsResult(active) ? active : value.objects.find(needsResult);
      if (wanting !== undefined && parts.status.failure === null) solver.solve(wanting.prompt);
    },
    settled: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wakeIfSettled();
      }),
    wakeIfSettled,
    reset() {
      draft = null;
      solver.reset();
    },
    destroy() {
      clearTimeout(slowTimer);
      solver.reset();
      wakeAll();
    },
  };
}
