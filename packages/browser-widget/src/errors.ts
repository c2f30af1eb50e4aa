import { ClickmaskError, isClickmaskError } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';

/** Converts anything thrown to a `ClickmaskError`, and keeps it as the cause. */
export function asClickmaskError(error: unknown): ClickmaskError {
  if (isClickmaskError(error)) return error;
  const text = error instanceof Error ? error.message : typeof error;
  return new ClickmaskError('internal', `Something unexpected failed: ${text}`, { cause: error });
}

/** Runs an action. What it throws or rejects with is of the one error class. */
export function coded<T>(action: () => T): T {
  const fail = (error: unknown): never => {
    throw asClickmaskError(error);
  };
  try {
    const result = action();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}

/**
 * An address, seen from the page.
 *
 * @throws ClickmaskError with the code for what is none
 */
export function resolveAddress(code: 'bad-image' | 'bad-option', name: string, address: string | URL): URL {
  try {
    return new URL(address, document.baseURI);
  } catch {
    throw unexpected(code, name, 'an address', address);
  }
}
