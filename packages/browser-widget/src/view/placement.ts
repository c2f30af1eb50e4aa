import type { StagePoint } from './viewport.js';

/**
 * From the window to an element and back, where its border, and transforms of it or of what holds it, lie between them:
 * those move and scale what is seen, and leave the element's own px alone.
 */
export function toElement(element: HTMLElement, { x, y }: StagePoint): StagePoint {
  const { left, top, across, down } = placement(element);
  return { x: (x - left) / across - element.clientLeft, y: (y - top) / down - element.clientTop };
}

export function toWindow(element: HTMLElement, { x, y }: StagePoint): StagePoint {
  const { left, top, across, down } = placement(element);
  return { x: left + (x + element.clientLeft) * across, y: top + (y + element.clientTop) * down };
}

function placement(element: HTMLElement) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { left, top, across: scale(width, element.offsetWidth), down: scale(height, element.offsetHeight) };
}

/** The element's own size is rounded: below a px, nothing is scaled. */
function scale(seen: number, own: number): number {
  return own === 0 || Math.abs(seen - own) < 1 ? 1 : seen / own;
}
