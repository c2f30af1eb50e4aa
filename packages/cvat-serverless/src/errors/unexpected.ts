import { ClickmaskError, type ClickmaskErrorCode } from '@clickmask/core';

/** An error in the form "Expected <what> for <name> but received <value>." */
export function unexpected(
  code: ClickmaskErrorCode,
  name: string,
  expected: string,
  received: unknown,
  advice = '',
): ClickmaskError {
  const text = `Expected ${expected} for ${name} but received ${describe(received)}.${advice === '' ? '' : ` ${advice}`}`;
  return new ClickmaskError(code, text, { details: { name, expected } });
}

/** A received value for a message: short, and never the content of a large one. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
