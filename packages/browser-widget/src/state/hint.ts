import { needsResult } from '@clickmask/core/session';
import { fillIn } from '../i18n/index.js';
import { keyOf, readableKey } from '../input/shortcuts.js';
import { type AnnotatorState, activeOf, type Learned } from './state.js';
import { textsOf } from './words.js';

/** A hint about something that the user has not used yet; null if everything was used once. */
export function hintOf(state: AnnotatorState): string | null {
  const { picture, value, failure, readOnly, learned, device, rightClick, shortcuts, settings } = state;
  if (picture === null || failure !== null || readOnly || settings.tool !== 'click') return null;
  const texts = textsOf(state);
  if (value.objects.length === 0) return device === 'touch' ? texts.noObjectsTouch : texts.noObjects;
  const active = activeOf(state);
  if (active === null || active.prompt.clicks.length === 0 || needsResult(active)) return null;
  if (!learned.negative) {
    if (device === 'touch') return texts.hintMinusTouch;
    return rightClick ? texts.hintMinusRight : texts.hintMinusMouse;
  }
  const key = keyOf(shortcuts, 'accept');
  return learned.accept ? null : fillIn(texts.hintAccept, { key: key === null ? '✓' : readableKey(key) });
}

/** Adds what the present state shows to what the user has already used. */
export function learnedFrom({ learned, value }: Pick<AnnotatorState, 'learned' | 'value'>): Learned {
  const negative = value.objects.some(({ prompt }) => prompt.clicks.some(({ label }) => label === 'negative'));
  const accept = value.objects.some(({ accepted }) => accepted);
  if ((learned.negative || !negative) && (learned.accept || !accept)) return learned;
  return { negative: learned.negative || negative, accept: learned.accept || accept };
}
