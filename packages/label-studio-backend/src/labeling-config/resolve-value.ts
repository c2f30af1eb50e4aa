/** The data of a task, which fills in the values of a labeling config. */
export type TaskData = Readonly<Record<string, unknown>>;

const variable = /\$[\w[\].{}]+/g;
const maxDepth = 20;

/**
 * Resolves a value of a labeling config for a task, as the editor does. `$image`, `$pages[0].url` and `$doc.scan` name
 * something of any type in the task's data. Inside a longer text they are replaced by text. A value without `$` stays.
 *
 * @returns undefined if the data has no such entry
 */
export function resolveValue(value: string, data: TaskData): unknown {
  const found = value.match(variable);
  if (found === null) return value;
  if (found[0] === value) return lookUp(data, value.slice(1));
  const parts = found.map((name) => lookUp(data, name.slice(1)));
  if (parts.some((part) => typeof part !== 'string' && typeof part !== 'number')) return undefined;
  return value.replace(variable, () => String(parts.shift()));
}

/** A key with exactly this name is tried first, then a path with dots and list indices. */
function lookUp(data: TaskData, path: string): unknown {
  if (Object.hasOwn(data, path)) return data[path];
  let value: unknown = data;
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  if (keys.length > maxDepth) return undefined;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
