import { unexpected } from '@clickmask/core/errors';

/**
 * What CVAT's user interface can read:
 * - `mask`: every pixel of the frame as rows of 0 and 1, with the outline as `points`. Works in every CVAT since 2.3, and is
 *   large: twice the frame's pixels in bytes.
 * - `mask-bounds`: the rows of the mask's own rectangle, and the rectangle. CVAT 2.7 to 2.59.
 * - `shapes`: runs, rectangle and confidence, a thousandth of the size. CVAT 2.60 and later.
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
