import type { Size } from './points.js';

/** A rectangle of whole pixels in image px: columns `x` to `x + width - 1`, rows `y` to `y + height - 1`. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** The rectangle that covers a whole image. */
export function wholeRect(size: Size): Rect {
  return { x: 0, y: 0, width: size.width, height: size.height };
}

/** Whether two rectangles cover the same pixels. */
export function sameRect(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** Intersection over union of two rectangles, 0 to 1. */
export function rectIou(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const overlap = width * height;
  return overlap / (a.width * a.height + b.width * b.height - overlap);
}
