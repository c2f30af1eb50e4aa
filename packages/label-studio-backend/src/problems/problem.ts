import { ClickmaskError, type ErrorDetails, isClickmaskError } from '@clickmask/core';
import { type ReasonCode, reasons } from './reasons.js';

/**
 * A failure with a reason that a user of Label Studio can act on. It is a `ClickmaskError` whose `reason` is more
 * specific than its code.
 *
 * @example
 * ```ts
 * import { isClickmaskError } from '@clickmask/core';
 * import { Problem, reasons } from '@clickmask/label-studio-backend';
 *
 * const problem = new Problem('token-refused', 'Expected a picture but the token was refused.');
 * console.log(isClickmaskError(problem), reasons[problem.reason].status); // true 502
 * ```
 */
export class Problem extends ClickmaskError {
  readonly reason: ReasonCode;

  constructor(
    reason: ReasonCode,
    message: string,
    options: { readonly details?: ErrorDetails; readonly cause?: unknown } = {},
  ) {
    super(codeOf(reason), message, options);
    this.reason = reason;
  }
}

/** The core's code for each reason. */
function codeOf(reason: ReasonCode): ClickmaskError['code'] {
  switch (reason) {
    case 'internal':
    case 'bad-option':
      return reason;
    case 'too-many-clicks':
      return reason;
    case 'bad-prompt':
    case 'only-negative':
      return 'bad-click';
    case 'picture-unreadable':
      return 'bad-image';
    case 'picture-too-large':
      return 'image-too-large';
    case 'busy':
      return 'queue-full';
    case 'engine-unavailable':
      return 'backend-unavailable';
    case 'engine-failed':
      return 'backend-failed';
    case 'too-slow':
    case 'picture-too-slow':
      return 'deadline-exceeded';
    case 'closing':
      return 'closed';
    case 'client-gone':
      return 'aborted';
    default:
      return reasons[reason].status === 502 ? 'request-failed' : 'bad-format';
  }
}

/** Gives a reason to anything thrown. Codes of the core are translated; everything else is `internal`. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isClickmaskError(error)) {
    return new Problem(reasonOf(error), error.message, { details: error.details, cause: error });
  }
  return new Problem('internal', 'Something went wrong inside the backend.', { cause: error });
}

function reasonOf({ code, details }: ClickmaskError): ReasonCode {
  // Failures of a network that runs elsewhere name its server.
  const elsewhere = details.server !== undefined;
  switch (code) {
    case 'backend-unavailable':
      return 'engine-unavailable';
    case 'backend-failed':
    case 'bad-model':
      return elsewhere ? 'engine-failed' : 'internal';
    case 'bad-image':
    case 'unsupported-image':
      return 'picture-unreadable';
    case 'image-too-large':
      return 'picture-too-large';
    case 'bad-click':
    case 'bad-box':
    case 'no-clicks':
      return 'bad-prompt';
    case 'too-many-clicks':
      return 'too-many-clicks';
    case 'queue-full':
      return 'busy';
    case 'deadline-exceeded':
      return 'too-slow';
    case 'closed':
    case 'aborted':
      return 'closing';
    default:
      return 'internal';
  }
}

/** The body of an answer that reports a problem. It contains no internals, no stack trace and no secret. */
export function problemBody(problem: Problem): object {
  const { advice } = reasons[problem.reason];
  return { status: 'error', error: { code: problem.reason, message: problem.message, advice } };
}
