import { createHash } from 'node:crypto';

/** Anything with the fields of a shape, as a server returned it or as it is to be sent. */
export type Content = Readonly<Record<string, unknown>>;

interface Attribute {
  readonly spec_id: number;
  readonly value: unknown;
}

/**
 * Everything that a shape says, field by field, each in one spelling; its id left out. Servers spell the same thing in
 * several ways: no group as 0 or null, attributes in any order, an empty list of elements or none.
 */
function spelled(shape: Content): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(shape)) {
    if (name === 'id' || value === undefined) continue;
    if (name === 'elements' && Array.isArray(value) && value.length === 0) continue;
    if (name === 'group') fields.set(name, JSON.stringify(value ?? 0));
    else if (name === 'attributes') fields.set(name, spellAttributes(value as readonly Attribute[]));
    else fields.set(name, JSON.stringify(value, sortedKeys));
  }
  return fields;
}

function spellAttributes(attributes: readonly Attribute[]): string {
  const pairs = attributes.map(({ spec_id, value }) => [spec_id, String(value)] as const);
  return JSON.stringify(pairs.sort(([a], [b]) => a - b));
}

function sortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Text that two shapes share if and only if they say the same. */
export function contentOf(shape: Content): string {
  return JSON.stringify([...spelled(shape)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A short name for {@link contentOf}. */
export function digestOf(shape: Content): string {
  return createHash('sha256').update(contentOf(shape)).digest('base64url');
}

/** Whether a shape still is what was sent. Fields that were not sent are the server's own and may have any value. */
export function isAsWritten(written: Content, now: Content): boolean {
  const found = spelled(now);
  for (const [name, value] of spelled(written)) if (found.get(name) !== value) return false;
  return true;
}
