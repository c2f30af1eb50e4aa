import { unexpected } from '@clickmask/core/errors';

/**
 * What CVAT's user interface can read:
 * - `mask`: every pixel of the frame as rows of 0 and 1, with the outline as `points`. Works in every CVAT since 2.3, and is
 *   large: twice the frame's pixels in bytes.
 * - `mask-bounds`: the rows of the mask's own rectangle, and the rectangle. CVAT 2.7 to 2.54.
 * - `shapes`: runs, rectangle and confidence, a thousandth of the size. CVAT 2.72 and later.
 */
export type ReplyFormat = 'mask' | 'mask-bounds' | 'shapes';

/** All forms of replies. */
export const replyFormats: readonly ReplyFormat[] = Object.freeze(['mask', 'mask-bounds', 'shapes']);

/** Throws `bad-option` unless the value is one of {@link replyFormats}. */
export function checkReplyFormat(value: unknown): asserts value is ReplyFormat {
  if (!(replyFormats as readonly unknown[]).includes(value)) {
    throw unexpected('bad-option', 'reply', replyFormats.map((format) => `'${format}'`).join(', '), value);
  }
}

/**
 * The smallest reply that a CVAT version is known to read. Versions between 2.54 and 2.72, where the change was made, and
 * unknown ones get `mask`, which all of them read.
 *
 * @param version - as `GET /api/server/about` tells it, such as `2.54.1-alpha`
 *
 * @example
 * ```ts
 * import { replyFormatFor } from '@clickmask/cvat-serverless';
 *
 * console.log(replyFormatFor('2.41.0')); // mask-bounds
 * console.log(replyFormatFor('2.60.0')); // mask
 * console.log(replyFormatFor('2.72.0')); // shapes
 * ```
 */
export function replyFormatFor(version: string): ReplyFormat {
  const match = /^v?(\d+)\.(\d+)/.exec(version.trim());
  if (match === null) return 'mask';
  const release = Number(match[1]) * 1000 + Number(match[2]);
  if (release >= 2072) return 'shapes';
  if (release >= 2007 && release <= 2054) return 'mask-bounds';
  return 'mask';
}
