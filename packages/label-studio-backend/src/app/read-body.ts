import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { isClickmaskError } from '@clickmask/core';
import { createBodyReader } from '@clickmask/core/adapters';
import type { NextFunction, Request, Response } from 'express';
import { Problem } from '../problems/index.js';

export interface BodyLimits {
  readonly bodyBytes: number;
  readonly bodyBytesInFlight: number;
  readonly bodiesPerAddress: number;
  readonly bodyBytesPerSecond: number;
}

/** Reads JSON bodies within a budget that no single address can use up. */
export function readBodies(limits: BodyLimits) {
  const bodies = createBodyReader({
    maxBytes: limits.bodyBytes,
    maxBytesUnderWay: limits.bodyBytesInFlight,
    minBytesPerSecond: limits.bodyBytesPerSecond,
    maxBodies: limits.bodiesPerAddress,
  });
  return (request: Request, response: Response, next: NextFunction): void => {
    const packing = request.headers['content-encoding'] ?? 'identity';
    if (packing !== 'identity') {
      throw new Problem('bad-request', `Expected a body that is not compressed but received ${packing.slice(0, 40)}.`);
    }
    const body = {
      stream: Readable.toWeb(request) as ReadableStream<Uint8Array> & globalThis.ReadableStream<Uint8Array>,
      announced: request.headers['content-length'],
      client: request.socket.remoteAddress ?? '',
    };
    const use = (bytes: Uint8Array) => {
      request.body = parseJson(bytes);
      next();
      // A parsed body stays in memory until its answer is sent.
      return new Promise<void>((resolve) => response.once('close', resolve));
    };
    bodies.read(body, use).catch((error: unknown) => {
      // The rest of a refused body is not read.
      if (!request.complete && !response.headersSent) response.setHeader('Connection', 'close');
      next(toBodyProblem(error, limits));
    });
  };
}

/** The reader's errors as problems of this package. */
function toBodyProblem(cause: unknown, limits: BodyLimits): unknown {
  if (cause instanceof Problem || !isClickmaskError(cause)) return cause;
  switch (cause.code) {
    case 'image-too-large':
      return new Problem('body-too-large', `Expected a body of at most ${limits.bodyBytes} bytes.`, { cause });
    case 'queue-full': {
      const message = `Expected at most ${limits.bodyBytesInFlight} bytes of requests at the same time.`;
      return new Problem('busy', message, { cause });
    }
    case 'deadline-exceeded': {
      const message = `Expected a body at ${limits.bodyBytesPerSecond} bytes a second or more.`;
      return new Problem('body-too-slow', message, { cause });
    }
    default:
      return new Problem('client-gone', 'Expected the rest of the body but the client has disconnected.', { cause });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return bytes.length === 0 ? {} : JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  } catch (cause) {
    throw new Problem('bad-request', 'Expected a request with a JSON body.', { cause });
  }
}
