import { nearBox } from './prompt-memory.js';
import type { BoxItem, Item, PointItem } from './read-prompts.js';

/** The prompts that describe one object. */
export interface ObjectPrompt {
  readonly points: readonly PointItem[];
  readonly box?: BoxItem;
  /** The earliest item. The object's region takes its id from it. */
  readonly anchor: Item;
}

/** How keypoints without a box are read: as clicks on one object, or as one object each. */
export type PointGrouping = 'object' | 'each';

/**
 * Groups the clicks and boxes of one label into objects.
 *
 * Every box is an object. A click belongs to the smallest box that contains it or is near it. The other clicks describe
 * one more object; with `each`, every positive one of them is an object. If they are all negative and there is only one
 * box, they belong to that box.
 */
export function groupObjects(items: readonly Item[], points: PointGrouping = 'object'): ObjectPrompt[] {
  const boxes = items.filter((item): item is BoxItem => item.kind === 'box');
  const clicks = items.filter((item): item is PointItem => item.kind === 'point');
  const size = (box: BoxItem) => (box.x2 - box.x1) * (box.y2 - box.y1);
  const bySize = [...boxes].sort((a, b) => size(a) - size(b));
  const ofBox = new Map<BoxItem, PointItem[]>(boxes.map((box) => [box, []]));
  const free: PointItem[] = [];
  for (const click of clicks) {
    const box = bySize.find((one) => nearBox(click, one));
    if (box === undefined) free.push(click);
    else ofBox.get(box)?.push(click);
  }
  if (boxes.length === 1 && free.every((click) => !click.positive)) ofBox.get(boxes[0])?.push(...free.splice(0));
  const order = new Map(items.map((item, index) => [item, index]));
  const first = (...candidates: Item[]) =>
    candidates.reduce((best, item) => ((order.get(item) ?? 0) < (order.get(best) ?? 0) ? item : best));
  const objects: ObjectPrompt[] = boxes.map((box) => {
    const own = ofBox.get(box) ?? [];
    return { box, points: own, anchor: first(box, ...own) };
  });
  if (free.length === 0) return objects;
  if (points === 'each') {
    const negatives = free.filter((click) => !click.positive);
    for (const click of free) {
      if (click.positive) objects.push({ points: [click, ...negatives], anchor: click });
    }
    if (negatives.length < free.length) return objects;
  }
  // The first positive click comes first, so that the region keeps its id.
  const lead = free.find((click) => click.positive) ?? free[0];
  objects.push({ points: free, anchor: lead });
  return objects;
}
