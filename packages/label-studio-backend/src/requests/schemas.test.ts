import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { predictSchema, setupSchema, webhookSchema } from './requests.js';

/** Paths of texts and lists that may be of any length. */
function endless(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, maxLength, maxItems, ...rest } = schema as Record<string, unknown>;
  const own =
    (type === 'string' && maxLength === undefined) || (type === 'array' && maxItems === undefined) ? [path] : [];
  return [...own, ...Object.entries(rest).flatMap(([key, value]) => endless(value, `${path}.${key}`))];
}

describe('what strangers send', () => {
  it.each(Object.entries({ predictSchema, setupSchema, webhookSchema }))(
    'has a limit in every field of %s',
    (name, one) => {
      expect(endless(z.toJSONSchema(one, { io: 'input', unrepresentable: 'any' }), name)).toEqual([]);
    },
  );

  it('is what the test above finds', () => {
    const open = z.toJSONSchema(z.object({ a: z.string(), b: z.array(z.string().max(3)) }));
    expect(endless(open, 'it')).toEqual(['it.properties.a', 'it.properties.b']);
  });
});
