import { ClickmaskError } from '@clickmask/core';
import { isListOf, unexpected } from '@clickmask/core/errors';

/** A class that an object can have. */
export interface ObjectClass {
  /** The stored and exported name. */
  readonly id: string;
  /** The displayed name. Default: the id. */
  readonly name?: string;
  /** `#rrggbb`. Default: the next colour of the palette. */
  readonly colour?: string;
}

/**
 * Copies the page's classes. A string is read like the attribute, because frameworks may set a template's text as a
 * property.
 *
 * @throws ClickmaskError `bad-option`
 */
export function takeClasses(given: readonly ObjectClass[] | string): readonly ObjectClass[] {
  if (typeof given === 'string') return parseClasses(given);
  const isText = (value: unknown) => value === undefined || typeof value === 'string';
  const fits = (one: unknown): one is ObjectClass => {
    if (typeof one !== 'object' || one === null) return false;
    const { id, name, colour } = one as Record<string, unknown>;
    return typeof id === 'string' && isText(name) && isText(colour);
  };
  if (!isListOf(given, fits)) {
    throw unexpected('bad-option', 'classes', 'a list of { id, name?, colour? }', given);
  }
  return given.map(({ id, name, colour }) => ({
    id,
    ...(name === undefined ? {} : { name }),
    ...(colour === undefined ? {} : { colour }),
  }));
}

/**
 * Parses the `classes` attribute: JSON (`[{"id":"cat","colour":"#ff8c1a"}]`) or names separated by commas.
 *
 * @throws ClickmaskError `bad-option`
 */
export function parseClasses(text: string | null): readonly ObjectClass[] {
  if (text === null || text.trim() === '') return [];
  if (!text.trim().startsWith('[')) {
    const names = text.split(',').map((name) => name.trim());
    return names.filter((name) => name !== '').map((id) => ({ id }));
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ClickmaskError('bad-option', 'Expected JSON, or names separated by commas, for classes.', { cause });
  }
  return takeClasses(json as readonly ObjectClass[]);
}
