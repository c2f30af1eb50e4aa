import type { ClickmaskError, Segmenter, SegmenterImage } from '@clickmask/core';
import {
  copyPlain,
  needsResult,
  type ObjectPrompt,
  type ObjectResult,
  putResult,
  type SessionLogBook,
} from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import type { Emitter } from '../annotator/emitter.js';
import { say } from '../state/say.js';
import { type AnnotatorStore, activeOf, type Draft, type Preview } from '../state/state.js';
import { describeResult } from '../state/status-line.js';
import { textsOf } from '../state/words.js';
import { watchReadings } from './readings.js';
import { createSolver, type Solver } from './solver.js';

/** Events about masks that are shown but not part of the value. */
export interface AnswerEvents {
  /** What a click under the pointer would give; null if nothing is previewed. */
  readonly preview: Preview | null;
  /** The mask of the network's first pass, shown until the answer comes. */
  readonly draft: Draft;
}

export interface AnswersOptions {
  readonly store: AnnotatorStore;
  /** The segmenter and image that requests go to; null while either is missing. */
  readonly target: () => { readonly segmenter: Segmenter; readonly image: SegmenterImage } | null;
  readonly amend: Annotation['amend'];
  readonly log: SessionLogBook;
  readonly events: Emitter<AnswerEvents>;
}

/** Keeps the value answered: requests masks from the segmenter, stores the answers, and knows which are still open. */
export interface Answers extends Pick<Solver, 'preview' | 'anticipate'> {
  /** Requests again, for example after an error. */
  ask(): void;
  /** Resolves when no click waits for its answer. */
  settled(): Promise<void>;
  destroy(): void;
}

/**
 * Milliseconds without an answer before the status line says so. A shorter time would make it flicker with every click.
 */
const patience = 200;

export function createAnswers({ store, target, amend, log, events }: AnswersOptions): Answers {
  const idle = createIdle(store);
  const wanting = () => {
    const active = activeOf(store.now);
    return active !== null && needsResult(active) ? active : store.now.value.objects.find(needsResult);
  };
  /** The value after the latest answer. While it is still the value, nobody has changed it. */
  let answered: unknown = null;
  let isAmending = false;

  const putInPlace = (result: ObjectResult, milliseconds: number) => {
    const objectOf = () => store.now.value.objects.find(({ prompt }) => prompt === result.prompt);
    log.add(result, milliseconds, objectOf()?.id ?? null);
    isAmending = true;
    amend(putResult(result));
    isAmending = false;
    answered = store.now.value;
    store.set({ draft: null });
    const news = noteProvider(store, target()?.segmenter);
    // Undone meanwhile: show nothing of it.
    const words = objectOf() === undefined ? '' : describeResult(store.now, result);
    const text = [news, words].filter((part) => part !== '').join(' ');
    if (text !== '') say(store, text);
  };

  /** Each prompt is requested automatically once, so that a request that is dropped does not loop. */
  const asked = new WeakSet<ObjectPrompt>();
  const askNext = () => {
    // In controlled mode, the page sets the value after each answer, and that triggers the next request.
    if (store.now.controlled || store.now.failure !== null) return;
    const next = store.now.value.objects.find((object) => needsResult(object) && !asked.has(object.prompt));
    if (next === undefined) return;
    asked.add(next.prompt);
    solver.solve(next.prompt);
  };

  const solver = createSolver({
    target,
    segmentOptions: () => store.now.segmentOptions,
    onResult: putInPlace,
    onDraft(prompt, runs) {
      const draft = { prompt, runs };
      store.set({ draft });
      events.emit('draft', copyPlain(draft));
    },
    onPreview(preview) {
      store.set({ preview });
      events.emit('preview', copyPlain(preview));
    },
    onBusy: idle.setBusy,
    onError(error: ClickmaskError) {
      store.set({ draft: null, failure: error });
    },
    onIdle: askNext,
  });
  const ask = () => {
    const object = wanting();
    if (object === undefined) solver.preview(null);
    else if (store.now.failure === null) solver.solve(object.prompt);
  };

  const stop = store.subscribe((changed) => {
    if (changed.has('loading') && store.now.loading) {
      solver.reset();
      store.set({ draft: null });
    }
    const byOthers = changed.has('value') && !isAmending && store.now.value !== answered;
    if (byOthers || (changed.has('ready') && store.now.ready)) ask();
  });

  const stopReadings = watchReadings(store, target, solver.name);

  return {
    preview: solver.preview,
    anticipate: solver.anticipate,
    ask,
    settled: idle.settled,
    destroy() {
      stop();
      stopReadings();
      solver.reset();
      idle.destroy();
    },
  };
}

/** Tracks whether a request is running, reports a slow one, and wakes those who wait for the end. */
function createIdle(store: AnnotatorStore) {
  let busy = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => void)[] = [];
  const wakeAll = () => {
    const all = waiting;
    waiting = [];
    for (const wake of all) wake();
  };
  const wakeIfSettled = () => {
    const { failure, value, picture } = store.now;
    const isOpen = failure === null && picture !== null && value.objects.some(needsResult);
    if (!busy && !isOpen) wakeAll();
  };
  const stop = store.subscribe(wakeIfSettled);
  return {
    setBusy(now: boolean) {
      if (busy === now) return;
      busy = now;
      clearTimeout(timer);
      if (now) timer = setTimeout(() => store.set({ slow: true }), patience);
      else store.set({ slow: false });
      wakeIfSettled();
    },
    settled: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        wakeIfSettled();
      }),
    destroy() {
      clearTimeout(timer);
      stop();
      wakeAll();
    },
  };
}

/** Stores where the network runs now. Returns a message if it had to leave the GPU. */
function noteProvider(store: AnnotatorStore, segmenter: Segmenter | undefined): string {
  const before = store.now.segmenter;
  if (segmenter === undefined || segmenter.info.provider === before?.provider) return '';
  store.set({ segmenter: segmenter.info });
  return before?.provider === 'webgpu' && segmenter.info.provider === 'wasm' ? textsOf(store.now).fallback : '';
}
