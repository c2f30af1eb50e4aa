import type { LabelingConfig } from '../labeling-config/index.js';
import { groupObjects, type Item, type ObjectKey, type ObjectPrompt, type PointGrouping } from '../prompts/index.js';
import type { PredictTask } from '../requests/index.js';
import type { ContinuedRegion } from './continued-region.js';
import { findPicture } from './find-picture.js';

/** One object to segment, in the image with this address. */
export interface Work {
  readonly key: ObjectKey;
  readonly object: ObjectPrompt;
  readonly picture: string;
  /** The accepted region that it continues. */
  readonly continued?: ContinuedRegion;
}

/** Who clicks. The same for all objects of a request. */
export type Asker = Pick<ObjectKey, 'project' | 'task' | 'user'>;

/**
 * Groups clicks and boxes into objects, each with its image.
 *
 * @param complete - adds what earlier requests said about the same image and label
 * @throws Problem `no-image-tag`, `picture-missing`
 */
export function planWorks(
  items: readonly Item[],
  asker: Asker,
  config: LabelingConfig,
  data: PredictTask['data'],
  complete: (key: ObjectKey, items: readonly Item[]) => readonly Item[],
  points?: PointGrouping,
): Work[] {
  const works: Work[] = [];
  for (const [key, group] of groupByLabel(items, asker)) {
    const { value } = findPicture(config, key.toName, key.itemIndex, data);
    for (const object of groupObjects(complete(key, group), points)) works.push({ key, object, picture: value });
  }
  return works;
}

/** Groups items by image and label. Clicks without a label belong to the current object. */
function groupByLabel(items: readonly Item[], asker: Asker): Map<ObjectKey, Item[]> {
  const byName = new Map<string, { key: ObjectKey; items: Item[] }>();
  for (const item of items) {
    const key: ObjectKey = { ...asker, toName: item.toName, itemIndex: item.itemIndex, label: item.label };
    const name = JSON.stringify([key.toName, key.itemIndex, key.label]);
    const group = byName.get(name);
    if (group === undefined) byName.set(name, { key, items: [item] });
    else group.items.push(item);
  }
  return new Map([...byName.values()].map((group) => [group.key, group.items]));
}
