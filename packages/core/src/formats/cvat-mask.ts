import { bounds, cropMask, type Mask, type MaskRuns, pasteMask, toRuns } from '../mask/index.js';
import { badFormat, type Codec, isRecord, type ParseOptions, requireSize } from './codec.js';
import { runLengths, runsFromLengths } from './run-lengths.js';

const NAME = 'CVAT mask';

/**
 * `points` of a CVAT shape of type `mask`: alternating lengths of unset and set pixels, row by row in the mask's
 * bounding box, then left, top, right and bottom of the box, inclusive. An empty mask is an empty array; CVAT itself
 * has no shapes without pixels.
 *
 * `parse` accepts the points, or a shape with them.
 *
 * @example
 * ```ts
 * import { cvatMask } from '@clickmask/core/formats';
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 6 };
 * const points = cvatMask.serialize(rectRuns(size, { x: 1, y: 2, width: 3, height: 2 }));
 * console.log(points.join(' ')); // 0 6 1 2 3 3
 * console.log(area(cvatMask.parse(points, { size }))); // 6
 * ```
 */
export const cvatMask: Codec<number[]> = Object.freeze({
  name: 'cvat-mask',
  mediaType: 'application/json',
  needsSize: true,
  isOutline: false,
  serialize(mask: Mask | MaskRuns): number[] {
    const runs = toRuns(mask);
    const box = bounds(runs);
    if (box === null) return [];
    const points = runLengths(cropMask(runs, box));
    points.push(box.x, box.y, box.x + box.width - 1, box.y + box.height - 1);
    return points;
  },
  parse(value: unknown, options: ParseOptions = {}): MaskRuns {
    const size = requireSize(NAME, options);
    const points = isRecord(value) ? value.points : value;
    if (!Array.isArray(points)) throw badFormat(NAME, 'points', 'an array of numbers', points);
    if (points.length === 0) return runsFromLengths(NAME, [size.width * size.height], size);
    if (points.length < 5) throw badFormat(NAME, 'points', 'run lengths and four box numbers', points);
    const [left, top, right, bottom] = points.slice(-4) as unknown[];
    checkEdge('left', left, 0, size.width - 1);
    checkEdge('top', top, 0, size.height - 1);
    checkEdge('right', right, left, size.width - 1);
    checkEdge('bottom', bottom, top, size.height - 1);
    const box = { width: right - left + 1, height: bottom - top + 1 };
    return pasteMask(runsFromLengths(NAME, points.slice(0, -4), box), size, left, top);
  },
});

function checkEdge(name: string, value: unknown, min: number, max: number): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw badFormat(NAME, name, `a whole number from ${min} to ${max}`, value);
  }
}
