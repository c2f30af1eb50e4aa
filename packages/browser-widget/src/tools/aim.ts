import type { ClickLabel } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import { type AnnotatorState, activeOf } from '../state/state.js';
import { type StagePoint, toImage, toStage } from '../view/viewport.js';

/** A press within this many CSS px of a mark grabs it. */
const reach = 10;

/** Rounding to a hundredth of a pixel keeps logs short. No hand is more precise. */
const short = (value: number) => Math.round(value * 100) / 100;

/** Clamps a point to the image, in image px. */
export function insidePicture({ picture }: Pick<AnnotatorState, 'picture'>, { x, y }: ImagePoint): ImagePoint {
  const { width, height } = picture ?? { width: 1, height: 1 };
  return { x: short(Math.min(width, Math.max(0, x))), y: short(Math.min(height, Math.max(0, y))) };
}

/** The image point under a stage point; null outside the image. */
export function pointAt({ picture, viewport }: AnnotatorState, at: StagePoint): ImagePoint | null {
  if (picture === null) return null;
  const { x, y } = toImage(viewport, at);
  if (x < 0 || y < 0 || x > picture.width || y > picture.height) return null;
  return { x: short(x), y: short(y) };
}

/** The image point nearest to a stage point. */
export function nearestTo(state: AnnotatorState, at: StagePoint): ImagePoint {
  return insidePicture(state, toImage(state.viewport, at));
}

/** The topmost click mark within reach. */
export function clickAt(state: AnnotatorState, at: StagePoint): number | null {
  const index = activeOf(state)?.prompt.clicks.findLastIndex((click) => {
    const mark = toStage(state.viewport, click);
    return Math.hypot(mark.x - at.x, mark.y - at.y) <= reach;
  });
  return index === undefined || index < 0 ? null : index;
}

/** The sign of a click made now. */
export function labelFor({ settings }: Pick<AnnotatorState, 'settings'>, opposite: boolean): ClickLabel {
  return (settings.label === 'positive') !== opposite ? 'positive' : 'negative';
}
