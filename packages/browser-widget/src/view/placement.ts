import type { StagePoint } from './viewport.js';

/** Where a rectangle's corners appear: top left, top right, bottom right, bottom left. */
export type Corners = readonly [StagePoint, StagePoint, StagePoint, StagePoint];

/** Converts a rectangle's own px to screen px, and back. */
export interface Plane {
  toSeen(point: StagePoint): StagePoint;
  toOwn(point: StagePoint): StagePoint;
}

/**
 * The projective map between a rectangle's own px and its four corners on the screen. It covers moving, scaling,
 * rotating, mirroring, skewing and tilting (P. Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989,
 * section 2.2.3).
 *
 * @returns null if the rectangle is seen edge-on, so that its points coincide
 */
export function planeOf(width: number, height: number, [p0, p1, p2, p3]: Corners): Plane | null {
  const dx1 = p1.x - p2.x;
  const dy1 = p1.y - p2.y;
  const dx2 = p3.x - p2.x;
  const dy2 = p3.y - p2.y;
  const dx3 = p0.x - p1.x + p2.x - p3.x;
  const dy3 = p0.y - p1.y + p2.y - p3.y;
  const area = dx1 * dy2 - dx2 * dy1;
  if (width <= 0 || height <= 0 || Math.abs(area) < 1e-3) return null;
  const g = (dx3 * dy2 - dx2 * dy3) / area;
  const h = (dx1 * dy3 - dx3 * dy1) / area;
  const a = p1.x - p0.x + g * p1.x;
  const b = p3.x - p0.x + h * p3.x;
  const d = p1.y - p0.y + g * p1.y;
  const e = p3.y - p0.y + h * p3.y;
  return {
    toSeen({ x, y }) {
      const u = x / width;
      const v = y / height;
      const w = g * u + h * v + 1;
      return { x: (a * u + b * v + p0.x) / w, y: (d * u + e * v + p0.y) / w };
    },
    toOwn({ x, y }) {
      // The inverse up to a factor, which the division cancels.
      const u = (e - h * p0.y) * x + (h * p0.x - b) * y + (b * p0.y - e * p0.x);
      const v = (g * p0.y - d) * x + (a - g * p0.x) * y + (d * p0.x - a * p0.y);
      const w = (d * h - e * g) * x + (b * g - a * h) * y + (a * e - b * d);
      return { x: (u / w) * width, y: (v / w) * height };
    },
  };
}

/** Converts between the window and an element's padding box, with all transforms between them. */
export interface Placement {
  /** Null if the element is not visible. */
  toElement(point: StagePoint): StagePoint | null;
  toWindow(point: StagePoint): StagePoint;
}

/** Puts markers without size into the corners of an element. Browsers report their positions with all transforms. */
export function createPlacement(element: HTMLElement): Placement {
  const marks = ['left-top', 'right-top', 'right-bottom', 'left-bottom'].map((corner) => {
    const mark = document.createElement('i');
    mark.className = `corner ${corner.replace('-', ' ')}`;
    mark.setAttribute('aria-hidden', 'true');
    element.append(mark);
    return mark;
  });
  const plane = (): Plane | null => {
    const corners = marks.map((mark) => mark.getBoundingClientRect()) as unknown as Corners;
    return planeOf(element.clientWidth, element.clientHeight, corners);
  };
  return {
    toElement: (point) => plane()?.toOwn(point) ?? null,
    toWindow: (point) => plane()?.toSeen(point) ?? element.getBoundingClientRect(),
  };
}
