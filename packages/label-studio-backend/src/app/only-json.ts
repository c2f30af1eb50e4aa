import type { NextFunction, Request, Response } from 'express';
import { Problem } from '../problems/index.js';

/**
 * Refuses what Label Studio does not send: a body that does not say that it is JSON, and a request that a web page makes. No
 * page posts here, not even one of this origin, whose name may have been made to point here; a browser names the origin of
 * all that it posts.
 */
export function onlyJson(request: Request, _response: Response, next: NextFunction): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined || (site !== undefined && site !== 'none')) {
    throw new Problem('bad-request', 'Expected a request of Label Studio but received one of a web page.');
  }
  if (typeof request.is('application/json') !== 'string') {
    const given = (request.headers['content-type'] ?? 'none').slice(0, 80);
    throw new Problem('bad-request', `Expected the content type application/json but received ${given}.`);
  }
  next();
}
