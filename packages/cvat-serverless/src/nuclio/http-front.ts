import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type ClickmaskErrorCode, isClickmaskError } from '@clickmask/core';
import { createBodyReader } from '@clickmask/core/adapters';
import type { WorkerPool } from './worker-pool.js';
import type { WorkerResult } from './worker-process.js';

export interface HttpFrontOptions {
  readonly eventTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly maxRequestBodySize: number;
  readonly log: (level: string, message: string) => void;
}

/** The HTTP server in front of the workers. */
export interface HttpFront {
  listen(port: number, host: string): Promise<string>;
  /** Accepts no more requests. Running ones are answered if there is time. */
  close(): Promise<void>;
}

export function createHttpFront(pool: WorkerPool, options: HttpFrontOptions): HttpFront {
  let events = 0;
  const bodies = createBodyReader({
    maxBytes: options.maxRequestBodySize,
    maxBytesUnderWay: 4 * options.maxRequestBodySize,
    minBytesPerSecond: 10_000,
    maxBodies: 64,
  });
  const answer = async (request: IncomingMessage, response: ServerResponse, body: Uint8Array): Promise<void> => {
    const worker = await pool.allocate();
    if (worker === null) return reply(response, 503, 'text/plain', 'no worker available');
    const result = await worker.process(eventLine(request, body, ++events), options.eventTimeoutMs);
    if (result === 'timeout') {
      worker.kill();
      return reply(response, 408, 'application/json', '{"error": "handler timed out"}');
    }
    if (result === 'gone') return void request.socket.destroy();
    pool.release(worker);
    return sendResult(response, result);
  };
  // Connections whose headers do not come are looked for every two seconds.
  const server = createServer({ connectionsCheckingInterval: 2000 }, (request, response) => {
    const coming = {
      stream: Readable.toWeb(request) as ReadableStream<Uint8Array> & globalThis.ReadableStream<Uint8Array>,
      announced: request.headers['content-length'],
      client: request.socket.remoteAddress ?? '',
    };
    bodies
      .read(coming, (body) => answer(request, response, body))
      .catch((error: unknown) => {
        const refusal = isClickmaskError(error) ? refusals[error.code] : undefined;
        if (refusal === undefined) options.log('error', String(error));
        if (response.headersSent) return response.destroy();
        // The rest of the body is not awaited.
        if (!request.complete) response.setHeader('connection', 'close');
        const [status, text] = refusal ?? [500, 'the processor failed'];
        return reply(response, status, 'text/plain', text);
      });
  });
  server.headersTimeout = 10_000;
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          const name = host.includes(':') ? `[${host}]` : host;
          resolve(`http://${name}:${(server.address() as AddressInfo).port}`);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        // A request that never ends must not keep the others alive.
        const timer = setTimeout(() => server.closeAllConnections(), options.stopTimeoutMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** The answer to a body that is refused unread. */
const refusals: Readonly<Partial<Record<ClickmaskErrorCode, readonly [status: number, text: string]>>> = {
  'image-too-large': [400, 'body size exceeds the given limit'],
  'queue-full': [503, 'too many bodies under way'],
  'deadline-exceeded': [408, 'the body comes too slowly'],
  aborted: [400, 'the body broke off'],
};

/** Field names and order are the processor's. */
function eventLine(request: IncomingMessage, body: Uint8Array, id: number): string {
  const contentType = request.headers['content-type'] ?? '';
  const event = {
    'content-type': contentType,
    content_type: contentType,
    fields: {},
    headers: request.headers,
    id: String(id),
    method: request.method,
    num_shards: 0,
    offset: 0,
    path: (request.url ?? '/').split('?')[0],
    shard_id: 0,
    size: body.length,
    timestamp: Math.floor(Date.now() / 1000),
    topic: '',
    trigger: { kind: 'http', name: 'http' },
    type: '',
    type_version: '',
    url: request.url,
    version: '',
  };
  return `{"body":"${Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64')}",${JSON.stringify(event).slice(1)}\n`;
}

async function sendResult(response: ServerResponse, result: WorkerResult): Promise<void> {
  const { body = '', body_encoding: encoding, content_type: contentType, status_code: status } = result;
  let file: string | null = null;
  let deleteFile = false;
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    if (/^x-nuclio-filestream-delete-after-send$/i.test(name)) deleteFile = true;
    else if (/^x-nuclio-filestream-path$/i.test(name) && typeof value === 'string') file = value;
    else if (typeof value === 'string' || Number.isInteger(value)) response.setHeader(name, value as string | number);
  }
  if (encoding !== 'text' && encoding !== 'base64') {
    return reply(response, 500, 'text/plain', `Unknown body encoding - "${encoding}"`);
  }
  if (file === null) {
    return reply(
      response,
      status || 200,
      contentType ?? '',
      encoding === 'base64' ? Buffer.from(body, 'base64') : body,
    );
  }
  const path = file;
  await new Promise<void>((resolve) => {
    const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
    stream.once('error', () => {
      reply(response, 404, 'text/plain', '');
      resolve();
    });
    stream.once('open', () => response.writeHead(status || 200, { 'content-type': contentType || 'text/plain' }));
    response.once('close', resolve);
    stream.pipe(response);
  });
  if (deleteFile) await rm(path, { force: true });
  return undefined;
}

function reply(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  if (contentType !== '') response.setHeader('content-type', contentType);
  response.statusCode = status;
  response.end(body);
}
