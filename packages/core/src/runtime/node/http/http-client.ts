import { lookup as dnsLookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClickmaskError, isClickmaskError, withoutSecrets } from '../../../errors/index.js';
import { isPublicAddress } from './public-address.js';

/** Why a request failed: `details.reason` of `request-failed`. */
export type HttpFailure =
  | 'address-refused'
  | 'bad-encoding'
  | 'bad-url'
  | 'status'
  | 'too-large'
  | 'too-many-redirects'
  | 'unreachable';

/** One request of an {@link HttpClient}. */
export interface HttpRequest {
  readonly url: string | URL;
  /** Default `GET`. */
  readonly method?: string;
  /** Default of `accept-encoding`: `gzip`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Maximum bytes of the answer after unpacking. Default: the client's. */
  readonly maxBytes?: number;
  /** Milliseconds until the whole answer is received. Default: the client's. */
  readonly timeoutMs?: number;
  /** Whether the host may have a private or local address. Default: the client's. */
  readonly privateAddresses?: boolean;
  readonly signal?: AbortSignal;
}

/** A complete answer. */
export interface HttpResponse {
  /** Its address; after redirects, the last one. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** For an unsuccessful answer, at most the first 64 kB. */
  readonly bytes: Buffer;
}

/** Options of {@link createHttpClient}. */
export interface HttpClientOptions {
  /** Milliseconds until a whole answer is received. Default 20,000. */
  readonly timeoutMs?: number;
  /** Maximum bytes of an answer. Default 64 MB. */
  readonly maxBytes?: number;
  /** Whether hosts with private or local addresses are allowed. Default false: only the public internet. */
  readonly privateAddresses?: boolean;
  /** Default `clickmask`. */
  readonly userAgent?: string;
  /** How names are resolved. Default: by the system. */
  readonly lookup?: LookupFunction;
}

/** HTTP with limits on time, size and addresses. */
export interface HttpClient {
  /**
   * Sends one request. Redirects are not followed, because they could take the credentials elsewhere. Every status is
   * an answer.
   *
   * @throws ClickmaskError `request-failed` with a {@link HttpFailure} in `details.reason`, `deadline-exceeded`,
   * `aborted`
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /**
   * Gets a file. Follows at most five redirects, each checked like the first, and expects a 2xx status.
   *
   * @throws ClickmaskError `request-failed` with a {@link HttpFailure} in `details.reason` and, if there is one, the
   * `status`; `deadline-exceeded`, `aborted`
   */
  download(request: Omit<HttpRequest, 'method' | 'body'>): Promise<HttpResponse>;
  /** Closes kept connections. */
  close(): void;
}

const maxRedirects = 5;

/**
 * The HTTP client for strangers' addresses and for your own servers.
 *
 * The address is checked when the connection is made, so a name cannot change its address between check and use.
 * Messages never show credentials or queries.
 *
 * @example
 * ```ts
 * import { isClickmaskError } from '@clickmask/core';
 * import { createHttpClient } from '@clickmask/core/adapters';
 *
 * const http = createHttpClient({ timeoutMs: 5000 });
 * try {
 *   await http.download({ url: 'http://169.254.169.254/latest/meta-data' });
 * } catch (error) {
 *   console.log(isClickmaskError(error) && error.details.reason); // address-refused
 * }
 * http.close();
 * ```
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { timeoutMs = 20_000, maxBytes = 64e6, privateAddresses = false, userAgent = 'clickmask' } = options;
  const lookup = options.lookup ?? (dnsLookup as LookupFunction);
  // Two sets, because a kept connection to a private address must not serve a request that may not go there.
  const connections = { open: createAgents(lookup), guarded: createAgents(publicOnly(lookup)) };

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const url = parseUrl(request.url);
    const limit = request.timeoutMs ?? timeoutMs;
    const deadline = AbortSignal.timeout(limit);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    const open = request.privateAddresses ?? privateAddresses;
    try {
      // A literal address is never resolved, so it is checked here.
      const literal = url.hostname.replace(/^\[|\]$/g, '');
      if (!open && isIP(literal) !== 0 && !isPublicAddress(literal)) throw new RefusedAddress();
      const headers = { 'user-agent': userAgent, 'accept-encoding': 'gzip', ...request.headers };
      const agents = open ? connections.open : connections.guarded;
      const message = await begin(url, { ...request, headers, signal }, agents);
      const bytes = await readBody(message, request.maxBytes ?? maxBytes, url);
      return { url, status: message.statusCode!, headers: message.headers, bytes };
    } catch (cause) {
      if (request.signal?.aborted) {
        throw new ClickmaskError('aborted', `The request to ${withoutSecrets(url)} was aborted.`, { cause });
      }
      if (deadline.aborted) {
        const message = `${withoutSecrets(url)} did not answer within ${limit} ms.`;
        throw new ClickmaskError('deadline-exceeded', message, { cause });
      }
      throw problemOf(cause, url);
    }
  }

  return {
    send,
    async download(request) {
      const deadline = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
      const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
      let url = parseUrl(request.url);
      for (let hops = 0; hops <= maxRedirects; hops++) {
        // Headers for the first host are not sent to the next one.
        const headers = url.origin === parseUrl(request.url).origin ? request.headers : withoutTokens(request.headers);
        const response = await send({ ...request, url, headers, signal });
        const next = redirectOf(response);
        if (next === null) {
          if (response.status >= 200 && response.status < 300) return response;
          throw failed('status', `${withoutSecrets(url)} answered with status ${response.status}.`, {
            status: response.status,
          });
        }
        url = next;
      }
      throw failed('too-many-redirects', `${withoutSecrets(url)} redirects more than ${maxRedirects} times.`);
    },
    close() {
      for (const { http, https } of Object.values(connections)) {
        http.destroy();
        https.destroy();
      }
    },
  };
}

/**
 * The target of a redirect, or null.
 *
 * @throws ClickmaskError `request-failed` if it is not an address
 *
 * @example
 * ```ts
 * import { redirectOf } from '@clickmask/core/adapters';
 *
 * const answer = { url: new URL('https://example.com/a'), status: 302, headers: { location: '/b' } };
 * console.log(redirectOf(answer)?.href); // https://example.com/b
 * ```
 */
export function redirectOf({ url, status, headers }: Omit<HttpResponse, 'bytes'>): URL | null {
  if (status < 300 || status >= 400 || headers.location === undefined) return null;
  if (URL.canParse(headers.location, url)) return new URL(headers.location, url);
  throw failed('bad-url', `${withoutSecrets(url)} redirects to something that is not an address.`);
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function createAgents(lookup: LookupFunction): Agents {
  const options = { keepAlive: true, maxSockets: 16, lookup };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

class RefusedAddress extends Error {}

/** Wraps name resolution. If any address of a name is not public, it fails. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error !== null) return callback(error, address, family);
      const addresses = typeof address === 'string' ? [address] : address.map((one) => one.address);
      if (addresses.length === 0 || !addresses.every(isPublicAddress)) return callback(new RefusedAddress(), '', 0);
      callback(null, address, family);
    });
  };
}

/** Sends a request and waits for the answer's head. */
function begin(url: URL, request: HttpRequest, agents: Agents): Promise<IncomingMessage> {
  const { method = 'GET', headers, body, signal } = request;
  return new Promise((resolve, reject) => {
    const https = url.protocol === 'https:';
    const options = { method, headers, signal, agent: https ? agents.https : agents.http };
    const outgoing = (https ? httpsRequest : httpRequest)(url, options, resolve);
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      // The server had just closed the kept connection. This is not an answer to the request.
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET' && method === 'GET';
      if (stale && signal?.aborted !== true) begin(url, request, agents).then(resolve, reject);
      else reject(error);
    });
    outgoing.end(body);
  });
}

/**
 * Reads the body: all of a successful answer, and the beginning of an error message.
 *
 * @throws ClickmaskError `request-failed`, `too-large`
 */
async function readBody(message: IncomingMessage, maxBytes: number, url: URL): Promise<Buffer> {
  const isSuccess = message.statusCode! >= 200 && message.statusCode! < 300;
  const limit = isSuccess ? maxBytes : 64 * 1024;
  const parts: Buffer[] = [];
  let length = Number(message.headers['content-length'] ?? 0);
  try {
    if (length <= limit) {
      length = 0;
      for await (const part of unpacked(message, url) as AsyncIterable<Buffer>) {
        length += part.length;
        if (length > limit) break;
        parts.push(part);
      }
    }
    if (isSuccess && length > limit) {
      throw failed('too-large', `Expected at most ${limit} bytes from ${withoutSecrets(url)} but it sends more.`);
    }
    return Buffer.concat(parts);
  } finally {
    // Nothing more is read. The connection is kept only if its answer was read to the end.
    if (!message.complete) message.destroy();
  }
}

function unpacked(message: IncomingMessage, url: URL): Readable {
  const encoding = message.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return message;
  if (encoding !== 'gzip') {
    throw failed(
      'bad-encoding',
      `Expected the answer of ${withoutSecrets(url)} uncompressed or as gzip but received ${encoding}.`,
    );
  }
  const gunzip = createGunzip();
  message.once('error', (error) => gunzip.destroy(error));
  return message.pipe(gunzip);
}

function parseUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw failed(
    'bad-url',
    `Expected an address that begins with http:// or https:// but received ${url?.protocol ?? 'none'}.`,
  );
}

function withoutTokens(headers: HttpRequest['headers'] = {}): Readonly<Record<string, string>> {
  const secret = /^(?:authorization|cookie|proxy-authorization|x-.*)$/i;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.test(name)));
}

function failed(reason: HttpFailure, message: string, more: { status?: number; cause?: unknown } = {}): ClickmaskError {
  const { cause, ...details } = more;
  return new ClickmaskError('request-failed', message, { details: { reason, ...details }, cause });
}

function problemOf(cause: unknown, url: URL): ClickmaskError {
  if (isClickmaskError(cause)) return cause;
  if (cause instanceof RefusedAddress) {
    return failed('address-refused', `Expected a public address for ${url.hostname} but it is private or local.`);
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return failed(
    'unreachable',
    `${withoutSecrets(url)} cannot be reached (${code}). Check the address and that the server runs.`,
    {
      cause,
    },
  );
}
