import { unexpected } from '@clickmask/core/errors';
import type { ImagePoint } from '@clickmask/core/masks';
import { coded } from './errors.js';

// A page's script passes what it likes, whatever the types say. Each check returns what it was given, or throws a
// ClickmaskError `bad-option`.

function take<T>(value: T, fits: boolean, name: string, expected: string): T {
  if (fits) return value;
  throw unexpected('bad-option', name, expected, value);
}

/** An id, class or key. Null and undefined stay. */
export function takeText<T extends string | null | undefined>(name: string, text: T): T {
  return take(text, text == null || typeof text === 'string', name, 'a text');
}

/** The place of a click in its object. */
export function takeIndex(index: number): number {
  return take(index, Number.isInteger(index) && index >= 0, 'index', 'a whole number of at least 0');
}

/** A point in image px, as a copy. */
export function takePoint(point: ImagePoint): ImagePoint {
  const { x, y } = point ?? {};
  take(point, Number.isFinite(x) && Number.isFinite(y), 'a point', '{ x, y }');
  return { x, y };
}

export function takePoints(points: readonly ImagePoint[]): readonly ImagePoint[] {
  // Array.from, as a list with holes has to be seen whole.
  return Array.from(take(points, Array.isArray(points), 'points', 'a list of { x, y }'), takePoint);
}

export function takeRadius(radius: number): number {
  return take(radius, Number.isFinite(radius) && radius >= 0, 'radius', 'a number of at least 0');
}

/** One of a few words. */
export function takeWord<T extends string>(name: string, word: T, ...words: readonly T[]): T {
  return take(word, words.includes(word), name, words.join(' or '));
}

/** An object of options. None of them where it is left out. */
export function takeOptions<T extends object>(options: T | undefined): Partial<T> {
  const given: unknown = options === undefined ? {} : options;
  return take(given, typeof given === 'object' && given !== null, 'options', 'an object') as Partial<T>;
}

/** The key among the options of a call that shows an image. */
export function keyIn(options: { readonly key?: string } | undefined): string | undefined {
  return takeText('key', takeOptions(options).key) ?? undefined;
}

export function takeFunction<T>(name: string, given: T): T {
  return take(given, typeof given === 'function', name, 'a function');
}

/** Makes whatever the methods and properties throw a ClickmaskError, also where reading an argument throws. */
export function withCodes<T extends object>(api: T): T {
  const all = Object.getOwnPropertyDescriptors(api) as Record<string, PropertyDescriptor>;
  for (const one of Object.values(all)) {
    for (const part of ['value', 'get', 'set'] as const) {
      const action: unknown = one[part];
      if (typeof action === 'function') one[part] = (...given: unknown[]) => coded(() => action(...given) as unknown);
    }
  }
  return Object.defineProperties({}, all) as T;
}
