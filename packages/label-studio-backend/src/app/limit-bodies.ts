import type { NextFunction, Request, Response } from 'express';
import { Problem } from '../problems/index.js';

/**
 * Keeps the bodies of all requests under way within a budget: parsed, they are held in memory at the same time. A body of
 * unknown length counts as the largest that is allowed.
 */
export function limitBodies(maxBytes: number, budget: number) {
  let inFlight = 0;
  return (request: Request, response: Response, next: NextFunction): void => {
    const declared = request.headers['content-length'];
    const isPacked = request.headers['content-encoding'] !== undefined;
    const bytes = declared === undefined || isPacked ? maxBytes : Number(declared);
    if (bytes > maxBytes)
      throw new Problem('body-too-large', `Expected a body of at most ${maxBytes} bytes but ${bytes} were announced.`);
    // One request may always pass, even where it alone is larger than the budget.
    if (inFlight > 0 && inFlight + bytes > budget) {
      throw new Problem('busy', `Expected at most ${budget} bytes of requests at the same time.`);
    }
    inFlight += bytes;
    response.once('close', () => {
      inFlight -= bytes;
    });
    next();
  };
}
