import { withDefaults } from '../options/with-defaults.js';
import { type CallOptions, type CvatApi, createCvatApi } from './cvat-api.js';
import { sendableShape } from './sendable-shape.js';
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
  /** Default: none. Few servers allow that. */
  readonly auth?: CvatAuth;
  /** Short name of an organization. */
  readonly organization?: string;
  /** Milliseconds for one request. Default 120,000. */
  readonly timeoutMs?: number;
  /** Largest answer in bytes. Default 512 MiB. */
  readonly maxBytes?: number;
  /** Maximum attempts of a reading request if the server is unreachable or overloaded. Default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt. Doubles with each further one. Default 500. */
  readonly retryDelayMs?: number;
}

const clientDefaults = Object.freeze({ timeoutMs: 120_000, maxBytes: 512 * 2 ** 20, attempts: 3, retryDelayMs: 500 });

/**
 * The part of CVAT's API that an interactor's tools need. All methods reject with `request-failed`, `deadline-exceeded`
 * or `aborted`.
 */
export interface CvatClient {
  /** Name and version. Needs no credentials. */
  about(options?: CallOptions): Promise<CvatServer>;
  readonly functions: {
    list(options?: CallOptions): Promise<readonly CvatFunction[]>;
    get(id: string, options?: CallOptions): Promise<CvatFunction>;
    /** Runs an interactor on a frame. Returns the function's reply as text, for `readReply`. */
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
    /** Adds shapes. Returns them with their ids. */
    createShapes(id: number, shapes: readonly CvatShape[], options?: CallOptions): Promise<readonly CvatShape[]>;
    /** Deletes shapes. */
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
  const api = createCvatApi(withDefaults(clientDefaults, options));
  const part = encodeURIComponent;
  return {
    about: (call) => api.get('/api/server/about', call),
    functions: {
      list: (call) => api.get('/api/lambda/functions', call),
      get: (id, call) => api.get(`/api/lambda/functions/${part(id)}`, call),
      call: async (id, body, call) => {
        const path = `/api/lambda/functions/${part(id)}`;
        return (await api.send('POST', path, { type: 'interact', ...body }, call)).bytes.toString('utf8');
      },
    },
    requests: {
      list: (call) => api.get('/api/lambda/requests', call),
      create: (body, call) => api.json('POST', '/api/lambda/requests', body, call),
      get: (id, call) => api.get(`/api/lambda/requests/${part(id)}`, call),
      cancel: async (id, call) => {
        await api.send('DELETE', `/api/lambda/requests/${part(id)}`, undefined, call);
      },
    },
    jobs: {
      get: (id, call) => api.get(`/api/jobs/${id}`, call),
      meta: (id, call) => api.get(`/api/jobs/${id}/data/meta`, call),
      labels: (id, call) => api.pages(`/api/labels?job_id=${id}&page_size=100`, call),
      frame: async (id, number, call) => {
        const path = `/api/jobs/${id}/data?type=frame&number=${number}&quality=original`;
        return (await api.send('GET', path, undefined, call)).bytes;
      },
      annotations: (id, call) => api.get(`/api/jobs/${id}/annotations/`, call),
      createShapes: async (id, shapes, call) => (await patch(api, id, 'create', shapes, call)).shapes,
      deleteShapes: async (id, shapes, call) => {
        await patch(api, id, 'delete', shapes, call);
      },
    },
  };
}

function patch(
  api: CvatApi,
  id: number,
  action: 'create' | 'delete',
  shapes: readonly CvatShape[],
  call?: CallOptions,
): Promise<CvatAnnotations> {
  const body = { version: 0, tags: [], shapes: shapes.map(sendableShape), tracks: [] };
  return api.json('PATCH', `/api/jobs/${id}/annotations/?action=${action}`, body, call);
}
