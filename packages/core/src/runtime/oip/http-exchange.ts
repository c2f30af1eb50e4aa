import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { messageOf } from '../../errors/index.js';
import { CallFailure } from './transport.js';

export interface HttpExchange {
  /** Parts that are sent one after another, without joining them. Without parts it is a GET, else a POST. */
  readonly body?: readonly Uint8Array[];
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Maximum bytes of the answer. */
  readonly maxBytes: number;
  /** Position of the first number in the answer that is read in place. That byte is aligned to a multiple of 8. */
  readonly alignAt?: (headers: IncomingHttpHeaders) => number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
}

/** Bytes to read of an error, which may repeat the whole request. */
const errorBytes = 4096;

/**
 * HTTP over kept connections. Redirects are not followed: a token goes only to the server it was given for.
 *
 * Uses Node's own client, because `fetch` reads an answer through several streams. With Triton, whose answers come in
 * small writes, that took about 25 ms more for 440 kB.
 */
export function createHttpExchange(secure: boolean): {
  /** @throws CallFailure `unavailable`, `deadline`, `garbage` */
  send(url: string, exchange: HttpExchange): Promise<HttpAnswer>;
  close(): void;
} {
  // Servers close idle connections after a while. This side closes them earlier.
  const options = { keepAlive: true, timeout: 4000, noDelay: true };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  const open = secure ? requestHttps : requestHttp;
  return {
    send(url, exchange) {
      const { body, headers, timeoutMs } = exchange;
      return new Promise((resolve, reject) => {
        const size = body?.reduce((sum, part) => sum + part.length, 0);
        const length = size === undefined ? {} : { 'content-length': String(size) };
        const method = body === undefined ? 'GET' : 'POST';
        const call = open(url, { agent, method, headers: { ...headers, ...length } });
        const late = () => call.destroy(new CallFailure('deadline', 'it took too long'));
        const timer = setTimeout(late, Math.max(1, timeoutMs));
        const fail = (error: unknown) => {
          clearTimeout(timer);
          reject(asFailure(error));
          call.destroy();
        };
        call.on('error', fail);
        call.on('response', (response) => {
          readBody(response, exchange).then((bytes) => {
            clearTimeout(timer);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
          }, fail);
        });
        // In as few writes as the system allows.
        call.cork();
        for (const part of body ?? []) call.write(part);
        call.end();
        call.uncork();
      });
    },
    close: () => agent.destroy(),
  };
}

/** Reads a body up to a limit. A longer one is an error, or is cut if it describes an error. */
function readBody(response: IncomingMessage, { maxBytes, alignAt }: HttpExchange): Promise<Uint8Array> {
  const { statusCode = 0, headers } = response;
  const whole = statusCode < 300;
  const most = whole ? maxBytes : errorBytes;
  const tooLarge = (size: number) =>
    new CallFailure('garbage', `its answer has ${size} bytes or more, where ${most} would be plausible`);
  const claimed = Number(headers['content-length'] ?? Number.NaN);
  if (whole && claimed > most) return Promise.reject(tooLarge(claimed));
  const into = claimed <= most ? room(claimed, alignAt?.(headers) ?? 0) : null;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const done = () => resolve(into?.subarray(0, size) ?? Buffer.concat(chunks, size));
    response.on('error', reject);
    response.on('end', done);
    response.on('data', (chunk: Uint8Array) => {
      if (into === null) chunks.push(chunk);
      else into.set(chunk, size);
      size += chunk.length;
      if (size <= most) return;
      if (whole) return reject(tooLarge(size));
      done();
      response.destroy();
    });
  });
}

/** Allocates bytes so that the one at `index` is at a multiple of 8. */
function room(size: number, index: number): Uint8Array {
  const lead = Number.isSafeInteger(index) ? (8 - (index % 8)) % 8 : 0;
  return new Uint8Array(new ArrayBuffer(size + lead), lead, size);
}

function asFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  // The message of Node's parser for bytes that are not HTTP.
  if (code.startsWith('HPE_')) {
    return new CallFailure('garbage', `its answer is not HTTP (${messageOf(error)})`, error);
  }
  return new CallFailure('unavailable', messageOf(error), error);
}
