import { createHttpClient, expectUrl, type HttpClient, withoutSecrets } from '@clickmask/core/adapters';
import { z } from 'zod';
import { Problem } from '../problems/index.js';
import { createTokenSource, type TokenSource } from './tokens.js';

const backend = z.looseObject({
  id: z.number(),
  url: z.string(),
  title: z.string().nullish(),
  is_interactive: z.boolean().default(false),
  state: z.string().nullish(),
  error_message: z.string().nullish(),
  model_version: z.string().nullish(),
  auth_method: z.string().nullish(),
});
const project = z.looseObject({
  id: z.number(),
  title: z.string().nullish(),
  label_config: z.string().default(''),
  model_version: z.string().nullish(),
  task_number: z.number().nullish(),
});
const task = z.looseObject({ id: z.number(), data: z.record(z.string(), z.unknown()) });
const annotation = z.looseObject({
  id: z.number(),
  updated_at: z.string().nullish(),
  /** Seconds. Grows with each save of the editor. */
  lead_time: z.number().nullish(),
  result: z.array(z.unknown()).default([]),
});
const annotatedTask = z.looseObject({ id: z.number(), annotations: z.array(annotation).default([]) });
const webhook = z.looseObject({
  id: z.number(),
  url: z.string(),
  headers: z.record(z.string(), z.unknown()).nullish(),
  is_active: z.boolean().nullish(),
});
const interactive = z.looseObject({ data: z.unknown().optional(), errors: z.array(z.unknown()).optional() });

export type LabelStudioMlBackend = z.infer<typeof backend>;
export type LabelStudioProject = z.infer<typeof project>;
export type LabelStudioAnnotation = z.infer<typeof annotation>;
export type LabelStudioAnnotatedTask = z.infer<typeof annotatedTask>;
export type LabelStudioTask = z.infer<typeof task>;
export type LabelStudioWebhook = z.infer<typeof webhook>;

/** The settings of an ML backend when it is added or changed. */
export interface MlBackendSettings {
  readonly url: string;
  readonly project: number;
  readonly title?: string;
  readonly is_interactive?: boolean;
  readonly auth_method?: 'NONE' | 'BASIC_AUTH';
  readonly basic_auth_user?: string;
  readonly basic_auth_pass?: string;
}

/** The part of Label Studio's REST API that a backend needs. Every call throws a `Problem` with advice. */
export interface LabelStudioClient {
  readonly url: URL;
  readonly tokens: TokenSource;
  version(signal?: AbortSignal): Promise<string>;
  whoami(signal?: AbortSignal): Promise<string>;
  project(id: number, signal?: AbortSignal): Promise<LabelStudioProject>;
  createProject(settings: { readonly title: string; readonly label_config: string }): Promise<LabelStudioProject>;
  /** The task at an index (from 0) of the project's list, ordered by id; undefined past the end. */
  taskAt(projectId: number, index: number, signal?: AbortSignal): Promise<LabelStudioTask | undefined>;
  /** Tasks of a project with an id above `after`, ordered by id, without annotations. */
  tasksAfter(
    projectId: number,
    after: number,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly LabelStudioTask[]>;
  mlBackends(projectId: number, signal?: AbortSignal): Promise<readonly LabelStudioMlBackend[]>;
  addMlBackend(settings: MlBackendSettings): Promise<LabelStudioMlBackend>;
  changeMlBackend(id: number, settings: MlBackendSettings): Promise<LabelStudioMlBackend>;
  /** Tasks of a project with an id above `after`, ordered by id, with annotations. */
  annotatedTasks(
    projectId: number,
    after: number,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly LabelStudioAnnotatedTask[]>;
  annotation(id: number, signal?: AbortSignal): Promise<LabelStudioAnnotation>;
  /**
   * Replaces only the result of an annotation.
   * @returns the annotation as stored
   */
  changeAnnotation(id: number, result: readonly unknown[]): Promise<LabelStudioAnnotation>;
  changeLabelConfig(projectId: number, xml: string): Promise<void>;
  /** Label Studio's own export: `JSON`, `COCO`, … */
  exportProject(projectId: number, format: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** The request that the editor makes at a smart click. */
  interactive(backendId: number, taskId: number, context: unknown): Promise<z.infer<typeof interactive>>;
  webhooks(projectId: number, signal?: AbortSignal): Promise<readonly LabelStudioWebhook[]>;
  /** Replaces all headers of a webhook. */
  setWebhookHeaders(id: number, headers: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface LabelStudioClientOptions {
  /** Address, with the path prefix if there is one, such as `https://labels.example.com/label-studio`. */
  readonly url: string;
  /** A legacy token or a personal access token. */
  readonly token?: string;
  /** Milliseconds for one call. Default 20,000. */
  readonly timeoutMs?: number;
}

/**
 * A small typed client for Label Studio.
 *
 * @throws ClickmaskError `bad-option` if the address is not http or https
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createLabelStudioClient } from '@clickmask/label-studio-backend';
 *
 * // Stands for a Label Studio here.
 * const server = createServer((_request, response) => response.end('{"release":"1.23.2"}'));
 * await new Promise<void>((resolve) => server.listen(8765, '127.0.0.1', resolve));
 * const client = createLabelStudioClient({ url: 'http://127.0.0.1:8765' });
 * console.log(await client.version()); // 1.23.2
 * server.closeAllConnections();
 * server.close();
 * ```
 */
export function createLabelStudioClient(options: LabelStudioClientOptions): LabelStudioClient {
  const { timeoutMs = 20_000 } = options;
  const base = parseLabelStudioUrl(options.url);
  const tokens = createLabelStudioTokens(base, options.token, timeoutMs);
  const http = createHttpClient({ timeoutMs, privateAddresses: true });

  const { call, text, ask } = createApi(http, base, tokens);

  return {
    url: base,
    tokens,
    async version(signal) {
      const answer = await ask(
        z.looseObject({ release: z.string().optional() }),
        'GET',
        '/api/version',
        undefined,
        signal,
      );
      return answer.release ?? 'unknown';
    },
    async whoami(signal) {
      const schema = z.looseObject({ email: z.string().optional(), username: z.string().optional() });
      const answer = await ask(schema, 'GET', '/api/current-user/whoami', undefined, signal);
      return answer.email ?? answer.username ?? 'unknown';
    },
    project: (id, signal) => ask(project, 'GET', `/api/projects/${id}`, undefined, signal),
    createProject: (settings) => ask(project, 'POST', '/api/projects/', settings),
    tasksAfter: (projectId, after, limit, signal) =>
      ask(listOf(task), 'GET', tasksPath(projectId, after, limit, 'task_only'), undefined, signal),
    async taskAt(projectId, index, signal) {
      const [found] = await ask(
        listOf(task),
        'GET',
        tasksPath(projectId, 0, 1, 'task_only', index + 1),
        undefined,
        signal,
      );
      return found;
    },
    annotatedTasks: (projectId, after, limit, signal) =>
      ask(listOf(annotatedTask), 'GET', tasksPath(projectId, after, limit, 'all'), undefined, signal),
    annotation: (id, signal) => ask(annotation, 'GET', `/api/annotations/${id}/`, undefined, signal),
    changeAnnotation: (id, result) => ask(annotation, 'PATCH', `/api/annotations/${id}/`, { result }),
    async changeLabelConfig(projectId, xml) {
      await call('PATCH', `/api/projects/${projectId}/`, { label_config: xml });
    },
    async exportProject(projectId, format, signal) {
      const query = new URLSearchParams({ exportType: format, download_resources: 'false' });
      const path = `/api/projects/${projectId}/export?${query}`;
      return Buffer.from(await text('GET', path, undefined, signal, exportLimits));
    },
    mlBackends: (projectId, signal) => ask(listOf(backend), 'GET', `/api/ml/?project=${projectId}`, undefined, signal),
    addMlBackend: (settings) => ask(backend, 'POST', '/api/ml/', { extra_params: null, ...settings }),
    changeMlBackend: (id, settings) => ask(backend, 'PATCH', `/api/ml/${id}`, settings),
    interactive: (backendId, taskId, context) =>
      ask(interactive, 'POST', `/api/ml/${backendId}/interactive-annotating`, { task: taskId, context }),
    webhooks: (projectId, signal) =>
      ask(listOf(webhook), 'GET', `/api/webhooks/?project=${projectId}`, undefined, signal),
    async setWebhookHeaders(id, headers) {
      await call('PATCH', `/api/webhooks/${id}/`, { headers });
    },
  };
}

/** Calls the REST API with the token, and renews the token once if it has expired. */
function createApi(http: HttpClient, base: URL, tokens: TokenSource) {
  async function call(method: string, path: string, body?: unknown, outer?: AbortSignal): Promise<unknown> {
    return parseJson(await text(method, path, body, outer), method, path);
  }

  async function text(
    method: string,
    path: string,
    body?: unknown,
    outer?: AbortSignal,
    limits: CallLimits = {},
  ): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const authorization = await tokens.authorization(outer);
      const sent = await send(http, base, { ...limits, method, path, body, authorization, signal: outer });
      const { status, text: answer } = sent;
      if (status === 401 && authorization !== undefined && attempt === 0 && tokens.refused(authorization)) continue;
      if (status >= 200 && status < 300) return answer;
      if (status === 401 || (status === 403 && tokens.kind === 'none')) {
        throw new Problem(
          tokens.kind === 'none' ? 'token-missing' : 'token-refused',
          `Label Studio answered ${method} ${path} with status ${status}: ${summary(answer)}`,
        );
      }
      throw new Problem(
        'label-studio-refused',
        `Label Studio answered ${method} ${path} with status ${status}: ${summary(answer)}`,
        {
          details: { status },
        },
      );
    }
  }

  async function ask<T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown, signal?: AbortSignal) {
    const answer = schema.safeParse(await call(method, path, body, signal));
    if (answer.success) return answer.data;
    throw new Problem(
      'label-studio-refused',
      `Label Studio answered ${method} ${path} in a form that is not known: ${z.prettifyError(answer.error)}`,
    );
  }

  return { call, text, ask };
}

// Depending on the version, lists come bare or in pages.
const listOf = <T>(item: z.ZodType<T>) =>
  z.union([
    z.array(item),
    z.looseObject({ results: z.array(item) }).transform((page) => page.results),
    z.looseObject({ tasks: z.array(item) }).transform((page) => page.tasks),
  ]);

function tasksPath(projectId: number, after: number, limit: number, fields: string, page = 1): string {
  const query = JSON.stringify({
    filters: {
      conjunction: 'and',
      items: [{ filter: 'filter:tasks:id', operator: 'greater', type: 'Number', value: after }],
    },
    ordering: ['tasks:id'],
  });
  const parameters = new URLSearchParams({
    project: String(projectId),
    page: String(page),
    page_size: String(limit),
    fields,
    query,
  });
  return `/api/tasks/?${parameters}`;
}

/** Makes a token source that exchanges personal tokens at this Label Studio. */
export function createLabelStudioTokens(base: URL, token: string | undefined, timeoutMs: number): TokenSource {
  const http = createHttpClient({ timeoutMs, privateAddresses: true });
  return createTokenSource(token, async (refresh) => {
    const { status, text } = await send(http, base, { method: 'POST', path: '/api/token/refresh/', body: { refresh } });
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return { status, body };
  });
}

/** A text of another program without the user and password of addresses in it. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1');
}

/**
 * Without user and password, which Label Studio does not take, so that no message shows them.
 *
 * @throws ClickmaskError `bad-option`
 */
export function parseLabelStudioUrl(text: string): URL {
  const url = expectUrl('bad-option', 'the address of Label Studio', text);
  url.username = '';
  url.password = '';
  url.hash = '';
  url.search = '';
  return url;
}

interface CallLimits {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/** Label Studio makes an export while it is waited for; a text of JavaScript holds no more. */
const exportLimits: CallLimits = { timeoutMs: 600_000, maxBytes: 500e6 };

interface Call extends CallLimits {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

/** Redirects are not followed: they could lead to another origin, which must not get the token. */
async function send(http: HttpClient, base: URL, call: Call): Promise<{ status: number; text: string }> {
  const { method, path, body, authorization, signal, timeoutMs, maxBytes } = call;
  try {
    const { status, headers, bytes } = await http.send({
      url: `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`,
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      ...{ signal, timeoutMs, maxBytes },
    });
    if (status < 300 || status >= 400) return { status, text: bytes.toString('utf8') };
    const to = headers.location ?? '';
    if (to.includes('/user/login')) return { status: 401, text: 'asks for a login' };
    return { status, text: `redirects to ${withoutSecrets(to)}; give that address instead` };
  } catch (cause) {
    const message = `Expected an answer of Label Studio at ${base.origin}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new Problem('label-studio-unreachable', message, { cause });
  }
}

function parseJson(text: string, method: string, path: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(
      'label-studio-unreachable',
      `Expected JSON from ${method} ${path} but received "${summary(text)}": is this the address of Label Studio?`,
    );
  }
}

function summary(text: string): string {
  const flat = withoutCredentials(text.replace(/\s+/g, ' ').trim());
  return flat.length > 300 ? `${flat.slice(0, 300)}…` : flat;
}
