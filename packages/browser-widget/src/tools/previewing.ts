import type { ImagePoint } from '@clickmask/core/masks';
import { promptBase } from '@clickmask/core/session';
import type { Answers } from '../answers/answers.js';
import { type AnnotatorState, type AnnotatorStore, activeOf } from '../state/state.js';
import { clickAt, labelFor, pointAt } from './aim.js';

/** Chooses the click to preview: the one that the pointer or the crosshair would make. */
export interface Previewing {
  /** A press began here that will probably become a click. Its answer is computed while the button is still down. */
  anticipate(at: ImagePoint, opposite: boolean): void;
  destroy(): void;
}

/** The state that a preview depends on. */
const causes = ['pointer', 'crosshair', 'settings', 'ready', 'readOnly', 'spaceHeld', 'drag'] as const;

export function createPreviewing(store: AnnotatorStore, answers: Pick<Answers, 'preview' | 'anticipate'>): Previewing {
  const destroy = store.subscribe((changed) => {
    if (causes.some((cause) => changed.has(cause))) {
      const at = placeOf(store.now);
      answers.preview(at === null ? null : clickThere(store.now, at.point, at.opposite));
    } else if (changed.has('viewport')) {
      // The image is moving under the pointer. Nothing is previewed until the pointer moves again.
      answers.preview(null);
    }
  });
  return {
    anticipate(at, opposite) {
      if (!isPossible(store.now) || !hasMeaning(store.now, opposite)) return;
      const { prompt, click } = clickThere(store.now, at, opposite);
      answers.anticipate(prompt, click);
    },
    destroy,
  };
}

function isPossible({ settings, ready, readOnly, spaceHeld, drag }: AnnotatorState): boolean {
  return settings.tool === 'click' && ready && !readOnly && !spaceHeld && drag === null;
}

/** Whether there is an object that a click of this sign can change. */
function hasMeaning(state: AnnotatorState, opposite: boolean): boolean {
  const { clicks, box, start } = promptBase(activeOf(state));
  return labelFor(state, opposite) === 'positive' || clicks.length > 0 || box !== null || start !== null;
}

/** The point to preview; null if there is none. */
function placeOf(state: AnnotatorState): { readonly point: ImagePoint; readonly opposite: boolean } | null {
  const { settings, crosshair, pointer } = state;
  if (!settings.preview || !isPossible(state)) return null;
  const opposite = crosshair === null && pointer?.opposite === true;
  if (!hasMeaning(state, opposite)) return null;
  if (crosshair !== null) return { point: crosshair, opposite };
  // A press on a mark grabs it, so there is no click to preview.
  if (pointer === null || clickAt(state, pointer.at) !== null) return null;
  const point = pointAt(state, pointer.at);
  return point === null ? null : { point, opposite };
}

function clickThere(state: AnnotatorState, { x, y }: ImagePoint, opposite: boolean) {
  return { prompt: promptBase(activeOf(state)), click: { x, y, label: labelFor(state, opposite) } };
}
