import type { NextFunction, Request, Response } from 'express';
import { Problem } from '../problems/index.js';

export interface BodyLimits {
  readonly bodyBytes: number;
  readonly bodyBytesInFlight: number;
  readonly bodiesPerAddress: number;
  readonly bodyBytesPerSecond: number;
}

/** A body on its way. */
interface Arriving {
  readonly address: string;
  readonly since: number;
  bytes: number;
  refuse(problem: Problem): void;
}

const graceMs = 5000;
const checkMs = 1000;

/**
 * Reads bodies of JSON within a budget that no sender can hold: it is counted in bytes that have come, not in bytes that
 * were announced; a body that comes too slowly is given up; and of one address the slowest gives way to a new one.
 *
 * @param now - milliseconds, for tests
 */
export function readBodies(limits: BodyLimits, now: () => number = () => performance.now()) {
  const { bodyBytes, bodyBytesInFlight, bodiesPerAddress, bodyBytesPerSecond } = limits;
  const arriving = new Set<Arriving>();
  let inFlight = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tooSlow = () =>
    new Problem('body-too-slow', `Expected a body at ${bodyBytesPerSecond} bytes a second or more.`);
  const rate = ({ bytes, since }: Arriving) => bytes / Math.max(1, now() - since);

  function watch(): void {
    for (const one of arriving) {
      const ms = now() - one.since;
      if (ms > graceMs && one.bytes < (bodyBytesPerSecond * ms) / 1000) one.refuse(tooSlow());
    }
    if (arriving.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function begin(one: Arriving): void {
    const others = [...arriving].filter(({ address }) => address === one.address);
    if (others.length >= bodiesPerAddress) {
      others.reduce((slowest, other) => (rate(other) < rate(slowest) ? other : slowest)).refuse(tooSlow());
    }
    arriving.add(one);
    timer ??= setInterval(watch, checkMs).unref();
  }

  return (request: Request, response: Response, next: NextFunction): void => {
    checkHead(request, bodyBytes);
    const parts: Buffer[] = [];
    const end = (problem?: Problem) => {
      if (!arriving.delete(one)) return;
      request.off('data', take).off('end', finish).off('close', abandon);
      if (problem === undefined) return;
      parts.length = 0;
      release();
      // What is still to come is read to nowhere for a moment, so that the answer is seen.
      request.resume();
      next(problem);
    };
    const release = () => {
      inFlight -= one.bytes;
      one.bytes = 0;
    };
    const one: Arriving = { address: request.socket.remoteAddress ?? '', since: now(), bytes: 0, refuse: end };
    const take = (part: Buffer) => {
      one.bytes += part.length;
      inFlight += part.length;
      parts.push(part);
      if (one.bytes > bodyBytes) {
        end(new Problem('body-too-large', `Expected a body of at most ${bodyBytes} bytes.`));
      } else if (inFlight > bodyBytesInFlight && inFlight > one.bytes) {
        // One request may always pass, even where it alone is larger than the budget.
        end(new Problem('busy', `Expected at most ${bodyBytesInFlight} bytes of requests at the same time.`));
      }
    };
    const finish = () => {
      end();
      try {
        request.body = parseJson(Buffer.concat(parts));
      } catch (error) {
        return next(error);
      } finally {
        parts.length = 0;
      }
      next();
    };
    const abandon = () => {
      end(new Problem('client-gone', 'Expected the rest of the body but the client has hung up.'));
    };
    // Parsed, a body is held until it is answered.
    response.once('close', release);
    begin(one);
    request.on('data', take).on('end', finish).on('close', abandon);
  };
}

function checkHead({ headers }: Request, maxBytes: number): void {
  const bytes = Number(headers['content-length'] ?? 0);
  if (bytes > maxBytes) {
    throw new Problem('body-too-large', `Expected a body of at most ${maxBytes} bytes but ${bytes} were announced.`);
  }
  const packing = headers['content-encoding'] ?? 'identity';
  if (packing !== 'identity') {
    throw new Problem('bad-request', `Expected a body that is not compressed but received ${packing.slice(0, 40)}.`);
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Problem('bad-request', 'Expected a request with a JSON body.', { cause });
  }
}
