import { describe, unexpected } from '../errors/index.js';
import type { ImagePoint, Size } from '../geometry/index.js';

export type ClickLabel = 'positive' | 'negative';

/** A click in image px. A positive one lies on the object, a negative one beside it. */
export interface Click extends ImagePoint {
  readonly label: ClickLabel;
}

/**
 * A click as callers write it. The label may be any string for the type checker, so that a variable `const click = { x,
 * y, label: 'positive' }` is accepted. A label outside {@link ClickLabel} is the error `bad-click`.
 */
export interface ClickInput extends ImagePoint {
  readonly label: ClickLabel | (string & {});
}

/**
 * Checks clicks from outside: finite coordinates inside the image, and a known label. A coordinate equal to the width
 * or height counts as inside, because it is the edge of the last pixel.
 *
 * @throws ClickmaskError `bad-click`
 *
 * @example
 * ```ts
 * import { isClickmaskError } from '@clickmask/core';
 * import { checkClicks } from '@clickmask/core/session';
 *
 * try {
 *   checkClicks([{ x: 700, y: 10, label: 'positive' }], { width: 640, height: 480 });
 * } catch (error) {
 *   console.log(isClickmaskError(error, 'bad-click')); // true
 * }
 * ```
 */
export function checkClicks(clicks: unknown, size: Size): asserts clicks is readonly Click[] {
  if (!Array.isArray(clicks)) throw unexpected('bad-click', 'clicks', 'an array of clicks', clicks);
  for (const [index, click] of (clicks as readonly unknown[]).entries()) {
    const name = `clicks[${index}]`;
    if (typeof click !== 'object' || click === null) throw unexpected('bad-click', name, '{ x, y, label }', click);
    const { x, y, label } = click as Record<string, unknown>;
    if (label !== 'positive' && label !== 'negative') {
      throw unexpected('bad-click', `${name}.label`, "'positive' or 'negative'", label);
    }
    const inside = (value: unknown, limit: number) => typeof value === 'number' && value >= 0 && value <= limit;
    if (!inside(x, size.width) || !inside(y, size.height)) {
      const received = `(${describe(x)}, ${describe(y)})`;
      throw unexpected('bad-click', name, `a point inside the image of ${size.width} x ${size.height} px`, received);
    }
  }
}

/**
 * The pixel under a point in image px, clamped to the image.
 *
 * @example
 * ```ts
 * import { clickPixel } from '@clickmask/core/models';
 *
 * console.log(clickPixel({ x: 10.7, y: 480 }, { width: 640, height: 480 })); // { column: 10, row: 479 }
 * ```
 */
export function clickPixel(point: ImagePoint, size: Size): { readonly column: number; readonly row: number } {
  return {
    column: Math.min(size.width - 1, Math.max(0, Math.floor(point.x))),
    row: Math.min(size.height - 1, Math.max(0, Math.floor(point.y))),
  };
}
