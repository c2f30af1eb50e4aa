import { area } from '@clickmask/core';
import { type AnnotatedObject, maskOfObject, type ObjectResult } from '@clickmask/core/session';
import { fillIn } from '../i18n/index.js';
import type { AnnotatorState } from './state.js';
import { decimal, percent, textsOf } from './words.js';

/** Describes what is loading; null if nothing is. */
export function loadingText(state: AnnotatorState): string | null {
  const { progress } = state;
  if (progress === null) return null;
  const texts = textsOf(state);
  // Whole percents, so that the text does not jitter.
  const part = progress.fraction === null ? '' : percent(state, Math.round(progress.fraction * 100) / 100);
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
}

/** The text of the status line. */
export function statusLine(state: AnnotatorState): string {
  const { failure, slow, message, picture } = state;
  const texts = textsOf(state);
  if (failure !== null) return fillIn(texts.error, { message: failure.message });
  const busy = slow ? texts.computing : null;
  return loadingText(state) ?? busy ?? (message || (picture === null ? texts.noPicture : ''));
}

/** Describes an answer: what it changed, how much it covers, and how sure the network is. */
export function describeResult(state: AnnotatorState, result: ObjectResult): string {
  const texts = textsOf(state);
  const { picture } = state;
  const pixels = area(result.runs);
  if (picture === null) return '';
  if (pixels === 0) return texts.emptyMask;
  const { prompt, candidates, candidate, changedPixels, score } = result;
  const words = fillIn(texts.result, {
    share: percent(state, pixels / (picture.width * picture.height)),
    score: decimal(state, score),
    clicks: prompt.clicks.length,
  });
  const place = candidates.findIndex(({ index }) => index === candidate) + 1;
  const reading =
    prompt.candidate === null ? '' : fillIn(texts.candidateShown, { number: place, count: candidates.length });
  const noEffect = reading === '' && changedPixels === 0 && prompt.clicks.length > 0 ? texts.noEffect : '';
  return [reading, noEffect, words].filter((text) => text !== '').join(' ');
}

/** Describes what is left of an object after brush and eraser. */
export function describeStroke(state: AnnotatorState, object: AnnotatedObject | null): string {
  const { picture } = state;
  const runs = object === null ? null : maskOfObject(object);
  const pixels = runs === null ? 0 : area(runs);
  if (picture === null || pixels === 0) return textsOf(state).emptyMask;
  return fillIn(textsOf(state).painted, { share: percent(state, pixels / (picture.width * picture.height)) });
}
