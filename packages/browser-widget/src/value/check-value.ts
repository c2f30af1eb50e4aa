import type { MaskRuns, Size } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { checkClicks } from '@clickmask/core/session';
import type { AnnotatorValue } from './value.js';

/**
 * Refuses what is not a value, or not one of a picture of this size.
 *
 * @param size - null where there is no picture yet: then only the shape is looked at
 */
export function checkValue(value: AnnotatorValue, size: Size | null): void {
  if (!Array.isArray(value?.objects) || !('activeId' in value)) {
    throw unexpected('bad-option', 'value', '{ objects, activeId }', value);
  }
  const ids = new Set(value.objects.map(({ id }) => id));
  if (ids.size !== value.objects.length) {
    throw unexpected('bad-option', 'value.objects', 'objects with ids of their own', value.objects);
  }
  if (size === null) return;
  for (const { id, prompt, result, painted, erased } of value.objects) {
    checkClicks(prompt.clicks, size);
    for (const runs of [prompt.start, result?.runs, painted, erased]) {
      if (runs != null) checkMaskSize(runs, size, `the masks of ${id}`);
    }
  }
}

export function checkMaskSize(runs: MaskRuns, size: Size, name: string): void {
  if (runs.width === size.width && runs.height === size.height) return;
  const expected = `the picture's size, ${size.width} x ${size.height} px`;
  throw unexpected('bad-mask', name, expected, `${runs.width} x ${runs.height}`);
}
