import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../diagnostics/index.js';
import { Problem, reasons } from '../problems/index.js';
import type { AccessLog } from './access-log.js';
import { answerErrors } from './answer-errors.js';

/** The answer to an error, as the client, the journal and the log get it. */
function answer(error: unknown, headersSent = false) {
  const seen = {
    status: 200,
    headers: {} as Record<string, string>,
    body: undefined as unknown,
    noted: [] as object[],
    logged: [] as object[],
    passedOn: [] as unknown[],
    line: '',
  };
  const response = {
    headersSent,
    statusMessage: '',
    setHeader: (name: string, value: string) => void Object.assign(seen.headers, { [name]: value }),
    status(code: number) {
      seen.status = code;
      return response;
    },
    json: (body: unknown) => void Object.assign(seen, { body }),
  };
  const log = { note: (_: Request, fields: object) => void seen.noted.push(fields) } as unknown as AccessLog;
  const logger = { error: (fields: object) => void seen.logged.push(fields) } as unknown as Logger;
  const handler = answerErrors(log, logger);
  handler(error, { path: '/predict' } as Request, response as unknown as Response, (passed) => {
    seen.passedOn.push(passed);
  });
  seen.line = response.statusMessage;
  return seen;
}
const http = (status: number, type?: string) => Object.assign(new Error('from express'), { status, type });

describe('answerErrors', () => {
  it('tells a problem in the body and in the status line, and notes it', () => {
    const seen = answer(new Problem('bad-prompt', 'Expected a click.'));
    expect(seen).toMatchObject({ status: 422, headers: {}, line: 'bad-prompt: Expected a click.', logged: [] });
    const { advice } = reasons['bad-prompt'];
    expect(seen.body).toEqual({ status: 'error', error: { code: 'bad-prompt', message: 'Expected a click.', advice } });
    expect(seen.noted).toEqual([{ reason: 'bad-prompt', message: 'Expected a click.' }]);
    expect(seen.passedOn).toEqual([]);
  });

  it.each([
    ['busy', 503, { 'Retry-After': '1' }],
    ['closing', 503, { 'Retry-After': '1' }],
    ['too-slow', 504, {}],
    ['unauthorized', 401, { 'WWW-Authenticate': 'Basic realm="Clickmask", charset="UTF-8"' }],
  ] as const)('answers %s with status %i', (reason, status, headers) => {
    expect(answer(new Problem(reason, 'no'))).toMatchObject({ status, headers });
    expect(Object.keys(answer(new Problem(reason, 'no')).headers)).toEqual(Object.keys(headers));
  });

  it('keeps the status line in printable ASCII and short', () => {
    expect(answer(new Problem('busy', 'ä\r\nX: 1 ~ é')).line).toBe('busy: ?X: 1 ~ ?');
    expect(answer(new Problem('busy', 'x'.repeat(1000))).line).toHaveLength(300);
  });

  it.each<[string, unknown, string]>([
    ['a body that express finds too large', http(413, 'entity.too.large'), 'body-too-large'],
    ['a request that express cannot read', http(400), 'bad-request'],
    ['a path that express cannot decode', http(499), 'bad-request'],
    ['a failure of express', http(500), 'internal'],
    ['an error', new TypeError('torn'), 'internal'],
    ['no error but a status', { status: 400, message: 'x' }, 'internal'],
    ['an error whose status is a text', Object.assign(new Error('x'), { status: '400' }), 'internal'],
    ['a text', 'torn', 'internal'],
    ['nothing', null, 'internal'],
  ])('gives a reason to %s', (_, error, reason) => {
    expect(answer(error).noted).toMatchObject([{ reason }]);
    expect(answer(error).status).toBe(reasons[reason as 'internal'].status);
  });

  it('logs what is a defect, with its cause, and shows nothing of it', () => {
    const cause = new TypeError('secret thing');
    const seen = answer(cause);
    expect(seen.logged).toEqual([{ route: '/predict', error: cause.stack }]);
    expect(JSON.stringify([seen.body, seen.line])).not.toContain('secret');
    expect(answer('torn').logged).toEqual([{ route: '/predict', error: 'torn' }]);
  });

  it('lets express end an answer that has begun', () => {
    const error = new Problem('busy', 'no');
    const seen = answer(error, true);
    expect(seen).toMatchObject({ status: 200, headers: {}, body: undefined, passedOn: [error] });
    expect(seen.noted).toHaveLength(1);
  });
});
