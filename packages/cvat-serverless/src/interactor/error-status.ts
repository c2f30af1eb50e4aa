import { ClickmaskError, type ClickmaskErrorCode, isClickmaskError } from '@clickmask/core';

const statuses: Partial<Record<ClickmaskErrorCode, number>> = {
  aborted: 504,
  'backend-unavailable': 503,
  'bad-box': 400,
  'bad-click': 400,
  'bad-format': 400,
  'bad-image': 422,
  'bad-mask': 400,
  'bad-option': 400,
  closed: 503,
  'deadline-exceeded': 504,
  'image-too-large': 413,
  'no-clicks': 400,
  'queue-full': 503,
  superseded: 503,
  'too-many-clicks': 400,
  'unsupported-image': 422,
};

/** Converts any failure to one with a code. */
export function asClickmaskError(error: unknown): ClickmaskError {
  if (isClickmaskError(error)) return error;
  return new ClickmaskError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}

/** The HTTP status of a failure: 4xx if the request is at fault, 5xx if the function is. */
export function errorStatus(code: ClickmaskErrorCode): number {
  return statuses[code] ?? 500;
}
