import { ClickmaskError, isClickmaskError } from '@clickmask/core';

/** Converts anything thrown to a `ClickmaskError`, and keeps it as the cause. */
export function asClickmaskError(error: unknown): ClickmaskError {
  if (isClickmaskError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ClickmaskError('internal', `Something unexpected failed: ${text}`, { cause: error });
}
