import { foreignPage } from '@clickmask/core/adapters';
import type { NextFunction, Request, Response } from 'express';
import type { AuthOptions } from '../options/index.js';
import { Problem } from '../problems/index.js';

/**
 * Keeps pages of other origins from reading what happens here, those too whose own name was made to point here. A password
 * does so already.
 */
export function noForeignPage({ basic, hosts }: AuthOptions = {}) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const why = basic === undefined ? foreignPage((name) => request.headers[name]?.toString(), { hosts }) : null;
    if (why !== null) throw new Problem('foreign-page', why);
    next();
  };
}
