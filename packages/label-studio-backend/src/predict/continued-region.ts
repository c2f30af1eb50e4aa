import type { MaskRuns } from '@clickmask/core';
import { isRecord, type ObjectKey, type ObjectPrompt } from '../prompts/index.js';
import { holdsMask, readMask } from '../regions/index.js';
import type { PredictTask } from '../requests/index.js';
import { resultsOf } from './task-content.js';

/** An accepted region that an annotator continues. */
export interface ContinuedRegion {
  readonly id: string;
  readonly mask: MaskRuns;
}

const mostTried = 200;
/** A click within this distance of a region is near it: a share of the image's longer side. */
const nearShare = 0.1;

/**
 * The accepted region that clicks continue: one with the same label, under the first click. If the first click is
 * negative, the nearest region beside it counts too: a negative click cannot begin an object. Later clicks add and
 * remove.
 *
 * A click inside a bitmask reaches the backend only while that region is selected, and Label Studio's editor goes blank
 * when a selected region is replaced. Bitmasks are therefore continued only from beside them.
 *
 * @returns undefined if no region is continued
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
  let nearest: ContinuedRegion | undefined;
  let least = nearShare * Math.max(size.width, size.height);
  for (const list of [task.drafts, task.annotations]) {
    for (const result of resultsOf(list)) {
      for (const region of [...result].reverse()) {
        if (!isRecord(region) || !isRecord(region.value) || typeof region.id !== 'string') continue;
        if (region.to_name !== toName || (region.item_index ?? undefined) !== itemIndex) continue;
        if (!holdsMask(region.value) || !isLabelled(region.id, label, result) || ++tried > mostTried) continue;
        // An unreadable region cannot be continued.
        const mask = await readMask(region.value, size, maxPixels).catch(() => undefined);
        if (mask === undefined) continue;
        const away = distanceTo(mask, column, row);
        if (away === 0) return isBitmask(region.value) ? undefined : { id: region.id, mask };
        if (away < least) {
          least = away;
          nearest = { id: region.id, mask };
        }
      }
    }
  }
  return nearest;
}

const isBitmask = (value: Readonly<Record<string, unknown>>) => typeof value.imageDataURL === 'string';

/** The distance from a pixel to the nearest mask pixel, in px; 0 inside. */
function distanceTo({ rows, spans, height }: MaskRuns, column: number, row: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let y = 0; y < height; y++) {
    const dy = Math.abs(y - row);
    if (dy >= least) continue;
    for (let run = rows[y]; run < rows[y + 1]; run++) {
      const dx = Math.max(0, spans[2 * run] - column, column - spans[2 * run + 1] + 1);
      least = Math.min(least, Math.hypot(dx, dy));
    }
  }
  return least;
}

/** Whether an item of the region has the label. The label may be in an item of its own. */
function isLabelled(id: string, label: string | undefined, result: readonly unknown[]): boolean {
  if (label === undefined) return true;
  return result.some((item) => {
    if (!isRecord(item) || item.id !== id || !isRecord(item.value)) return false;
    const names = item.value[String(item.type)];
    return Array.isArray(names) && names.includes(label);
  });
}
