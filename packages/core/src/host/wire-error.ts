import { ClickmaskError, isClickmaskError } from '../errors/index.js';
import type { ErrorMessage } from './protocol.js';

/** Any thrown value as plain data. Anything but a {@link ClickmaskError} becomes `internal`. */
export function toErrorMessage(error: unknown): ErrorMessage {
  if (isClickmaskError(error)) {
    return { code: error.code, message: error.message, details: plain(error.details) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message: `An unexpected error: ${message}`, details: {} };
}

export function fromErrorMessage(error: ErrorMessage): ClickmaskError {
  return new ClickmaskError(error.code, error.message, { details: error.details });
}

function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>;
}
