import type { NextFunction, Request, Response } from 'express';
import { Problem } from '../problems/index.js';

/**
 * Refuses what Label Studio never sends: bodies not declared as JSON, and requests from web pages. No page may post
 * here, not even one of this origin, because a page can point its own host name here. Browsers send an `Origin` header
 * with every post.
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
