import type { MaskRuns } from '@clickmask/core';
import { isSet } from '@clickmask/core/masks';
import { isRecord, type ObjectKey, type ObjectPrompt } from '../prompts/index.js';
import { holdsMask, readMask } from '../regions/index.js';
import type { PredictTask } from '../requests/index.js';
import { resultsOf } from './task-content.js';

/** An accepted region that an annotator goes on with. */
export interface ContinuedRegion {
  readonly id: string;
  readonly mask: MaskRuns;
}

const mostTried = 200;

/**
 * The accepted region that clicks go on with: of the same label, under their first click, where that is a negative one. A
 * negative click begins no object, so it can mean nothing else; the clicks after it add and take away.
 *
 * @returns undefined where a new object is begun
 */
export async function findContinued(
  task: PredictTask,
  { toName, itemIndex, label }: Omit<ObjectKey, 'project' | 'task'>,
  { points, box }: ObjectPrompt,
  maxPixels: number,
): Promise<ContinuedRegion | undefined> {
  const [first] = points;
  const size = first?.imageSize;
  if (box !== undefined || first === undefined || first.positive || size === undefined) return undefined;
  const column = Math.min(size.width - 1, Math.floor((first.x / 100) * size.width));
  const row = Math.min(size.height - 1, Math.floor((first.y / 100) * size.height));
  let tried = 0;
  for (const list of [task.drafts, task.annotations]) {
    for (const result of resultsOf(list)) {
      for (const region of [...result].reverse()) {
        if (!isRecord(region) || !isRecord(region.value) || typeof region.id !== 'string') continue;
        if (region.to_name !== toName || (region.item_index ?? undefined) !== itemIndex) continue;
        if (!holdsMask(region.value) || !isLabelled(region.id, label, result) || ++tried > mostTried) continue;
        // A region that cannot be read is none to go on with.
        const mask = await readMask(region.value, size, maxPixels).catch(() => undefined);
        if (mask !== undefined && isSet(mask, column, row)) return { id: region.id, mask };
      }
    }
  }
  return undefined;
}

/** Whether an item of the region names the label, which may stand in one of its own. */
function isLabelled(id: string, label: string | undefined, result: readonly unknown[]): boolean {
  if (label === undefined) return true;
  return result.some((item) => {
    if (!isRecord(item) || item.id !== id || !isRecord(item.value)) return false;
    const names = item.value[String(item.type)];
    return Array.isArray(names) && names.includes(label);
  });
}
