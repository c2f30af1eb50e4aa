import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../../test/support/fake-model.js';
import {
  tinyFeeds as feeds,
  tinyHash as hash,
  tinySource as source,
  tinyVersion as version,
} from '../../../test/support/served-tiny.js';
import { resolveServer } from './address.js';
import { createOipClient } from './client.js';
import { createOipBackend } from './oip-backend.js';
import { CallFailure, type FailureKind, type OipTransport } from './transport.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const y = { name: 'y', datatype: 'FP32', shape: [1, 2] };

function binary(response: ServerResponse, output: object = y, bytes = Buffer.from(Float32Array.of(3, 4).buffer)): void {
  const head = JSON.stringify({ outputs: [{ ...output, parameters: { binary_data_size: bytes.length } }] });
  response.setHeader('inference-header-content-length', head.length);
  response.end(Buffer.concat([Buffer.from(head), bytes]));
}

/** A server with the model above, whose answers to calls are given one after another; the last goes on. */
async function serve(answers: readonly Answer[], versions = [version]): Promise<string> {
  let calls = 0;
  const server = createServer((request, response) => {
    if (request.url === `/v2/models/tiny-network/versions/${versions[0]}`) {
      const named = { name: 'tiny-network', versions, platform: 'test' };
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];
      response.end(JSON.stringify({ ...named, inputs, outputs: [{ ...y, shape: [-1, 2] }] }));
    } else if (request.method === 'POST') {
      request.resume().on('end', () => answers[Math.min(calls++, answers.length - 1)](request, response));
    } else response.writeHead(404).end('{}');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const open = async (url: string, more = {}) =>
  (await createOipBackend({ url, timeoutMs: 1500, ...more })).createSession(source, { providers: ['oip'] });

describe('a graph on an inference server', () => {
  it('is called by name and version, with the headers, and never sent', async () => {
    let seen: IncomingMessage | undefined;
    const url = await serve([
      (request, response) => {
        seen = request;
        binary(response);
      },
    ]);
    const session = await open(url, { headers: { authorization: 'Bearer t' } });
    expect(session.provider).toBe('oip');
    expect((await session.run(feeds)).y.data).toEqual(Float32Array.of(3, 4));
    expect(seen?.url).toBe(`/v2/models/tiny-network/versions/${version}/infer`);
    expect(seen?.headers.authorization).toBe('Bearer t');
  });

  const nan = Buffer.from(Float32Array.of(1, Number.NaN).buffer);
  const wrong: readonly (readonly [string, Answer, string])[] = [
    ['bytes that are no JSON', (_, response) => response.end('garbage'), 'backend-failed'],
    [
      'a head that is longer than the answer',
      (_, response) => {
        response.setHeader('inference-header-content-length', 1e9);
        response.end('{}');
      },
      'backend-failed',
    ],
    ['another shape', (_, response) => binary(response, { ...y, shape: [2, 1] }), 'backend-failed'],
    ['a shape of a gigabyte', (_, response) => binary(response, { ...y, shape: [1, 2 ** 28] }), 'backend-failed'],
    ['another type', (_, response) => binary(response, { ...y, datatype: 'INT32' }), 'backend-failed'],
    ['another output', (_, response) => binary(response, { ...y, name: 'z' }), 'backend-failed'],
    ['what is not a number', (_, response) => binary(response, y, nan), 'backend-failed'],
    [
      'a gigabyte, it says',
      (_, response) => response.writeHead(200, { 'content-length': 2 ** 30 }).write('x'),
      'backend-failed',
    ],
    [
      'a body without end',
      (_, response) => void setInterval(() => response.write(Buffer.alloc(2 ** 20)), 1).unref(),
      'backend-failed',
    ],
    [
      'another address',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      'backend-failed',
    ],
    ['nothing', () => {}, 'deadline-exceeded'],
    ['that it is not allowed', (_, response) => response.writeHead(401).end('{}'), 'backend-unavailable'],
    ['that it failed', (_, response) => response.writeHead(500).end('{"error":"no memory"}'), 'backend-failed'],
    ['that it has other weights', (_, response) => response.writeHead(404).end('{}'), 'bad-model'],
  ];
  it.each(wrong)('that answers %s is a coded error, and the next call works', async (_name, answer, code) => {
    const url = await serve([answer, (_request, response) => binary(response)]);
    const session = await open(url);
    const failed = await session.run(feeds).catch((error: unknown) => error as { code: string; message: string });
    expect(failed).toMatchObject({ code, message: expect.stringContaining(url) });
    expect((await session.run(feeds)).y.data).toEqual(Float32Array.of(3, 4));
  });

  it('is asked again where the server is busy or breaks off, and not where it is wrong', async () => {
    const busy: Answer = (_, response) => response.writeHead(503).end('{}');
    const reset: Answer = (request) => request.socket.destroy();
    const session = await open(await serve([busy, reset, (_, response) => binary(response)]));
    expect((await session.run(feeds)).y.data).toEqual(Float32Array.of(3, 4));
  });

  it('of other weights is refused, and the message says which', async () => {
    const url = await serve([], ['7']);
    await expect(open(url)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(hash.slice(0, 12)),
    });
  });
});

describe('the circuit', () => {
  it('opens after five failures, lets one call try after a pause, and closes when it works', async () => {
    let now = 0;
    let kind: FailureKind | null = 'deadline';
    let calls = 0;
    const clock = { now: () => now, pause: async () => {} };
    const client = createOipClient(resolveServer('http://triton:8000'), {} as OipTransport, clock);
    const call = () =>
      client.call('it', async () => {
        calls += 1;
        if (kind !== null) throw new CallFailure(kind, 'no');
        return 1;
      });
    for (let i = 0; i < 5; i++) expect(await codeOf(call())).toBe('deadline-exceeded');
    expect(client.state()).toMatchObject({ circuit: 'open', failures: 5 });
    expect(await codeOf(call())).toBe('backend-unavailable');
    expect(calls).toBe(5);
    now = 2000;
    expect(client.state().circuit).toBe('half-open');
    expect(await codeOf(call())).toBe('deadline-exceeded');
    expect(await codeOf(call())).toBe('backend-unavailable');
    now = 4000;
    kind = null;
    expect(await call()).toBe(1);
    expect(client.state()).toMatchObject({ circuit: 'closed', failures: 0 });
  });
});

describe('an address', () => {
  it.each([
    'ftp://triton:hunter2@x',
    'triton:hunter2@x:8001',
    'grpc://u:hun/hunter2@x',
    'grpc://u:a@hunter2@x:port',
    'gopher://x?token=hunter2',
    'grpc://u:hunter2@x/path',
  ])('%s is refused without telling the secret', (url) => {
    expect(() => resolveServer(url)).toThrow(/^(?!.*hunter2).*engine/);
  });

  it.each(['triton:8001', 'ftp://x', 'http://', 'http://u:p@x', 'http://x?a=1', 'grpc://x/path', ''])(
    '%s is refused',
    (url) => {
      expect(() => resolveServer(url)).toThrow(/engine/);
    },
  );

  it.each([
    ['grpc://triton:8001', 'grpc', false, 'triton:8001'],
    ['grpcs://a.example', 'grpc', true, 'a.example:443'],
    ['http://h:8000/v2/', 'rest', false, 'h:8000'],
  ])('%s is understood', (url, transport, secure, target) => {
    expect(resolveServer(url)).toMatchObject({ transport, secure, target });
  });
});
