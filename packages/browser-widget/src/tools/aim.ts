import type { ClickLabel } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import { type AnnotatorState, activeOf } from '../state/state.js';
import { type StagePoint, toImage, toStage } from '../view/viewport.js';

/** CSS px around a mark in which it is taken hold of. */
const reach = 10;

/** A hundredth of a pixel is finer than any hand; short numbers keep logs readable. */
const short = (value: number) => Math.round(value * 100) / 100;

/** The nearest point of the image to any point in image px. */
export function insidePicture({ picture }: Pick<AnnotatorState, 'picture'>, { x, y }: ImagePoint): ImagePoint {
  const { width, height } = picture ?? { width: 1, height: 1 };
  return { x: short(Math.min(width, Math.max(0, x))), y: short(Math.min(height, Math.max(0, y))) };
}

/** The point of the image under a place on the stage; null beside it. */
export function pointAt({ picture, viewport }: AnnotatorState, at: StagePoint): ImagePoint | null {
  if (picture === null) return null;
  const { x, y } = toImage(viewport, at);
  if (x < 0 || y < 0 || x > picture.width || y > picture.height) return null;
  return { x: short(x), y: short(y) };
}

/** The point of the image that is nearest to a place on the stage. */
export function nearestTo(state: AnnotatorState, at: StagePoint): ImagePoint {
  return insidePicture(state, toImage(state.viewport, at));
}

/** The mark of a click that is within reach; the one on top. */
export function clickAt(state: AnnotatorState, at: StagePoint): number | null {
  const clicks = activeOf(state)?.prompt.clicks ?? [];
  const index = clicks.findLastIndex((click) => {
    const mark = toStage(state.viewport, click);
    return Math.hypot(mark.x - at.x, mark.y - at.y) <= reach;
  });
  return index < 0 ? null : index;
}

/** What a click means now. */
export function labelFor({ settings }: Pick<AnnotatorState, 'settings'>, opposite: boolean): ClickLabel {
  return (settings.label === 'positive') !== opposite ? 'positive' : 'negative';
}
