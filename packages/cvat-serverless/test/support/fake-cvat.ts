import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { CvatLabel, CvatShape, CvatTrack } from '../../src/client/index.js';
import { createFakeJob, type FakeJob } from './fake-job.js';

export { shapeDefaults } from './fake-job.js';

/** A small CVAT server in memory: what the client and its commands need, with CVAT's rules about it. */
export interface FakeCvat {
  readonly url: string;
  readonly shapes: CvatShape[];
  readonly job: FakeJob;
  /** What was asked, as `GET /api/...`. */
  readonly log: string[];
  /** Bodies of what was written. */
  readonly written: { readonly action: string; readonly shapes: CvatShape[] }[];
  /** Answers the next requests to paths that begin so with these statuses. */
  fail(path: string, ...statuses: number[]): void;
  close(): Promise<void>;
}

export interface FakeCvatOptions {
  readonly token?: string;
  readonly version?: string;
  readonly frames?: readonly Buffer[];
  readonly startFrame?: number;
  readonly deletedFrames?: readonly number[];
  readonly labels?: readonly CvatLabel[];
  readonly shapes?: readonly Omit<CvatShape, 'id'>[];
  readonly tracks?: readonly CvatTrack[];
  /** Address of the page after one, in place of an honest list's. */
  readonly nextPage?: (page: number) => string;
  /** Called before a frame is sent. */
  readonly onFrame?: (number: number, server: FakeCvat) => void;
}

export async function startFakeCvat(options: FakeCvatOptions = {}): Promise<FakeCvat> {
  const {
    token = 'secret',
    version = '2.54.1',
    frames = [],
    startFrame = 0,
    deletedFrames = [],
    labels = [
      { id: 1, name: 'cat', type: 'any' },
      { id: 2, name: 'dog', type: 'any' },
    ],
  } = options;
  const job = createFakeJob(options.shapes ?? [], options.tracks);
  const failures = new Map<string, number[]>();
  const functions = [
    {
      id: 'clickmask',
      kind: 'interactor',
      name: 'Clickmask',
      description: 'd',
      version: 2,
      min_pos_points: 1,
      min_neg_points: 0,
    },
  ];
  const requests = new Map<string, object>();

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const path = url.pathname;
    fake.log.push(`${request.method} ${path}${url.search}`);
    for (const [prefix, statuses] of failures) {
      const status = path.startsWith(prefix) ? statuses.shift() : undefined;
      if (status === undefined) continue;
      if (status === 302) response.setHeader('location', 'http://elsewhere.test/login?next=secret');
      return void response.writeHead(status, { 'content-type': 'text/plain' }).end('as wished\u001b]0;title\u0007');
    }
    const body = await read(request);
    if (path === '/api/server/about') return json(response, 200, { name: 'CVAT', version, description: '' });
    const given = request.headers.authorization;
    if (given !== `Bearer ${token}` && given !== `Token ${token}`) {
      return json(response, 401, { detail: 'Authentication credentials were not provided.' });
    }
    if (path === '/api/lambda/functions') return json(response, 200, functions);
    if (path === '/api/lambda/functions/clickmask') {
      if (request.method === 'GET') return json(response, 200, functions[0]);
      const call = JSON.parse(body) as Record<string, unknown>;
      for (const name of ['frame', 'pos_points', 'neg_points']) {
        if (call[name] === undefined) return json(response, 400, [`called without mandatory argument: ${name}`]);
      }
      return json(response, 200, { shapes: [{ type: 'mask', points: [0, 2, 1, 0, 2, 0] }] });
    }
    if (path === '/api/lambda/requests') {
      if (request.method === 'GET') return json(response, 200, [...requests.values()]);
      const made = { id: 'r1', status: 'queued', function: JSON.parse(body) as object };
      requests.set('r1', made);
      return json(response, 200, made);
    }
    if (path === '/api/lambda/requests/r1' && requests.has('r1')) {
      if (request.method === 'GET') return json(response, 200, requests.get('r1'));
      requests.delete('r1');
      return json(response, 204, undefined);
    }
    if (path === '/api/jobs/7') {
      const stop = startFrame + Math.max(0, frames.length - 1);
      return json(response, 200, {
        id: 7,
        task_id: 3,
        state: 'new',
        stage: 'annotation',
        start_frame: startFrame,
        stop_frame: stop,
      });
    }
    if (path === '/api/jobs/7/data/meta') {
      return json(response, 200, {
        start_frame: startFrame,
        stop_frame: startFrame + frames.length - 1,
        frames: [],
        deleted_frames: deletedFrames,
      });
    }
    if (path === '/api/labels') {
      // Two pages, named as a server behind a proxy would.
      const second = url.searchParams.get('page') === '2';
      const honest = second ? null : `http://internal:8080/api/labels?job_id=7&page=2`;
      const next = options.nextPage?.(Number(url.searchParams.get('page') ?? 1)) ?? honest;
      return json(response, 200, {
        count: 2,
        next,
        previous: null,
        results: second ? labels.slice(1) : labels.slice(0, 1),
      });
    }
    if (path === '/api/jobs/7/data') {
      const number = Number(url.searchParams.get('number'));
      const frame = frames[number - startFrame];
      if (
        url.searchParams.get('type') !== 'frame' ||
        url.searchParams.get('quality') !== 'original' ||
        frame === undefined
      ) {
        return json(response, 400, { detail: 'bad frame' });
      }
      options.onFrame?.(number, fake);
      response.writeHead(200, { 'content-type': 'image/png' });
      response.end(frame);
      return undefined;
    }
    if (path === '/api/jobs/7/annotations/') {
      if (request.method === 'GET') return json(response, 200, job.annotations());
      const action = url.searchParams.get('action') ?? '';
      const sent = (JSON.parse(body) as { shapes: CvatShape[] }).shapes;
      fake.written.push({ action, shapes: sent });
      // What the server writes as null it does not take back, neither to make a shape nor to delete one.
      const nulls = sent.flatMap((shape) => Object.entries(shape)).filter(([, value]) => value === null);
      if (nulls.length > 0) return json(response, 400, { shapes: nulls.map(([name]) => `${name} may not be null.`) });
      if (action === 'create') {
        return json(response, 200, { version: 0, tags: [], shapes: job.create(sent), tracks: [] });
      }
      if (action === 'delete') {
        job.remove(sent);
        return json(response, 200, { version: 0, tags: [], shapes: sent, tracks: [] });
      }
    }
    return json(response, 404, { detail: 'Not found.' });
  };

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => json(response, 500, { detail: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const fake: FakeCvat = {
    url: `http://127.0.0.1:${port}`,
    shapes: job.shapes,
    job,
    log: [],
    written: [],
    fail: (path, ...statuses) => void failures.set(path, statuses),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/vnd.cvat+json' });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}
