import { isRecord } from '../prompts/index.js';
import type { ConfigRepair } from './config-repair.js';

type Item = Readonly<Record<string, unknown>>;

/**
 * Repairs the result of an annotation: drops the items of click tools beside a mask, and moves labels to where the
 * repaired config has them. Unknown items stay unchanged and in order.
 *
 * @returns undefined if nothing changes
 */
export function repairResult(result: readonly unknown[], repair: ConfigRepair): unknown[] | undefined {
  const items = result.filter(isRecord);
  const masks = new Set(items.filter((item) => isShape(item) && !isOfPrompt(item, repair)).map(({ id }) => id));
  const tags = new Set(repair.labels.values());
  const labelled = new Set(items.filter((item) => tags.has(nameOf(item, repair).name)).map(({ id }) => id));
  const mended = result.flatMap((item) => {
    if (!isRecord(item)) return [item];
    if (isOfPrompt(item, repair) && masks.has(item.id)) return [];
    const { name, index } = nameOf(item, repair);
    const type = repair.bare.get(name);
    const tag = repair.labels.get(name);
    const labels = index === '' ? tag : tag?.replaceAll(repair.indexFlag ?? '', index);
    return type === undefined || item.type === type ? [item] : bare(item, type, labels, labelled);
  });
  return mended.length === result.length && mended.every((item, i) => item === result[i]) ? undefined : mended;
}

const isOfPrompt = (item: Item, repair: ConfigRepair) => repair.prompts.has(nameOf(item, repair).name);

/** The control of an item and the `<Repeater>` index, where `mask_0` comes from `mask_{{idx}}` in the config. */
function nameOf({ from_name: from }: Item, { prompts, bare, labels, indexFlag }: ConfigRepair) {
  const own = String(from);
  for (const name of indexFlag === undefined ? [] : [...prompts, ...bare.keys(), ...labels.values()]) {
    const [before, ...rest] = name.split(indexFlag ?? '');
    const index = /^\d{1,9}/.exec(own.slice(before.length))?.[0];
    if (rest.length > 0 && index !== undefined && own === [before, ...rest].join(index)) return { name, index };
  }
  return { name: own, index: '' };
}

/** Whether an item has a shape of its own, and not only the label of a region. */
function isShape({ value }: Item): boolean {
  return isRecord(value) && ['rle', 'imageDataURL', 'points', 'x', 'vertices'].some((key) => Object.hasOwn(value, key));
}

/** Splits an item of a labelled tool: one item without the label, and the label as an item of the `<Labels>` tag. */
function bare(item: Item, type: string, labels: string | undefined, labelled: ReadonlySet<unknown>): Item[] {
  const value = isRecord(item.value) ? item.value : {};
  const { [String(item.type)]: names, ...geometry } = value;
  const own = { ...item, type, value: geometry };
  if (labels === undefined || labelled.has(item.id) || !Array.isArray(names)) return [own];
  const { score, meta, parentID, ...frame } = item;
  return [own, { ...frame, from_name: labels, type: 'labels', value: { ...geometry, labels: names } }];
}
