import { ClickmaskError, isClickmaskError } from '@clickmask/core';
import { createHttpClient, expectUrl, type HttpFailure, type HttpResponse } from '@clickmask/core/adapters';
import { sendChecked } from './http.js';
import type { CvatAuth } from './types.js';

export interface CvatApiOptions {
  readonly url: string;
  readonly auth?: CvatAuth;
  readonly organization?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly attempts: number;
  readonly retryDelayMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** CVAT's REST interface by path. All methods reject with `request-failed`, `deadline-exceeded` or `aborted`. */
export interface CvatApi {
  /** Any request. Reading requests are retried if the server is unreachable or overloaded. */
  send(method: string, path: string, body: unknown, call?: CallOptions): Promise<HttpResponse>;
  json<T>(method: string, path: string, body: unknown, call?: CallOptions): Promise<T>;
  get<T>(path: string, call?: CallOptions): Promise<T>;
  /** All pages of a list. */
  pages<T>(path: string, call?: CallOptions): Promise<T[]>;
}

/** Maximum pages of a list. A job has far fewer labels. */
const MAX_PAGES = 1000;

/** @throws ClickmaskError `bad-option` */
export function createCvatApi(options: CvatApiOptions): CvatApi {
  const base = expectUrl('bad-option', 'url', options.url);
  const { timeoutMs, maxBytes } = options;
  const http = createHttpClient({ timeoutMs, maxBytes, privateAddresses: true });
  const headers: Record<string, string> = {
    accept: 'application/vnd.cvat+json, application/json',
    ...(options.auth === undefined ? {} : { authorization: authorization(options.auth) }),
    ...(options.organization === undefined ? {} : { 'x-organization': options.organization }),
  };
  const api: CvatApi = {
    send(method, path, body, { signal } = {}) {
      const request = {
        url: new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base),
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      };
      // Only reading requests can be repeated safely.
      const attempts = method === 'GET' ? options.attempts : 1;
      return tryOften(() => sendChecked(http, request), attempts, options.retryDelayMs);
    },
    async json<T>(method: string, path: string, body: unknown, call?: CallOptions) {
      const { bytes } = await api.send(method, path, body, call);
      try {
        return JSON.parse(bytes.toString('utf8')) as T;
      } catch (cause) {
        const message = `Expected JSON from ${base.host}${path} but received ${bytes.length} bytes of something else. Is this a CVAT server?`;
        throw new ClickmaskError('bad-format', message, { cause });
      }
    },
    get: (path, call) => api.json('GET', path, undefined, call),
    pages: (path, call) => readPages(path, (page) => api.get(page, call), base),
  };
  return api;
}

async function tryOften<T>(work: () => Promise<T>, attempts: number, delayMs: number): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs * 2 ** (attempt - 1)));
    }
  }
}

interface Page<T> {
  readonly results: readonly T[];
  readonly next?: string | null;
}

async function readPages<T>(path: string, get: (page: string) => Promise<Page<T>>, base: URL): Promise<T[]> {
  const all: T[] = [];
  const asked = new Set<string>();
  for (let next: string | null = path; next !== null; ) {
    if (asked.has(next) || asked.size >= MAX_PAGES) {
      const message = `The list ${base.host}${path} has no end: after ${asked.size} pages it names one more.`;
      throw new ClickmaskError('bad-format', message);
    }
    asked.add(next);
    const page = await get(next);
    if (!Array.isArray(page.results))
      throw new ClickmaskError('bad-format', `Expected a list from ${base.host}${path}.`);
    all.push(...(page.results as readonly T[]));
    // The server may use another name for itself than the caller, so only the page number is taken from its link.
    next = typeof page.next === 'string' ? `${path.split('?')[0]}${searchOf(page.next, base)}` : null;
  }
  return all;
}

/** The query of an address from a server. */
function searchOf(address: string, base: URL): string {
  if (!URL.canParse(address, base)) {
    throw new ClickmaskError('bad-format', `Expected an address of the next page from ${base.host}.`);
  }
  return new URL(address, base).search;
}

function authorization(auth: CvatAuth): string {
  if ('accessToken' in auth) return `Bearer ${auth.accessToken}`;
  if ('token' in auth) return `Token ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

/** Whether a failure may be temporary: no answer, too many requests, or an overloaded server. */
function isPassing(error: unknown): boolean {
  if (!isClickmaskError(error, 'request-failed')) return false;
  const { status, reason } = error.details as { readonly status?: number; readonly reason?: HttpFailure };
  return status === undefined ? reason === 'unreachable' : status === 429 || status >= 502;
}
