/** Every way an operation can fail, as a stable code. Messages may change between releases, codes do not. */
export type ClickmaskErrorCode =
  | 'aborted'
  | 'backend-failed'
  | 'backend-unavailable'
  | 'bad-box'
  | 'bad-click'
  | 'bad-dataset'
  | 'bad-format'
  | 'bad-image'
  | 'bad-mask'
  | 'bad-model'
  | 'bad-option'
  | 'closed'
  | 'deadline-exceeded'
  | 'image-not-loaded'
  | 'image-too-large'
  | 'internal'
  | 'model-not-found'
  | 'no-clicks'
  | 'provider-unavailable'
  | 'queue-full'
  | 'request-failed'
  | 'superseded'
  | 'too-many-clicks'
  | 'unsupported-image'
  | 'worker-lost';

/** Details of an error, as plain JSON values: safe to log and to send over a port. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The one error class of Clickmask.
 *
 * The message says what was expected, what was received, and what to do. `code` is for programs, `details` for logs.
 *
 * @example
 * ```ts
 * import { ClickmaskError, isClickmaskError } from '@clickmask/core';
 *
 * const error: unknown = new ClickmaskError('bad-click', 'Expected finite coordinates but received x = NaN.');
 * console.log(isClickmaskError(error, 'bad-click')); // true
 * ```
 */
export class ClickmaskError extends Error {
  override readonly name = 'ClickmaskError';
  readonly code: ClickmaskErrorCode;
  readonly details: ErrorDetails;

  constructor(
    code: ClickmaskErrorCode,
    message: string,
    options: { readonly details?: ErrorDetails; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/**
 * Whether a caught value is a {@link ClickmaskError}, optionally with a certain code. Compares name and code, so it
 * also works across two copies of the package.
 *
 * @example
 * ```ts
 * import { isClickmaskError } from '@clickmask/core';
 *
 * console.log(isClickmaskError(new Error('other'))); // false
 * ```
 */
export function isClickmaskError(value: unknown, code?: ClickmaskErrorCode): value is ClickmaskError {
  if (!(value instanceof Error) || value.name !== 'ClickmaskError' || !('code' in value)) return false;
  return code === undefined || value.code === code;
}
