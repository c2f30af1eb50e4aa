import { isRecord } from '../prompts/index.js';
import type { ConfigRepair } from './config-repair.js';

type Item = Readonly<Record<string, unknown>>;

/**
 * The result of an annotation as it should be: without the items of click tools beside a mask, and with labels where the
 * mended config has them. Items that it does not know stay as they are, in their order.
 *
 * @returns undefined where nothing has to change
 */
export function repairResult(result: readonly unknown[], repair: ConfigRepair): unknown[] | undefined {
  const items = result.filter(isRecord);
  const masks = new Set(items.filter((item) => isShape(item) && !isOfPrompt(item, repair)).map(({ id }) => id));
  const labelled = new Set(items.filter((item) => item.from_name === repair.labels).map(({ id }) => id));
  const mended = result.flatMap((item) => {
    if (!isRecord(item)) return [item];
    if (isOfPrompt(item, repair) && masks.has(item.id)) return [];
    const type = repair.bare.get(String(item.from_name));
    return type === undefined || item.type === type ? [item] : bare(item, type, repair.labels, labelled);
  });
  return mended.length === result.length && mended.every((item, i) => item === result[i]) ? undefined : mended;
}

const isOfPrompt = ({ from_name: name }: Item, { prompts }: ConfigRepair) => prompts.has(String(name));

/** Whether an item says by itself what is drawn, rather than only how a region is labelled. */
function isShape({ value }: Item): boolean {
  return isRecord(value) && ['rle', 'imageDataURL', 'points', 'x', 'vertices'].some((key) => Object.hasOwn(value, key));
}

/** An item of a tool with labels as one without, and its label as an item of the `<Labels>` tag. */
function bare(item: Item, type: string, labels: string | undefined, labelled: ReadonlySet<unknown>): Item[] {
  const value = isRecord(item.value) ? item.value : {};
  const { [String(item.type)]: names, ...geometry } = value;
  const own = { ...item, type, value: geometry };
  if (labels === undefined || labelled.has(item.id) || !Array.isArray(names)) return [own];
  const { score, meta, parentID, ...frame } = item;
  return [own, { ...frame, from_name: labels, type: 'labels', value: { ...geometry, labels: names } }];
}
