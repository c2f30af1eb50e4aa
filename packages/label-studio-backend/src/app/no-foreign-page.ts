import { foreignPage } from '@clickmask/core/adapters';
import type { NextFunction, Request, Response } from 'express';
import type { AuthOptions } from '../options/index.js';
import { Problem } from '../problems/index.js';

/**
 * Stops pages of other origins from reading answers, including pages whose own host name was pointed at this server.
 * Not needed with a password, which already does so.
 */
export function noForeignPage({ basic, hosts }: AuthOptions = {}) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const why = basic === undefined ? foreignPage((name) => request.headers[name]?.toString(), { hosts }) : null;
    if (why !== null) throw new Problem('foreign-page', why);
    next();
  };
}
