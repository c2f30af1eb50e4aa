import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  tinyFeeds as feeds,
  tinyHash as hash,
  tinySource as source,
  tinyVersion as version,
} from '../../../test/support/served-tiny.js';
import {
  bytesOf,
  messageField,
  packedField,
  readFields,
  textField,
  type WireField,
  writeFields,
} from '../../wire/index.js';
import { createOipBackend } from './oip-backend.js';

const started: (Http2Server | Server)[] = [];
const sessions = new Set<{ destroy(): void }>();
afterEach(() => {
  for (const session of sessions) session.destroy();
  for (const server of started.splice(0)) server.close();
});

type Answer = (stream: ServerHttp2Stream, body: Buffer) => void;

const info = (name: string, datatype: string, shape: readonly number[]) => [
  textField(1, name),
  textField(2, datatype),
  packedField(3, shape),
];
const metadata = (versions: readonly string[]) => [
  textField(1, 'tiny-network'),
  ...versions.map((one) => textField(2, one)),
  messageField(4, info('x', 'FP32', [-1, 2])),
  messageField(5, info('y', 'FP32', [-1, 2])),
];
const raw = (...values: number[]): WireField => ({
  number: 6,
  value: new Uint8Array(Float32Array.from(values).buffer),
});
const right = [messageField(5, info('y', 'FP32', [1, 2])), raw(3, 4)];

/** One message, with its five bytes of head; the head may lie. */
function framed(bytes: Uint8Array, claimed = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(claimed, 1);
  return Buffer.concat([head, bytes]);
}

function reply(stream: ServerHttp2Stream, body: Buffer | null, status = 0, message = ''): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': message }));
  stream.end(body ?? undefined);
}

const fields =
  (list: readonly WireField[]): Answer =>
  (stream) =>
    reply(stream, framed(writeFields(list)));
const status =
  (code: number, message: string): Answer =>
  (stream) =>
    reply(stream, null, code, message);

/** A gRPC server with the model above; answers to calls are given one after another, the last goes on. */
async function serve(answers: readonly Answer[], { versions = [version], port = 0 } = {}): Promise<string> {
  let calls = 0;
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const method = String(headers[':path']).split('/').at(-1);
    const act: Answer =
      method === 'ModelMetadata'
        ? fields(metadata(versions))
        : method === 'ModelInfer'
          ? answers[Math.min(calls++, answers.length - 1)]
          : status(12, 'not here');
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => act(stream, Buffer.concat(parts)));
  });
  started.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `grpc://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const open = async (url: string, more = {}) =>
  (await createOipBackend({ url, timeoutMs: 1500, ...more })).createSession(source, { providers: ['oip'] });

describe('a graph on an inference server, over gRPC', () => {
  const wrong: readonly (readonly [string, Answer, string])[] = [
    ['bytes that are no message', (stream) => reply(stream, framed(Buffer.from([0x12, 0xff, 0xff]))), 'backend-failed'],
    ['an output without bytes', fields([right[0]]), 'backend-failed'],
    ['another shape', fields([messageField(5, info('y', 'FP32', [2, 1])), right[1]]), 'backend-failed'],
    ['a shape of a gigabyte', fields([messageField(5, info('y', 'FP32', [1, 2 ** 28])), right[1]]), 'backend-failed'],
    ['another type', fields([messageField(5, info('y', 'INT32', [1, 2])), right[1]]), 'backend-failed'],
    ['another output', fields([messageField(5, info('z', 'FP32', [1, 2])), right[1]]), 'backend-failed'],
    ['what is not a number', fields([right[0], raw(1, Number.NaN)]), 'backend-failed'],
    ['a gigabyte, it says', (stream) => reply(stream, framed(Buffer.from('x'), 2 ** 30)), 'backend-failed'],
    ['a body that is too long', (stream) => reply(stream, framed(Buffer.alloc(8 * 2 ** 20))), 'backend-failed'],
    ['nothing', () => {}, 'deadline-exceeded'],
    ['that it is not allowed', status(16, 'no'), 'backend-unavailable'],
    ['that it failed', status(13, 'no memory'), 'backend-failed'],
    ['that it has other weights', status(5, 'unknown version'), 'bad-model'],
  ];
  it.each(wrong)('that answers %s is a coded error, and the next call works', async (_name, answer, code) => {
    const url = await serve([answer, fields(right)]);
    const session = await open(url);
    const failed = await session.run(feeds).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, message: expect.stringContaining(url) });
    expect((await session.run(feeds)).y.data).toEqual(Float32Array.of(3, 4));
  });

  it('is asked again where the server is busy or breaks off', async () => {
    const broken: Answer = (stream) => stream.session?.destroy();
    const session = await open(await serve([status(14, 'busy'), broken, fields(right)]));
    expect((await session.run(feeds)).y.data).toEqual(Float32Array.of(3, 4));
  });

  it('that goes away in a call is a coded error, and works again after its return', async () => {
    const gone: Answer = (stream) => {
      started.splice(0).forEach((server) => void server.close());
      stream.session?.destroy();
    };
    const url = await serve([gone]);
    const session = await open(url);
    const message = expect.stringMatching(
      /^(?!.*(?:Resolution note|\.\s*\.)).*\. Check that it runs, and its address\.$/,
    );
    await expect(session.run(feeds)).rejects.toMatchObject({ code: 'backend-unavailable', message });
    await serve([fields(right)], { port: Number(new URL(url).port) });
    const works = () =>
      session.run(feeds).then(
        ({ y }) => [...(y.data as Float32Array)],
        () => null,
      );
    await expect.poll(works, { timeout: 10_000 }).toEqual([3, 4]);
  });

  it('gets of many calls at a time and in turn each what belongs to it', async () => {
    const rows = 5000;
    const echo: Answer = (stream, body) => {
      const [value] = bytesOf(readFields(body.subarray(5)), 7);
      const out = [messageField(5, info('y', 'FP32', [rows, 2])), { number: 6, value }];
      setTimeout(() => reply(stream, framed(writeFields(out))), value[0] % 7);
    };
    const session = await open(await serve([echo]), { timeoutMs: 20_000 });
    for (let turn = 0; turn < 3; turn++) {
      const calls = Array.from({ length: 12 }, async (_, i) => {
        const data = new Float32Array(2 * rows).fill(100 * turn + i);
        const { y } = await session.run({ x: { type: 'float32', shape: [rows, 2], data } });
        expect(y.data).toEqual(data);
      });
      await Promise.all(calls);
    }
  });

  it('of other weights is refused, and the message says which', async () => {
    const message = expect.stringContaining(hash.slice(0, 12));
    await expect(open(await serve([], { versions: ['7'] }))).rejects.toMatchObject({ code: 'bad-model', message });
  });

  it('that does not speak HTTP/2 is a coded error in bounded time', async () => {
    const server = createTcpServer((socket) => {
      sessions.add(socket);
      socket.on('error', () => {});
      socket.end('garbage garbage garbage');
    });
    started.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `grpc://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const code = expect.stringMatching(/^backend-unavailable$|^deadline-exceeded$/);
    await expect(open(url)).rejects.toMatchObject({ code });
  });
});
