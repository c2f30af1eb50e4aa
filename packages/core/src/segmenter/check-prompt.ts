import { type Click, checkClicks } from '../clicks/index.js';
import { ClickmaskError, unexpected } from '../errors/index.js';
import type { Box, Size } from '../geometry/index.js';
import { checkRuns, type MaskRuns, toRuns } from '../mask/index.js';
import { normaliseBox } from './box-guide.js';
import type { Prompt } from './prompt.js';

/** A checked prompt: the box's corners are ordered, and an empty starting mask is left out. */
export interface CheckedPrompt {
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  readonly mask: MaskRuns | null;
}

/** @throws ClickmaskError `no-clicks`, `bad-click`, `too-many-clicks`, `bad-box`, `bad-mask` */
export function checkPrompt(prompt: Prompt, size: Size, maxClicks: number): CheckedPrompt {
  const clicks = prompt.clicks ?? [];
  if (Array.isArray(clicks) && clicks.length > maxClicks) {
    const message = `Expected at most ${maxClicks} clicks but received ${clicks.length}. Correct the mask by hand, or raise the limit (limits.maxClicks).`;
    throw new ClickmaskError('too-many-clicks', message);
  }
  checkClicks(clicks, size);
  const box = prompt.box === undefined ? null : normaliseBox(prompt.box, size);
  if (clicks.length === 0 && box === null) {
    throw new ClickmaskError(
      'no-clicks',
      'Expected at least one click or a box but received none. Click on the object.',
    );
  }
  let mask: MaskRuns | null = null;
  if (prompt.mask !== undefined) {
    mask = toRuns(prompt.mask);
    checkRuns(mask);
    if (mask.width !== size.width || mask.height !== size.height) {
      const expected = `a mask of the image's size, ${size.width} x ${size.height} px`;
      throw unexpected('bad-mask', 'prompt.mask', expected, `${mask.width} x ${mask.height} px`);
    }
    if (mask.spans.length === 0) mask = null;
  }
  return { clicks, box, mask };
}
