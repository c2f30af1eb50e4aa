import { area, type ClickmaskError } from '@clickmask/core';
import { fillIn } from '../i18n/index.js';
import type { ObjectResult } from '../value/value.js';
import { objectLabel } from '../view/chrome.js';
import type { ProgressInfo } from './api.js';
import type { Parts } from './parts.js';

/** What is going on: loading, an error, the last thing that happened; for the eye and for screen readers. */
export interface Status {
  /** The error that keeps the annotator from going on; null: none. */
  readonly failure: ClickmaskError | null;
  readonly progress: ProgressInfo | null;
  /** What is loading, in words; null: nothing. */
  readonly loading: string | null;
  /** The status line. */
  readonly line: string;
  /** Shows a text in the status line and tells it to screen readers. */
  say(text: string): void;
  /** Tells screen readers alone. */
  announce(text: string): void;
  /** Tells screen readers alone, and only where nothing else is told for a while. */
  announceAtRest(text: () => string): void;
  /** @param news - said before it, where there is something */
  describe(result: ObjectResult, news: string): void;
  /** The name of an object in lists and announcements. */
  labelOf(index: number): string;
  report(progress: ProgressInfo): void;
  endProgress(): void;
  fail(error: ClickmaskError): void;
  /** The user or the page goes on: the error is over. */
  clear(): void;
  /** Another picture is on its way. */
  reset(): void;
  destroy(): void;
}

/** Milliseconds without news after which a place is spoken: sooner, every step of the crosshair would be. */
const restMs = 500;

export function createStatus(parts: Parts): Status {
  let failure: ClickmaskError | null = null;
  let progress: ProgressInfo | null = null;
  let text = '';
  let resting: ReturnType<typeof setTimeout> | undefined;

  const loading = () => {
    if (progress === null) return null;
    const { texts, percent } = parts.config;
    // Whole percents: the text would tremble.
    const part = progress.fraction === null ? '' : percent(Math.round(progress.fraction * 100) / 100);
    switch (progress.phase) {
      case 'model':
        return fillIn(texts.loadingModel, { percent: part }).trim();
      case 'picture':
        return fillIn(texts.loadingPicture, { percent: part }).trim();
      case 'features':
        return texts.preparing;
      default:
        return progress.phase satisfies never;
    }
  };
  const status: Status = {
    get failure() {
      return failure;
    },
    get progress() {
      return progress;
    },
    get loading() {
      return loading();
    },
    get line() {
      const { texts } = parts.config;
      if (failure !== null) return fillIn(texts.error, { message: failure.message });
      const busy = parts.answers.slow ? texts.computing : null;
      return loading() ?? busy ?? (text || (parts.pictures.shown === null ? texts.noPicture : ''));
    },
    say(words) {
      text = words;
      status.announce(words);
      parts.screen.refresh();
    },
    announce(words) {
      clearTimeout(resting);
      parts.chrome.announce(words);
    },
    announceAtRest(words) {
      clearTimeout(resting);
      resting = setTimeout(() => status.announce(words()), restMs);
    },
    describe(result, news) {
      const picture = parts.pictures.shown;
      if (picture === null) return;
      const { texts, percent, decimal } = parts.config;
      const pixels = area(result.runs);
      const say = (...words: readonly string[]) => status.say([news, ...words].filter((text) => text !== '').join(' '));
      if (pixels === 0) return say(texts.emptyMask);
      const words = fillIn(texts.result, {
        share: percent(pixels / (picture.width * picture.height)),
        score: decimal(result.score),
        clicks: result.prompt.clicks.length,
      });
      const place = result.candidates.findIndex(({ index }) => index === result.candidate) + 1;
      const reading =
        result.prompt.candidate === null
          ? ''
          : fillIn(texts.candidateShown, { number: place, count: result.candidates.length });
      const noEffect = reading === '' && result.changedPixels === 0 && result.prompt.clicks.length > 0;
      say(reading, noEffect ? texts.noEffect : '', words);
    },
    labelOf(index) {
      const { texts, shownClasses } = parts.config;
      const { classId } = parts.changes.value.objects[index];
      const name = shownClasses.find(({ id }) => id === classId)?.name ?? classId;
      return objectLabel(texts, index + 1, name);
    },
    report(info) {
      progress = info.fraction === 1 && info.phase !== 'features' ? null : info;
      parts.events.emit('progress', info);
      parts.screen.refresh();
    },
    endProgress() {
      progress = null;
    },
    fail(error) {
      failure = error;
      progress = null;
      parts.events.emit('error', { error });
      status.say(fillIn(parts.config.texts.error, { message: error.message }));
      parts.answers.wakeIfSettled();
    },
    clear() {
      failure = null;
    },
    reset() {
      failure = null;
      text = '';
    },
    destroy: () => clearTimeout(resting),
  };
  return status;
}
