import { expectInteger, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';

/** A binary picture: one byte per pixel, 0 or 1, row-major (H, W). */
export interface Mask extends Size {
  readonly data: Uint8Array;
}

/**
 * An empty mask of the given size.
 *
 * @throws ClickmaskError `bad-mask` if a side is not a whole number ≥ 1
 *
 * @example
 * ```ts
 * import { createMask } from '@clickmask/core/masks';
 *
 * console.log(createMask(8, 6).data.length); // 48
 * ```
 */
export function createMask(width: number, height: number): Mask {
  expectInteger('bad-mask', 'width', width, 1);
  expectInteger('bad-mask', 'height', height, 1);
  return { width, height, data: new Uint8Array(width * height) };
}

/**
 * Throws `bad-mask` unless the value has the shape of a {@link Mask}. The bytes are not checked.
 *
 * @example
 * ```ts
 * import { checkMask, createMask } from '@clickmask/core/masks';
 *
 * checkMask(createMask(8, 6));
 * ```
 */
export function checkMask(mask: Mask): void {
  expectInteger('bad-mask', 'mask.width', mask?.width, 1);
  expectInteger('bad-mask', 'mask.height', mask?.height, 1);
  if (!(mask.data instanceof Uint8Array) || mask.data.length !== mask.width * mask.height) {
    throw unexpected('bad-mask', 'mask.data', `a Uint8Array of ${mask.width * mask.height} values`, mask.data);
  }
}
