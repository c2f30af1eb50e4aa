import { ClickmaskError, isClickmaskError } from '@clickmask/core';
import { createHttpClient, expectUrl, type HttpFailure, type HttpResponse } from '@clickmask/core/adapters';
import { withDefaults } from '../options/with-defaults.js';
import { sendChecked } from './http.js';
import type {
  CvatAnnotations,
  CvatAuth,
  CvatDataMeta,
  CvatFunction,
  CvatJob,
  CvatLabel,
  CvatRequest,
  CvatServer,
  CvatShape,
  InteractorCall,
  NewCvatRequest,
} from './types.js';

export interface CvatClientOptions {
  /** Address of the server, such as `http://localhost:8080`. */
  readonly url: string;
  /** Default: none, which few servers allow. */
  readonly auth?: CvatAuth;
  /** Short name of an organization. */
  readonly organization?: string;
  /** Milliseconds for one request; default 120,000. */
  readonly timeoutMs?: number;
  /** Largest answer in bytes; default 512 MiB. */
  readonly maxBytes?: number;
  /** How often a reading request is tried when the server is out of reach or overloaded; default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt, doubled with each further one; default 500. */
  readonly retryDelayMs?: number;
}

const clientDefaults = Object.freeze({ timeoutMs: 120_000, maxBytes: 512 * 2 ** 20, attempts: 3, retryDelayMs: 500 });

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The part of CVAT's API that an interactor's tools need. All methods reject with `request-failed` and friends. */
export interface CvatClient {
  /** Name and version; needs no credentials. */
  about(options?: CallOptions): Promise<CvatServer>;
  readonly functions: {
    list(options?: CallOptions): Promise<readonly CvatFunction[]>;
    get(id: string, options?: CallOptions): Promise<CvatFunction>;
    /** Calls an interactor on a frame; gives the function's reply as text, for `readReply`. */
    call(id: string, call: InteractorCall, options?: CallOptions): Promise<string>;
  };
  readonly requests: {
    list(options?: CallOptions): Promise<readonly CvatRequest[]>;
    create(request: NewCvatRequest, options?: CallOptions): Promise<CvatRequest>;
    get(id: string, options?: CallOptions): Promise<CvatRequest>;
    cancel(id: string, options?: CallOptions): Promise<void>;
  };
  readonly jobs: {
    get(id: number, options?: CallOptions): Promise<CvatJob>;
    meta(id: number, options?: CallOptions): Promise<CvatDataMeta>;
    labels(id: number, options?: CallOptions): Promise<readonly CvatLabel[]>;
    /** A frame's file, in original quality. */
    frame(id: number, number: number, options?: CallOptions): Promise<Buffer>;
    annotations(id: number, options?: CallOptions): Promise<CvatAnnotations>;
    /** Adds shapes; gives them with their ids. */
    createShapes(id: number, shapes: readonly CvatShape[], options?: CallOptions): Promise<readonly CvatShape[]>;
    /** Takes shapes away. */
    deleteShapes(id: number, shapes: readonly CvatShape[], options?: CallOptions): Promise<void>;
  };
}

/**
 * A client for a CVAT server.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { createCvatClient } from '@clickmask/cvat-serverless';
 *
 * const client = createCvatClient({ url: 'http://127.0.0.1:9', attempts: 1 });
 * await client.about().catch((error) => console.log(error.code)); // request-failed
 * ```
 */
export function createCvatClient(options: CvatClientOptions): CvatClient {
  const settings = withDefaults(clientDefaults, options);
  const base = expectUrl('bad-option', 'url', settings.url);
  const { timeoutMs, maxBytes, retryDelayMs } = settings;
  const http = createHttpClient({ timeoutMs, maxBytes, privateAddresses: true });
  const headers: Record<string, string> = {
    accept: 'application/vnd.cvat+json, application/json',
    ...(settings.auth === undefined ? {} : { authorization: authorization(settings.auth) }),
    ...(settings.organization === undefined ? {} : { 'x-organization': settings.organization }),
  };

  const address = (path: string): string => new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base).href;

  const request = async (
    method: string,
    url: string,
    body: unknown,
    { signal }: CallOptions = {},
  ): Promise<HttpResponse> => {
    // Only reading can be repeated without harm.
    const attempts = method === 'GET' ? settings.attempts : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendChecked(http, {
          url,
          method,
          headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
          body: body === undefined ? undefined : JSON.stringify(body),
          signal,
        });
      } catch (error) {
        if (attempt >= attempts || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs * 2 ** (attempt - 1)));
      }
    }
  };

  const json = async <T>(method: string, path: string, body: unknown, call?: CallOptions): Promise<T> => {
    const { bytes } = await request(method, path.startsWith('http') ? path : address(path), body, call);
    try {
      return JSON.parse(bytes.toString('utf8')) as T;
    } catch (cause) {
      const message = `Expected JSON from ${base.host}${path} but received ${bytes.length} bytes of something else. Is this a CVAT server?`;
      throw new ClickmaskError('bad-format', message, { cause });
    }
  };
  const get = <T>(path: string, call?: CallOptions): Promise<T> => json<T>('GET', path, undefined, call);

  /** All pages of a list. */
  const pages = async <T>(path: string, call?: CallOptions): Promise<T[]> => {
    const all: T[] = [];
    let next: string | null = path;
    while (next !== null) {
      const page: { readonly results: readonly T[]; readonly next?: string | null } = await get(next, call);
      if (!Array.isArray(page.results))
        throw new ClickmaskError('bad-format', `Expected a list from ${base.host}${path}.`);
      all.push(...page.results);
      // The server may know itself by another name than the caller: only the page's number is taken from it.
      next = page.next ? `${path.split('?')[0]}${new URL(page.next, base).search}` : null;
    }
    return all;
  };

  const patch = (
    id: number,
    action: 'create' | 'delete',
    shapes: readonly CvatShape[],
    call?: CallOptions,
  ): Promise<CvatAnnotations> =>
    json('PATCH', `/api/jobs/${id}/annotations/?action=${action}`, { version: 0, tags: [], shapes, tracks: [] }, call);

  const part = encodeURIComponent;
  return {
    about: (call) => get('/api/server/about', call),
    functions: {
      list: (call) => get('/api/lambda/functions', call),
      get: (id, call) => get(`/api/lambda/functions/${part(id)}`, call),
      call: async (id, body, call) => {
        const { bytes } = await request(
          'POST',
          address(`/api/lambda/functions/${part(id)}`),
          { type: 'interact', ...body },
          call,
        );
        return bytes.toString('utf8');
      },
    },
    requests: {
      list: (call) => get('/api/lambda/requests', call),
      create: (body, call) => json('POST', '/api/lambda/requests', body, call),
      get: (id, call) => get(`/api/lambda/requests/${part(id)}`, call),
      cancel: async (id, call) => {
        await request('DELETE', address(`/api/lambda/requests/${part(id)}`), undefined, call);
      },
    },
    jobs: {
      get: (id, call) => get(`/api/jobs/${id}`, call),
      meta: (id, call) => get(`/api/jobs/${id}/data/meta`, call),
      labels: (id, call) => pages(`/api/labels?job_id=${id}&page_size=100`, call),
      frame: async (id, number, call) => {
        const path = `/api/jobs/${id}/data?type=frame&number=${number}&quality=original`;
        return (await request('GET', address(path), undefined, call)).bytes;
      },
      annotations: (id, call) => get(`/api/jobs/${id}/annotations/`, call),
      createShapes: async (id, shapes, call) => (await patch(id, 'create', shapes, call)).shapes,
      deleteShapes: async (id, shapes, call) => {
        await patch(id, 'delete', shapes, call);
      },
    },
  };
}

function authorization(auth: CvatAuth): string {
  if ('accessToken' in auth) return `Bearer ${auth.accessToken}`;
  if ('token' in auth) return `Token ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

/** Whether a failure may be gone a moment later: no answer, too many requests, an overloaded server. */
function isPassing(error: unknown): boolean {
  if (!isClickmaskError(error, 'request-failed')) return false;
  const { status, reason } = error.details as { readonly status?: number; readonly reason?: HttpFailure };
  return status === undefined ? reason === 'unreachable' : status === 429 || status >= 502;
}
