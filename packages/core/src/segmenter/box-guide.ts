import type { Click } from '../clicks/index.js';
import { unexpected } from '../errors/index.js';
import type { Box, Rect, Size } from '../geometry/index.js';
import { type MaskRuns, RunBuilder } from '../mask/index.js';

/** How a box is used with a model that knows only clicks. */
export interface BoxGuide {
  /** The user's clicks. If none of the positive ones lies in the box, one in its middle comes first. */
  readonly clicks: readonly Click[];
  /** The first guess that the network corrects: the ellipse in the box. */
  readonly start: MaskRuns;
  /** The region that the network sees: the box, with a margin of its own size if the image allows it. */
  readonly roi: Rect;
  /** The mask is cut to this: the box with a small margin, because hand-drawn boxes are not exact. */
  readonly limit: Rect;
}

/** Margin of the region and of the limit on each side, as a share of the box's sides. */
const surroundings = 0.5;
const margin = 0.04;

/**
 * Orders the corners of a box and cuts it to the image.
 *
 * @throws ClickmaskError `bad-box` for coordinates that are not finite, or a box outside the image
 */
export function normaliseBox(box: Box, size: Size): Box {
  const values = [box?.x1, box?.y1, box?.x2, box?.y2];
  if (!values.every((value) => Number.isFinite(value))) {
    throw unexpected('bad-box', 'box', 'four finite coordinates x1, y1, x2, y2', JSON.stringify(values));
  }
  const x1 = Math.max(0, Math.min(box.x1, box.x2));
  const y1 = Math.max(0, Math.min(box.y1, box.y2));
  const x2 = Math.min(size.width, Math.max(box.x1, box.x2));
  const y2 = Math.min(size.height, Math.max(box.y1, box.y2));
  if (x2 <= x1 || y2 <= y1) {
    throw unexpected(
      'bad-box',
      'box',
      `a box that holds a part of ${size.width} x ${size.height} px`,
      values.join(', '),
    );
  }
  return { x1, y1, x2, y2 };
}

/** @param box - ordered and inside the image, as from {@link normaliseBox} */
export function guideFromBox(box: Box, clicks: readonly Click[], size: Size): BoxGuide {
  const inside = (click: Click) => click.x >= box.x1 && click.x <= box.x2 && click.y >= box.y1 && click.y <= box.y2;
  const led = clicks.some((click) => click.label === 'positive' && inside(click));
  const middle: Click = { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2, label: 'positive' };
  return {
    clicks: led ? clicks : [middle, ...clicks],
    start: ellipse(box, size),
    roi: grow(box, surroundings, size),
    limit: grow(box, margin, size),
  };
}

function ellipse(box: Box, size: Size): MaskRuns {
  const builder = new RunBuilder(size);
  const centreX = (box.x1 + box.x2) / 2;
  const centreY = (box.y1 + box.y2) / 2;
  for (let y = Math.floor(box.y1); y < Math.ceil(box.y2); y++) {
    const dy = (y + 0.5 - centreY) / ((box.y2 - box.y1) / 2);
    if (dy * dy >= 1) continue;
    const half = (Math.sqrt(1 - dy * dy) * (box.x2 - box.x1)) / 2;
    builder.add(y, Math.max(0, Math.round(centreX - half)), Math.min(size.width, Math.round(centreX + half)));
  }
  return builder.finish();
}

function grow(box: Box, share: number, size: Size): Rect {
  const dx = (box.x2 - box.x1) * share;
  const dy = (box.y2 - box.y1) * share;
  const x = Math.max(0, Math.floor(box.x1 - dx));
  const y = Math.max(0, Math.floor(box.y1 - dy));
  return {
    x,
    y,
    width: Math.min(size.width, Math.ceil(box.x2 + dx)) - x,
    height: Math.min(size.height, Math.ceil(box.y2 + dy)) - y,
  };
}
