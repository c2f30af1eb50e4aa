import { createHash } from 'node:crypto';

/** Anything with a shape's fields: a shape from a server, or one to send. */
export type Content = Readonly<Record<string, unknown>>;

interface Attribute {
  readonly spec_id: number;
  readonly value: unknown;
}

/**
 * All fields of a shape except its id, each in one spelling. Servers vary: no group may be 0 or null, attributes may
 * come in any order, and "no elements" may be an empty list or absent.
 */
function spelled(shape: Content): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(shape)) {
    const text = JSON.stringify(value);
    if (name === 'id' || value === undefined || (name === 'elements' && text === '[]')) continue;
    if (name === 'group') fields.set(name, JSON.stringify(value ?? 0));
    else if (name === 'attributes') fields.set(name, spellAttributes(value as readonly Attribute[]));
    else fields.set(name, text);
  }
  return fields;
}

function spellAttributes(attributes: readonly Attribute[]): string {
  const pairs = attributes.map(({ spec_id, value }) => [spec_id, String(value)] as const);
  return JSON.stringify(pairs.sort(([a], [b]) => a - b));
}

/** Text that is equal for two shapes if and only if their content is. */
export function contentOf(shape: Content): string {
  return JSON.stringify([...spelled(shape)].sort());
}

/** A short digest of {@link contentOf}. */
export function digestOf(shape: Content): string {
  return createHash('sha256').update(contentOf(shape)).digest('base64url');
}

/** Whether a shape is still as it was sent. Fields that were not sent are the server's own and may have any value. */
export function isAsWritten(written: Content, now: Content): boolean {
  const found = spelled(now);
  for (const [name, value] of spelled(written)) if (found.get(name) !== value) return false;
  return true;
}
