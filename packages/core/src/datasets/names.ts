import { ClickmaskError } from '../errors/index.js';

/**
 * Makes an image's name a path that stays inside a folder. An address becomes host and path. Removes drives, `..`, and
 * characters that file systems refuse.
 */
export function safePath(name: string): string {
  const [path] = /^[a-z][a-z0-9+.-]*:\/\//i.test(name) ? name.replace(/^[^:]*:\/\//, '').split(/[?#]/) : [name];
  const parts = path
    .split(/[\\/]+/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .map((part) => part.replace(/[\u0000-\u001f<>:"|?*]/g, '_').replace(/[. ]+$/, ''))
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.length === 0 ? 'picture' : parts.join('/').slice(-400);
}

/** A path without its file extension. */
export function stemOf(path: string): string {
  return path.replace(/(?<=[^/])\.[^./]*$/, '');
}

/** The last part of a path. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder of a path with a trailing `/`, or an empty text. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** Gives each image a unique stem for its files. If two would share one, the later keeps its extension in the stem. */
export function createStems(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const path = safePath(name);
    const stem = stemOf(path);
    let free = taken.has(stem.toLowerCase()) ? path : stem;
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${path}-${i}`;
    taken.add(free.toLowerCase());
    return free;
  };
}

/** Class numbers by name, in the given order, then in the order of appearance. */
export interface ClassNumbers {
  readonly names: readonly string[];
  numberOf(name: string): number;
}

export function createClassNumbers(given: readonly string[] = []): ClassNumbers {
  const names = [...given];
  const numbers = new Map(names.map((name, i) => [name, i]));
  if (numbers.size < names.length) {
    throw new ClickmaskError('bad-option', 'Expected each class once in the list of classes.');
  }
  return {
    names,
    numberOf(name) {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, names.length);
      names.push(name);
      return names.length - 1;
    },
  };
}
