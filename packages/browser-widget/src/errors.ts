import { ClickmaskError, type ClickmaskErrorCode, isClickmaskError } from '@clickmask/core';

/** Whatever was thrown, as the one error class, with its cause kept. */
export function asClickmaskError(error: unknown): ClickmaskError {
  if (isClickmaskError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ClickmaskError('internal', `Something unexpected failed: ${text}`, { cause: error });
}

/** An error in the form "Expected <what> for <name> but received <value>." */
export function unexpected(
  code: ClickmaskErrorCode,
  name: string,
  expected: string,
  received: unknown,
  advice = '',
): ClickmaskError {
  const text =
    typeof received === 'object' && received !== null
      ? (received.constructor?.name ?? 'an object')
      : JSON.stringify(received);
  const message = `Expected ${expected} for ${name} but received ${text}.${advice === '' ? '' : ` ${advice}`}`;
  return new ClickmaskError(code, message, { details: { name, expected } });
}
