import { lookup as dnsLookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClickmaskError, isClickmaskError } from '../../../errors/index.js';
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
  /** `accept-encoding` is `gzip` where it is not given. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Most bytes of the answer, unpacked; default the client's. */
  readonly maxBytes?: number;
  /** Milliseconds until the whole answer is here; default the client's. */
  readonly timeoutMs?: number;
  /** Whether the host may have a private or local address; default the client's. */
  readonly privateAddresses?: boolean;
  readonly signal?: AbortSignal;
}

/** An answer, whole. */
export interface HttpResponse {
  /** Where it came from; after redirects, the last one. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of an answer that is no success, at most the first 64 kB. */
  readonly bytes: Buffer;
}

/** Options of {@link createHttpClient}. */
export interface HttpClientOptions {
  /** Milliseconds until a whole answer is here. Default 20000. */
  readonly timeoutMs?: number;
  /** Most bytes of an answer. Default 64 MB. */
  readonly maxBytes?: number;
  /** Whether hosts with private or local addresses are asked too. Default false: the public internet alone. */
  readonly privateAddresses?: boolean;
  /** Default `clickmask`. */
  readonly userAgent?: string;
  /** How names are resolved; default as the system does. */
  readonly lookup?: LookupFunction;
}

/** HTTP with limits on time, size and addresses. */
export interface HttpClient {
  /**
   * One request. Redirects are not followed: they would take credentials, or the caller, elsewhere. Every status is an
   * answer.
   *
   * @throws ClickmaskError `request-failed` with a {@link HttpFailure} in `details.reason`, `deadline-exceeded`, `aborted`
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /**
   * Gets a file: follows at most five redirects, each of them checked like the first, and wants a status of 2xx.
   *
   * @throws ClickmaskError `request-failed` with a {@link HttpFailure} in `details.reason` and, where there is one, the
   * `status`; `deadline-exceeded`, `aborted`
   */
  download(request: Omit<HttpRequest, 'method' | 'body'>): Promise<HttpResponse>;
  /** Ends the connections that are kept for further requests. */
  close(): void;
}

const maxRedirects = 5;

/**
 * The one HTTP client of the house, for addresses that come from strangers, and for servers that are one's own.
 *
 * The address is checked at the moment of connecting, so that a name cannot mean another one between check and use.
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
  // Two sets: a connection to a private address, once made, must not serve a request that may not go there.
  const connections = { open: createAgents(lookup), guarded: createAgents(publicOnly(lookup)) };

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const url = parseUrl(request.url);
    const limit = request.timeoutMs ?? timeoutMs;
    const deadline = AbortSignal.timeout(limit);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    const open = request.privateAddresses ?? privateAddresses;
    try {
      // A literal address is never looked up, so that it is checked here.
      const literal = url.hostname.replace(/^\[|\]$/g, '');
      if (!open && isIP(literal) !== 0 && !isPublicAddress(literal)) throw new RefusedAddress();
      const headers = { 'user-agent': userAgent, 'accept-encoding': 'gzip', ...request.headers };
      const agents = open ? connections.open : connections.guarded;
      const message = await begin(url, { ...request, headers, signal }, agents);
      const bytes = await readBody(message, request.maxBytes ?? maxBytes, url);
      return { url, status: message.statusCode!, headers: message.headers, bytes };
    } catch (cause) {
      if (request.signal?.aborted) {
        throw new ClickmaskError('aborted', `The request to ${shown(url)} was called off.`, { cause });
      }
      if (deadline.aborted) {
        const message = `${shown(url)} did not answer within ${limit} ms.`;
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
        // What was meant for the first host is not for the next one.
        const headers = url.origin === parseUrl(request.url).origin ? request.headers : withoutSecrets(request.headers);
        const response = await send({ ...request, url, headers, signal });
        const next = redirectOf(response);
        if (next === null) {
          if (response.status >= 200 && response.status < 300) return response;
          throw failed('status', `${shown(url)} answered with status ${response.status}.`, { status: response.status });
        }
        url = next;
      }
      throw failed('too-many-redirects', `${shown(url)} redirects more than ${maxRedirects} times.`);
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
 * Where an answer redirects to, or null.
 *
 * @throws ClickmaskError `request-failed` where that is no address
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
  throw failed('bad-url', `${shown(url)} redirects to something that is no address.`);
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

/** Wraps name resolution so that a name with any address that is not public gives an error. */
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

/** Sends a request and waits for the head of the answer. */
function begin(url: URL, request: HttpRequest, agents: Agents): Promise<IncomingMessage> {
  const { method = 'GET', headers, body, signal } = request;
  return new Promise((resolve, reject) => {
    const https = url.protocol === 'https:';
    const options = { method, headers, signal, agent: https ? agents.https : agents.http };
    const outgoing = (https ? httpsRequest : httpRequest)(url, options, resolve);
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      // The server had ended the kept connection just then: not the answer to this request.
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET' && method === 'GET';
      if (stale && signal?.aborted !== true) begin(url, request, agents).then(resolve, reject);
      else reject(error);
    });
    outgoing.end(body);
  });
}

/**
 * The body. Of a success all of it; of a refusal what the server says to it, cut where that is much.
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
      throw failed('too-large', `Expected at most ${limit} bytes from ${shown(url)} but it sends more.`);
    }
    return Buffer.concat(parts);
  } finally {
    // Nothing more is read; a connection whose answer was read to its end stays.
    if (!message.complete) message.destroy();
  }
}

function unpacked(message: IncomingMessage, url: URL): Readable {
  const encoding = message.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return message;
  if (encoding !== 'gzip') {
    throw failed(
      'bad-encoding',
      `Expected the answer of ${shown(url)} as it is, or as gzip, but it comes as ${encoding}.`,
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

function withoutSecrets(headers: HttpRequest['headers'] = {}): Readonly<Record<string, string>> {
  const secret = /^(?:authorization|cookie|proxy-authorization|x-.*)$/i;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.test(name)));
}

/** An address as it may be shown: without user, password and query. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname.slice(0, 200)}`;
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
    `${shown(url)} cannot be reached (${code}). Check the address and that the server runs.`,
    {
      cause,
    },
  );
}
