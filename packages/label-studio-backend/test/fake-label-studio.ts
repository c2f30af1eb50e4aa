import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on the loopback interface. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(handler: RequestListener): Promise<Listening> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A request as the fake saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

type Json = Record<string, unknown>;

/**
 * As much of Label Studio as a backend meets: tokens of both kinds, uploads, presigned cloud addresses, and the connector
 * with its time limits and its rule that a failure is answered with 200 and `errors`.
 */
export interface FakeLabelStudio extends Listening {
  readonly seen: Seen[];
  /** Bytes by upload path, such as `upload/1/cat.png`. */
  readonly files: Map<string, Uint8Array>;
  readonly tasks: { id: number; data: Json; annotations?: Json[] }[];
  /** Told of each request before it is answered, such as `PATCH /api/annotations/3/`. */
  onRequest: (request: string) => void;
  readonly backends: Json[];
  readonly webhooks: Json[];
  labelConfig: string;
  /** Where the presign route redirects to; with no address it streams the file `s3`. */
  presignTo: string | undefined;
  /** Access tokens that are valid now; refreshing adds one. */
  readonly access: Set<string>;
  refreshes: number;
  legacyToken: string;
  readonly personalToken: string;
  /** POST /api/ml/{id}/interactive-annotating as the connector does it. */
  interactive(backend: string, task: Json, context: unknown): Promise<{ data?: Json; errors?: string[] }>;
  /** Health and setup, with their time limits. */
  connect(backend: string): Promise<{ state: 'CO' | 'ER' | 'DI'; model_version?: string }>;
}

const jwt = (payload: object) =>
  ['{"alg":"HS256"}', JSON.stringify(payload), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

export async function startFakeLabelStudio(prefix = ''): Promise<FakeLabelStudio> {
  const seen: Seen[] = [];
  const files = new Map<string, Uint8Array>();
  const access = new Set<string>();
  const state = {
    labelConfig: '',
    onRequest: (_request: string) => {},
    presignTo: undefined as string | undefined,
    refreshes: 0,
    legacyToken: 'a'.repeat(40),
    personalToken: jwt({ token_type: 'refresh', exp: 4e9 }),
  };
  const tasks: FakeLabelStudio['tasks'] = [];
  const backends: Json[] = [];
  const webhooks: Json[] = [];

  const server = await listen((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const { authorization } = request.headers;
    const method = request.method ?? 'GET';
    seen.push({ method, path: url.pathname + url.search, authorization });
    fake.onRequest(`${method} ${url.pathname}`);
    const body = await readJson(request);
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (!url.pathname.startsWith(prefix)) return json(404, { detail: 'outside of the prefix' });
    const path = url.pathname.slice(prefix.length);
    if (path === '/api/version') return json(200, { release: 'fake' });
    if (path === '/api/token/refresh/') {
      if (body.refresh !== state.personalToken) return json(401, { detail: 'bad refresh token' });
      state.refreshes++;
      const token = jwt({ token_type: 'access', exp: Date.now() / 1000 + 300, n: state.refreshes });
      access.add(token);
      return json(200, { access: token });
    }
    const [scheme, token] = (authorization ?? '').split(' ');
    const isIn = (scheme === 'Token' && token === state.legacyToken) || (scheme === 'Bearer' && access.has(token));
    if (!isIn) return json(401, { detail: 'Authentication credentials were not provided.' });
    const send = (bytes: Uint8Array | undefined) =>
      bytes === undefined
        ? json(404, { detail: 'not found' })
        : void response.writeHead(200, { 'content-type': 'image/png' }).end(bytes);
    if (path === '/storage-data/uploaded/') return send(files.get(url.searchParams.get('filepath') ?? ''));
    if (path.startsWith('/data/upload/')) return send(files.get(path.slice('/data/'.length)));
    if (/^\/tasks\/\d+\/presign\/$/.test(path)) {
      if (state.presignTo === undefined) return send(files.get('s3'));
      return void response.writeHead(303, { location: state.presignTo }).end();
    }
    if (path === '/api/current-user/whoami') return json(200, { email: 'me@example.com' });
    if (/^\/api\/projects\/\d+$/.test(path))
      return json(200, { id: 1, title: 'fake', label_config: state.labelConfig, task_number: tasks.length });
    if (path === '/api/tasks/') {
      const query = JSON.parse(url.searchParams.get('query') ?? '{}') as { filters: { items: { value: number }[] } };
      const after = query.filters.items[0].value;
      const limit = Number(url.searchParams.get('page_size'));
      const from = (Number(url.searchParams.get('page') ?? 1) - 1) * limit;
      return json(200, { tasks: tasks.filter((task) => task.id > after).slice(from, from + limit) });
    }
    const annotation = /^\/api\/annotations\/(\d+)\/$/.exec(path);
    if (annotation !== null) {
      const found = tasks.flatMap((task) => task.annotations ?? []).find(({ id }) => id === Number(annotation[1]));
      if (found === undefined) return json(404, { detail: 'not found' });
      return json(200, method === 'PATCH' ? Object.assign(found, body) : found);
    }
    if (path === '/api/ml/' && method === 'GET') return json(200, backends);
    if (path === '/api/ml/') {
      const { state: connected, model_version } = await fake.connect(String(body.url));
      if (connected !== 'CO') return json(400, { detail: 'not reachable' });
      const added = { id: backends.length + 1, ...body, state: connected, model_version };
      backends.push(added);
      webhooks.push({ id: backends.length, url: `${String(body.url)}/webhook`, headers: {} });
      return json(201, added);
    }
    const backend = /^\/api\/ml\/(\d+)$/.exec(path);
    if (backend !== null && method === 'PATCH') return json(200, Object.assign(backends[Number(backend[1]) - 1], body));
    const interactive = /^\/api\/ml\/(\d+)\/interactive-annotating$/.exec(path);
    if (interactive !== null) {
      const task = tasks.find((one) => one.id === body.task);
      return json(
        200,
        await fake.interactive(String(backends[Number(interactive[1]) - 1].url), task ?? {}, body.context),
      );
    }
    if (path === '/api/webhooks/') return json(200, webhooks);
    const webhook = /^\/api\/webhooks\/(\d+)\/$/.exec(path);
    if (webhook !== null) return json(200, Object.assign(webhooks[Number(webhook[1]) - 1], body));
    json(404, { detail: 'not found' });
  }

  const fake: FakeLabelStudio = Object.assign(state, {
    url: `${server.url}${prefix}`,
    close: server.close,
    seen,
    files,
    access,
    tasks,
    backends,
    webhooks,
    async connect(backend: string) {
      const isUp = await fetch(`${backend}/health`, { signal: AbortSignal.timeout(1000) }).then(
        (health) => health.ok,
        () => false,
      );
      if (!isUp) return { state: 'DI' as const };
      const response = await fetch(`${backend}/setup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(3000),
        body: JSON.stringify({
          project: '1.1746612998',
          schema: state.labelConfig,
          hostname: 'http://localhost:8080',
          access_token: state.legacyToken,
          extra_params: null,
        }),
      }).catch(() => undefined);
      if (!response?.ok) return { state: 'ER' as const };
      return {
        state: 'CO' as const,
        model_version: ((await response.json()) as { model_version: string }).model_version,
      };
    },
    async interactive(backend: string, task: Json, context: unknown) {
      const response = await fetch(`${backend}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'heartex/fake' },
        signal: AbortSignal.timeout(100_000),
        body: JSON.stringify({
          tasks: [{ annotations: [], predictions: [], drafts: [], ...task }],
          project: '1.1746612998',
          label_config: state.labelConfig,
          params: { login: null, password: null, context },
        }),
      });
      if (!response.ok)
        return { errors: [`${response.status} Error: ${response.statusText} for url: ${backend}/predict`] };
      const { results } = (await response.json()) as { results?: unknown };
      if (!Array.isArray(results) || results.length < 1) return { errors: ['ML backend has to return list'] };
      return { data: results[0] as Json };
    },
  });
  return fake;
}

async function readJson(request: IncomingMessage): Promise<Json> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as Json;
  } catch {
    return {};
  }
}
