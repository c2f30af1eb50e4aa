declare const frame: unique symbol;

/**
 * A point in image px: sub-pixel coordinates in the upright (EXIF applied) image, with the origin at the top-left
 * corner and pixel centres at +0.5. An image of width W spans x from 0 to W. A plain `{ x, y }` is one; an {@link
 * InputPoint} is not, so that the two frames cannot be mixed.
 */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
  readonly [frame]?: 'image';
}

/** A point in input px: the network's own grid, origin at the top-left corner, pixel centre at +0.5. */
export interface InputPoint {
  readonly x: number;
  readonly y: number;
  readonly [frame]?: 'input';
}

/** Sizes are named and never positional, because a (height, width) pair is easily swapped. */
export interface Size {
  readonly width: number;
  readonly height: number;
}
