import type { ClickLabel } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import type { Parts } from '../annotator/parts.js';
import { type StagePoint, toImage, toStage } from '../view/viewport.js';

/** What of the picture a place on the stage means. */
export interface Aim {
  /** The point of the picture; null beside it. */
  pointAt(at: StagePoint): ImagePoint | null;
  /** The nearest point of the picture. */
  nearest(at: StagePoint): ImagePoint;
  /** The nearest point of the picture to any point in image px. */
  inside(point: ImagePoint): ImagePoint;
  /** The mark of a click that is within reach. */
  clickAt(at: StagePoint): number | null;
  labelFor(opposite: boolean): ClickLabel;
}

/** CSS px around a mark in which it is taken hold of. */
const reach = 10;

export function createAim(parts: Parts): Aim {
  // A hundredth of a pixel is finer than any hand; short numbers keep logs readable.
  const short = (value: number) => Math.round(value * 100) / 100;
  const inside = ({ x, y }: ImagePoint): ImagePoint => {
    const { width, height } = parts.pictures.shown ?? { width: 1, height: 1 };
    return { x: short(Math.min(width, Math.max(0, x))), y: short(Math.min(height, Math.max(0, y))) };
  };
  return {
    pointAt(at) {
      const picture = parts.pictures.shown;
      if (picture === null) return null;
      const { x, y } = toImage(parts.stage.viewport, at);
      if (x < 0 || y < 0 || x > picture.width || y > picture.height) return null;
      return { x: short(x), y: short(y) };
    },
    nearest: (at) => inside(toImage(parts.stage.viewport, at)),
    inside,
    clickAt(at) {
      const clicks = parts.changes.active?.prompt.clicks ?? [];
      for (let i = clicks.length - 1; i >= 0; i--) {
        const mark = toStage(parts.stage.viewport, clicks[i]);
        if (Math.hypot(mark.x - at.x, mark.y - at.y) <= reach) return i;
      }
      return null;
    },
    labelFor: (opposite) => ((parts.config.settings.label === 'positive') !== opposite ? 'positive' : 'negative'),
  };
}
