import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkerPool } from './worker-pool.js';
import type { WorkerResult } from './worker-process.js';

export interface HttpFrontOptions {
  readonly eventTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly maxRequestBodySize: number;
  readonly log: (level: string, message: string) => void;
}

/** HTTP before the workers. */
export interface HttpFront {
  listen(port: number, host: string): Promise<string>;
  /** Takes no more requests; those in hand are answered, as long as there is time. */
  close(): Promise<void>;
}

export function createHttpFront(pool: WorkerPool, options: HttpFrontOptions): HttpFront {
  let events = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, options.maxRequestBodySize);
    if (body === null) return reply(response, 400, 'text/plain', 'body size exceeds the given limit');
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
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.log('error', String(error));
      if (response.headersSent) response.destroy();
      else reply(response, 500, 'text/plain', 'the processor failed');
    });
  });
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
        // A request that never ends must not keep the rest alive.
        const timer = setTimeout(() => server.closeAllConnections(), options.stopTimeoutMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > limit ? null : Buffer.concat(chunks, size);
}

/** Field names and order as the processor writes them. */
function eventLine(request: IncomingMessage, body: Buffer, id: number): string {
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
  return `{"body":"${body.toString('base64')}",${JSON.stringify(event).slice(1)}\n`;
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
