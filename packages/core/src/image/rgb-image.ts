import { expectInteger, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';

/** An upright picture: three bytes per pixel (R, G, B), row-major (H, W, 3), sRGB, without alpha. */
export interface RgbImage extends Size {
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** An image, possibly reduced to fewer pixels. */
export interface ReducedImage extends RgbImage {
  /** Size of the full image in image px, if this one is reduced. */
  readonly full?: Size;
  /** Notes on how the file was read. */
  readonly notes?: readonly string[];
}

/**
 * Checks the shape of an untrusted image.
 *
 * @param maxPixels - largest accepted `width * height`
 * @throws ClickmaskError `bad-image` for a wrong shape, `image-too-large` above the limit
 */
export function checkImage(image: RgbImage, maxPixels = Number.MAX_SAFE_INTEGER): void {
  expectInteger('bad-image', 'image.width', image?.width, 1);
  expectInteger('bad-image', 'image.height', image?.height, 1);
  checkPixels(image, maxPixels);
  const pixels = image.width * image.height;
  const isBytes = image.data instanceof Uint8Array || image.data instanceof Uint8ClampedArray;
  if (!isBytes || image.data.length !== pixels * 3) {
    throw unexpected('bad-image', 'image.data', `${pixels * 3} bytes of R, G, B`, image.data);
  }
}

/** Throws `image-too-large` if an image has too many pixels. */
export function checkPixels({ width, height }: Size, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  const advice = 'Scale it down, or raise the limit (limits.maxPixels, --max-pixels).';
  throw unexpected('image-too-large', 'the image', `at most ${maxPixels} pixels`, `${width} x ${height}`, advice);
}

/**
 * Removes the alpha channel of canvas pixels by laying them over white, as viewers do.
 *
 * @param rgba - `width * height * 4` bytes, not premultiplied, as `ImageData` holds them
 * @throws ClickmaskError `bad-image` for a wrong shape
 *
 * @example
 * ```ts
 * import { rgbFromRgba } from '@clickmask/core';
 *
 * const image = rgbFromRgba({ width: 1, height: 1, data: new Uint8ClampedArray([10, 20, 30, 255]) });
 * console.log([...image.data]); // [10, 20, 30]
 * ```
 */
export function rgbFromRgba(rgba: Size & { readonly data: Uint8Array | Uint8ClampedArray }): RgbImage {
  expectInteger('bad-image', 'rgba.width', rgba?.width, 1);
  expectInteger('bad-image', 'rgba.height', rgba?.height, 1);
  const { width, height, data } = rgba;
  const pixels = width * height;
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!isBytes || data.length !== pixels * 4) {
    throw unexpected('bad-image', 'rgba.data', `${pixels * 4} bytes of R, G, B, A`, data);
  }
  const out = new Uint8Array(pixels * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3];
    if (alpha === 255) {
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    } else {
      const rest = 255 * (255 - alpha);
      out[to] = (data[from] * alpha + rest + 127) / 255;
      out[to + 1] = (data[from + 1] * alpha + rest + 127) / 255;
      out[to + 2] = (data[from + 2] * alpha + rest + 127) / 255;
    }
  }
  return { width, height, data: out };
}
