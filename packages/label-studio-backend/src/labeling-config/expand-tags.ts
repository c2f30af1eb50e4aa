import { Problem } from '../problems/index.js';
import { attribute, type ConfigTag, flatten } from './parse-xml.js';
import { resolveValue, type TaskData } from './resolve-value.js';

/** Maximum number of tags after expansion, so that a list of ten thousand pages does not make a million tags. */
const maxTags = 50_000;
const maxDepth = 256;

/** Whether a config depends on the task's data: it has a `<Repeater>`, or labels from the data. */
export function dependsOnTask(root: ConfigTag): boolean {
  return flatten(root).some((tag) => isRepeater(tag) || dynamicLabels(tag) !== undefined);
}

/**
 * All tags of a config in document order, as the editor builds them for a task. The content of a `<Repeater
 * on="$pages">` is repeated for each page, with `{{idx}}` (or its `indexFlag`) replaced by 0, 1, …. The labels of
 * `<BrushLabels value="$labels">` come from the task's data.
 *
 * @throws Problem `bad-labeling-config` if there are too many tags
 */
export function expandTags(root: ConfigTag, data: TaskData | undefined): ConfigTag[] {
  return flatten(data === undefined ? root : expand(root, data, { left: maxTags }, 0));
}

interface Budget {
  left: number;
}

function expand(tag: ConfigTag, data: TaskData, budget: Budget, depth: number): ConfigTag {
  if (--budget.left < 0 || depth > maxDepth) {
    throw new Problem('bad-labeling-config', `Expected at most ${maxTags} tags for one task in the labeling config.`);
  }
  const inside = (child: ConfigTag) => expand(child, data, budget, depth + 1);
  if (isRepeater(tag)) return { ...tag, children: repeated(tag, data, budget, depth) };
  const labels = dynamicLabels(tag);
  const own = labels === undefined ? [] : labelsOf(resolveValue(labels, data), budget, depth);
  return { ...tag, children: [...tag.children.map(inside), ...own] };
}

function repeated(tag: ConfigTag, data: TaskData, budget: Budget, depth: number): ConfigTag[] {
  const list = resolveValue(attribute(tag, 'on') ?? '', data);
  const flag = attribute(tag, 'indexflag') || '{{idx}}';
  if (!Array.isArray(list)) return [];
  return list.flatMap((_item, index) =>
    tag.children.map((child) => expand(withIndex(child, flag, String(index)), data, budget, depth + 1)),
  );
}

/** A nested `<Repeater>` has its own flag, so the outer index can be filled in everywhere first. */
function withIndex(tag: ConfigTag, flag: string, index: string): ConfigTag {
  const attributes: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(tag.attributes)) attributes[name] = value.replaceAll(flag, index);
  return { name: tag.name, attributes, children: tag.children.map((child) => withIndex(child, flag, index)) };
}

/** Objects with a `value` and optionally an `alias`; plain strings are accepted too. */
function labelsOf(list: unknown, budget: Budget, depth: number): ConfigTag[] {
  if (!Array.isArray(list) || depth > maxDepth) return [];
  return list.flatMap((entry: unknown) => {
    if (--budget.left < 0) {
      throw new Problem('bad-labeling-config', `Expected at most ${maxTags} labels for one task.`);
    }
    if (typeof entry === 'string') return [{ name: 'Label', attributes: { value: entry }, children: [] }];
    if (typeof entry !== 'object' || entry === null) return [];
    const { value, alias } = entry as Readonly<Record<string, unknown>>;
    if (typeof value !== 'string') return [];
    const attributes: Record<string, string> = typeof alias === 'string' ? { value, alias } : { value };
    return [{ name: 'Label', attributes, children: [] }];
  });
}

const isRepeater = (tag: ConfigTag) => tag.name.toLowerCase() === 'repeater';

/** The path in the task's data of a tag's labels. */
function dynamicLabels(tag: ConfigTag): string | undefined {
  if (!tag.name.toLowerCase().endsWith('labels')) return undefined;
  const value = attribute(tag, 'value');
  return value?.startsWith('$') === true ? value : undefined;
}
