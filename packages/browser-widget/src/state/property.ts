import { unexpected } from '@clickmask/core/errors';
import { coded } from '../errors.js';

/** One property of the widget: set by script, and by an attribute if it has one. */
export interface Property<T> {
  readonly initial: T;
  /** Name of its attribute; null if it has none. */
  readonly attribute: string | null;
  /** Parses the attribute's text; null means that the attribute is absent. */
  readonly fromText: (text: string | null) => T;
  /** Checks and copies a value from the page. */
  readonly take: (value: T) => T;
}

/** A switch. A present attribute means `on`. */
export function flag(attribute: string | null, on = true): Property<boolean> {
  return {
    initial: !on,
    attribute,
    fromText: (text) => (text !== null) === on,
    take: (value) => value === true,
  };
}

/** A number from `least` to `most`. */
export function range(attribute: string, least: number, most: number, initial: number): Property<number> {
  const check = (value: number, given: unknown = value) => {
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw unexpected('bad-option', attribute, `a number from ${least} to ${most}`, given);
  };
  return {
    initial,
    attribute,
    fromText: (text) => (text === null || text.trim() === '' ? initial : check(Number(text), text)),
    take: (value) => check(value),
  };
}

/** One of a few words. */
export function choice<T extends string>(attribute: string, words: readonly T[], initial: T): Property<T> {
  const check = (value: string): T => {
    const found = words.find((word) => word === value);
    if (found === undefined) {
      throw unexpected('bad-option', attribute, `one of ${words.join(', ')}`, value);
    }
    return found;
  };
  return {
    initial,
    attribute,
    fromText: (text) => (text === null || text === '' ? initial : check(text)),
    take: check,
  };
}

/** A text or none. A number counts as a text. */
export function text(attribute: string, fromText: (given: string | null) => string | null): Property<string | null> {
  return {
    initial: null,
    attribute,
    fromText,
    take(value: unknown) {
      if (value == null || value === '') return null;
      if (typeof value === 'string' || typeof value === 'number') return String(value);
      throw unexpected('bad-option', attribute, 'a text or null', value);
    },
  };
}

/** Any other value, with the function that checks and copies it. */
export function custom<T>(
  initial: T,
  take: (value: T) => T,
  attribute: string | null = null,
  fromText: (text: string | null) => T = () => initial,
): Property<T> {
  return { initial, attribute, fromText, take };
}

/** One property for each field. */
export type Table<V> = { readonly [K in keyof V]-?: Property<V[K]> };

function rowsOf<V>(table: Table<V>): readonly (readonly [keyof V & string, Property<unknown>])[] {
  return Object.entries(table) as unknown as [keyof V & string, Property<unknown>][];
}

/** The initial values of a table's properties. */
export function initialOf<V>(table: Table<V>): V {
  return Object.freeze(Object.fromEntries(rowsOf(table).map(([name, { initial }]) => [name, initial]))) as V;
}

/**
 * Checks and copies the values of known properties. Undefined and unknown ones are left out.
 *
 * @throws ClickmaskError `bad-option`
 */
export function taken<V>(table: Table<V>, values: Partial<V>): Partial<V> {
  const given = rowsOf(table).filter(([name]) => values[name] !== undefined);
  return Object.fromEntries(given.map(([name, { take }]) => [name, coded(() => take(values[name]))])) as Partial<V>;
}

/** The attributes of a table of properties. */
export function attributesOf<V>(table: Table<V>): readonly string[] {
  return rowsOf(table).flatMap(([, { attribute }]) => (attribute === null ? [] : [attribute]));
}

/** Turns an attribute's text into a property change; null if no property has this attribute. */
export function readAttribute<V>(table: Table<V>, attribute: string, text: string | null): Partial<V> | null {
  const row = rowsOf(table).find(([, property]) => property.attribute === attribute);
  return row === undefined ? null : ({ [row[0]]: row[1].fromText(text) } as Partial<V>);
}
