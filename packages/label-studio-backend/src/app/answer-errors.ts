import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../diagnostics/index.js';
import { Problem, problemBody, reasons, toProblem } from '../problems/index.js';
import type { AccessLog } from './access-log.js';

/** Answers an error of a route, with its reason in the body and in the status line. */
export function answerErrors(log: AccessLog, logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = fromHttp(error);
    log.note(request, { reason: problem.reason, message: problem.message });
    if (problem.reason === 'internal') {
      const cause = problem.cause instanceof Error ? problem.cause.stack : String(problem.cause);
      logger.error({ route: request.path, error: cause }, 'a request failed inside the backend');
    }
    if (response.headersSent) return next(error);
    const { status } = reasons[problem.reason];
    if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="Clickmask", charset="UTF-8"');
    if (status === 503) response.setHeader('Retry-After', '1');
    // Of a failed answer, Label Studio passes on only the status line.
    response.statusMessage = statusLine(problem);
    response.status(status).json(problemBody(problem));
  };
}

/** The problem as the reason phrase of a status line: printable ASCII of moderate length. */
function statusLine({ reason, message }: Problem): string {
  return `${reason}: ${message}`.replace(/[^\x20-\x7e]+/g, '?').slice(0, 300);
}

/** Errors of express and its body parser, as problems. */
function fromHttp(error: unknown): Problem {
  if (!(error instanceof Problem) && isHttpError(error)) {
    if (error.type === 'entity.too.large')
      return new Problem('body-too-large', `Expected a smaller body (${error.message}).`);
    if (error.status < 500)
      return new Problem('bad-request', `Expected a request with a JSON body: ${error.message.slice(0, 200)}`);
  }
  return toProblem(error);
}

function isHttpError(error: unknown): error is Error & { readonly status: number; readonly type?: string } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
