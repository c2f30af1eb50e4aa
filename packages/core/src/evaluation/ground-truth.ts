import { expectInteger, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';

/**
 * The byte of ignored pixels.
 *
 * @example
 * ```ts
 * import { ignoreLabel, intersectionOverUnion } from '@clickmask/core/evaluation';
 *
 * const truth = { width: 2, height: 1, data: new Uint8Array([1, ignoreLabel]) };
 * const all = { width: 2, height: 1, data: new Uint8Array([1, 1]) };
 * console.log(intersectionOverUnion(truth, all)); // 1
 * ```
 */
export const ignoreLabel = 255;

/**
 * The reference for a prediction, row-major (H, W): 1 object, 255 ignore, anything else background. In an `Int8Array`,
 * -1 is the same byte as 255, so both common values for "ignore" work.
 */
export interface GroundTruth extends Size {
  readonly data: Uint8Array | Int8Array;
}

/**
 * Checks a ground truth's shape, and that it contains an object, because otherwise there is nothing to click.
 *
 * @throws ClickmaskError `bad-dataset`
 */
export function checkGroundTruth(truth: GroundTruth, name = 'the ground truth'): void {
  expectInteger('bad-dataset', `the width of ${name}`, truth?.width, 1);
  expectInteger('bad-dataset', `the height of ${name}`, truth?.height, 1);
  const { width, height, data } = truth;
  const isBytes = data instanceof Uint8Array || data instanceof Int8Array;
  if (!isBytes || data.length !== width * height) {
    throw unexpected('bad-dataset', name, `a Uint8Array or Int8Array of ${width * height} values`, data);
  }
  if (data.indexOf(1) === -1) throw unexpected('bad-dataset', name, 'at least one object pixel', 'none');
}

/** Throws `bad-dataset` unless a prediction and its ground truth have the same size. */
export function checkSameSize(truth: GroundTruth, prediction: Size): void {
  if (truth.width === prediction.width && truth.height === prediction.height) return;
  throw unexpected(
    'bad-dataset',
    'the ground truth',
    `the size of the image, ${prediction.width} x ${prediction.height}`,
    `${truth.width} x ${truth.height}`,
    'Images and masks of a data set must match pixel by pixel, with EXIF orientation applied.',
  );
}
