import { ClickmaskError, isClickmaskError } from '@clickmask/core';

/** Whatever was thrown, as the one error class, with its cause kept. */
export function asClickmaskError(error: unknown): ClickmaskError {
  if (isClickmaskError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ClickmaskError('internal', `Something unexpected failed: ${text}`, { cause: error });
}
