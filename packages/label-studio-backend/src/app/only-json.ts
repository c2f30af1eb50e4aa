import type { NextFunction, Request, Response } from 'express';
import { Problem } from '../problems/index.js';

/**
 * Refuses what does not say that it is JSON, as all that Label Studio sends does. A web page of another origin cannot say so
 * without the browser asking here first, which is answered with 404.
 */
export function onlyJson(request: Request, _response: Response, next: NextFunction): void {
  if (typeof request.is('application/json') !== 'string') {
    const given = (request.headers['content-type'] ?? 'none').slice(0, 80);
    throw new Problem('bad-request', `Expected the content type application/json but received ${given}.`);
  }
  next();
}
