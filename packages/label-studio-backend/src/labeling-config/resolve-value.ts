/** The data of a task, by which values of a labeling config are filled in. */
export type TaskData = Readonly<Record<string, unknown>>;

const variable = /\$[\w[\].{}]+/g;
const maxDepth = 20;

/**
 * What a value of a labeling config means for a task, as the editor resolves it: `$image`, `$pages[0].url` and `$doc.scan`
 * name something in the task's data, of any kind; inside a longer text they are filled in as text; what has no `$` stays.
 *
 * @returns undefined where the data has no such thing
 */
export function resolveValue(value: string, data: TaskData): unknown {
  const found = value.match(variable);
  if (found === null) return value;
  if (found[0] === value) return lookUp(data, value.slice(1));
  const parts = found.map((name) => lookUp(data, name.slice(1)));
  if (parts.some((part) => typeof part !== 'string' && typeof part !== 'number')) return undefined;
  return value.replace(variable, () => String(parts.shift()));
}

/** A key that stands in the data as it is goes first; else a path with dots and list indices. */
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
