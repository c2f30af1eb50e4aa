import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tiffOf } from '../../../test/support/tiff-file.js';
import { isClickmaskError } from '../../errors/index.js';
import { area, sameRuns } from '../../mask/index.js';
import type { Segmenter } from '../../segmenter/index.js';
import { createSegmenter, decodeImage } from '../node/index.js';
import { createSegmenterClient } from './client.js';
import { createRemoteSegmenter } from './create-segmenter.js';
import { createSegmenterHandler, type SegmenterHandler, type SegmenterHandlerOptions } from './handler.js';
import { pack, packedType } from './packed.js';

const photo = fileURLToPath(new URL('../../../../../examples/photos/cat.jpg', import.meta.url));
const clicks = [{ x: 200, y: 150, label: 'positive' }] as const;

/** A plain Node server around the handler, as a user would write it. */
async function serve(handle: SegmenterHandler): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await handle(
      new Request(`http://localhost${request.url}`, {
        method: request.method,
        headers: request.headers as Record<string, string>,
        ...(request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
      }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return { url: `http://127.0.0.1:${address.port}/clickmask`, server };
}

function* endless() {
  const part = Buffer.alloc(2 ** 20);
  for (;;) yield part;
}

describe('a segmenter behind HTTP', () => {
  let segmenter: Segmenter;
  let bytes: Uint8Array;
  const servers: Server[] = [];
  const start = async (options: Partial<SegmenterHandlerOptions> = {}) => {
    const { url, server } = await serve(createSegmenterHandler({ segmenter, ...options }));
    servers.push(server);
    return url;
  };

  beforeAll(async () => {
    segmenter = await createSegmenter({ workers: 0, provider: 'cpu' });
    bytes = await readFile(photo);
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await segmenter.close();
  });

  test('gives the same masks as the segmenter itself', async () => {
    const remote = await createRemoteSegmenter({ url: await start() });
    expect(remote.info.provider).toBe('remote');
    expect(remote.info.model).toBe(segmenter.info.model);
    const image = await remote.open(bytes);
    const local = await segmenter.open(bytes);
    const prediction = await remote.segment(image, { clicks });
    const expected = await segmenter.segment(local, { clicks });
    expect(sameRuns(prediction.runs, expected.runs)).toBe(true);
    expect(prediction.mask.data.length).toBe(image.width * image.height);
    const corrected = await remote.segment(image, { clicks, mask: prediction.mask });
    expect(area(corrected.runs)).toBeGreaterThan(0);
    await remote.close();
  });

  test('fills all holes where that is asked for, and tells of a wrong number before any work', async () => {
    const remote = await createRemoteSegmenter({ url: await start() });
    const image = await remote.open(bytes);
    const filled = await remote.segment(image, { clicks }, { postprocess: { fillHoles: Infinity } });
    expect(filled.area).toBeGreaterThan(0);
    const half = remote.segment(image, { clicks }, { postprocess: { fillHoles: 1.5 } });
    await expect(half).rejects.toMatchObject({ code: 'bad-option', details: { name: 'postprocess.fillHoles' } });
    await remote.close();
  });

  /** A request as the client would send it. */
  const post = (path: string, body: BodyInit | Uint8Array, headers: Record<string, string> = {}) =>
    new Request(`http://localhost/${path}`, {
      method: 'POST',
      headers: { 'content-type': path === 'images' ? 'application/octet-stream' : packedType, ...headers },
      body: body as BodyInit,
      duplex: 'half',
    } as RequestInit);

  test('makes no mask of bytes, which is not sent', async () => {
    const handle = createSegmenterHandler({
      segmenter: {
        ...segmenter,
        async segment(...asked) {
          const prediction = await segmenter.segment(...asked);
          return Object.defineProperty({ ...prediction }, 'mask', {
            enumerable: true,
            get() {
              throw new Error('The mask of bytes was made.');
            },
          });
        },
      },
    });
    const ask = (path: string, body: Uint8Array) => handle(post(path, body));
    const { key } = (await (await ask('images', bytes)).json()) as { key: string };
    expect((await ask('segment', pack({ key, prompt: { clicks } }))).status).toBe(200);
  });

  test('takes pixels as decodeImage gives them', async () => {
    const remote = await createRemoteSegmenter({ url: await start() });
    const image = await remote.open(await decodeImage(bytes));
    const local = await segmenter.open(bytes);
    const [sent, expected] = [await remote.segment(image, { clicks }), await segmenter.segment(local, { clicks })];
    expect(sameRuns(sent.runs, expected.runs)).toBe(true);
    await remote.close();
  });

  test('takes pixels as well as image files', async () => {
    const remote = await createRemoteSegmenter({ url: await start() });
    const image = await remote.open({ width: 8, height: 6, data: new Uint8Array(8 * 6 * 3) });
    expect([image.width, image.height]).toEqual([8, 6]);
    await remote.segment(image, { clicks: [{ x: 2, y: 2, label: 'positive' }] });
    await remote.close();
  });

  test('sends an image again that the server has forgotten', async () => {
    const remote = await createRemoteSegmenter({ url: await start({ maxImages: 1 }) });
    const first = await remote.open(bytes);
    await remote.open({ width: 4, height: 4, data: new Uint8Array(48) });
    expect((await remote.segment(first, { clicks })).area).toBeGreaterThan(0);
    await remote.close();
  });

  test('gives features that are plain data', async () => {
    const client = createSegmenterClient({ url: await start() });
    const { key, width, height } = await client.addImage(bytes);
    const features = await client.features(key, { roi: { x: 0, y: 0, width, height }, zoomed: false, mirrored: false });
    expect(features.bytes).toBeGreaterThan(100_000);
    const bad = client.features(key, { roi: { x: 0, y: 0, width: width + 1, height }, zoomed: false, mirrored: false });
    await expect(bad).rejects.toMatchObject({ code: 'bad-option' });
  });

  test('errors keep their codes', async () => {
    const remote = await createRemoteSegmenter({ url: await start({ maxBytes: 400_000 }) });
    const image = await remote.open(bytes);
    await expect(remote.segment(image, { clicks: [] })).rejects.toMatchObject({ code: 'no-clicks' });
    const outside = remote.segment(image, { clicks: [{ x: -5, y: 0, label: 'positive' }] });
    await expect(outside).rejects.toMatchObject({ code: 'bad-click' });
    await expect(remote.open(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: 'unsupported-image' });
    await expect(remote.open(new Uint8Array(500_000))).rejects.toMatchObject({ code: 'image-too-large' });
    await remote.close();
  });

  test('says so where there is no server, or another one', async () => {
    const nobody = await createRemoteSegmenter({ url: 'http://127.0.0.1:9/x' }).catch((error: unknown) => error);
    expect(isClickmaskError(nobody, 'backend-unavailable')).toBe(true);
    const { url, server } = await serve(async () => new Response('<html>', { status: 200 }));
    servers.push(server);
    const other = await createRemoteSegmenter({ url }).catch((error: unknown) => error);
    expect(isClickmaskError(other, 'backend-unavailable')).toBe(true);
  });

  test('answers every request within its deadline', async () => {
    const asked: (number | undefined)[] = [];
    const handle = createSegmenterHandler({
      segmenter: {
        ...segmenter,
        open(source, options) {
          asked.push(options?.deadlineMs);
          return segmenter.open(source, options);
        },
        async features(...[, , options]) {
          asked.push(options?.deadlineMs);
          return { bytes: 0 };
        },
      },
      deadlineMs: 59_000,
    });
    const ask = (path: string, body: Uint8Array) => handle(post(path, body));
    const { key } = (await (await ask('images', bytes)).json()) as { key: string };
    const view = { roi: { x: 0, y: 0, width: 1, height: 1 }, zoomed: false, mirrored: false };
    expect((await ask('features', pack({ key, view }))).status).toBe(200);
    expect(asked).toHaveLength(2);
    for (const ms of asked) expect(ms).toSatisfy((left: number) => left > 0 && left <= 59_000);
  });

  test('says so where the answer breaks off or never ends, and who failed', async () => {
    const info = JSON.stringify(segmenter.info);
    let way: 'info' | 'cut' | 'hang' | 'fail' | 'endless' | 'moved' = 'info';
    const server = createServer((_, response) => {
      if (way === 'info') return response.end(info);
      if (way === 'fail') {
        const error = { code: 'backend-failed', message: 'failed', details: { graph: 'encoder' } };
        return response.writeHead(500).end(JSON.stringify({ error }));
      }
      if (way === 'moved') return response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' }).end();
      if (way === 'endless') {
        response.once('error', () => {});
        return Readable.from(endless()).pipe(response);
      }
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{', () => way === 'cut' && response.destroy());
    });
    servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const client = createSegmenterClient({ url, timeoutMs: 1000 });
    expect(await client.info()).toMatchObject({ model: segmenter.info.model });
    way = 'cut';
    await expect(client.info()).rejects.toMatchObject({ code: 'backend-unavailable' });
    way = 'endless';
    await expect(createSegmenterClient({ url }).info()).rejects.toMatchObject({ code: 'backend-failed' });
    way = 'moved';
    await expect(client.info()).rejects.toMatchObject({ code: 'backend-unavailable' });
    way = 'hang';
    await expect(client.info()).rejects.toMatchObject({ code: 'deadline-exceeded' });
    way = 'fail';
    const details = { graph: 'encoder', server: `${url}/` };
    await expect(client.info()).rejects.toMatchObject({ code: 'backend-failed', details });
  });

  test('refuses what it must: no authorization, other methods, other paths, garbage', async () => {
    const handle = createSegmenterHandler({
      segmenter,
      authorize: (request) => request.headers.get('authorization') === 'Bearer good',
    });
    const ask = (path: string, init?: RequestInit) => handle(new Request(`http://localhost/api/${path}`, init));
    expect((await ask('info')).status).toBe(401);
    const headers = { authorization: 'Bearer good' };
    expect((await ask('info', { headers })).status).toBe(200);
    expect((await ask('info', { headers, method: 'POST' })).status).toBe(405);
    expect((await ask('../../etc/passwd', { headers })).status).toBe(404);
    expect((await handle(post('segment', 'garbage', headers))).status).toBe(400);
    expect((await handle(post('segment', new Uint8Array([255, 255, 255, 255, 1]), headers))).status).toBe(400);
    const unknown = await handle(post('segment', pack({ key: 'x', prompt: { clicks } }), headers));
    expect(unknown.status).toBe(404);
    expect(((await unknown.json()) as { error: { code: string } }).error.code).toBe('image-not-loaded');
  });

  test('reads a deep image as the segmenter does, and tells how', async () => {
    const [width, height] = [60, 40];
    const values = Array.from({ length: width * height }, (_, i) => 400 + 60 * (i % width));
    const remote = await createRemoteSegmenter({ url: await start() });
    const [near, far] = [segmenter, remote].map(async (one) => {
      const image = await one.open(tiffOf(values, { width, height }));
      return one.segment(image, { clicks: [{ x: 50, y: 20, label: 'positive' }] });
    });
    const { mask, notes } = await far;
    expect(notes).toEqual([expect.stringMatching(/^Read as 16-bit unsigned samples, .* shown as black to white/)]);
    expect({ mask, notes }).toEqual({ mask: (await near).mask, notes: (await near).notes });
    await remote.close();
  });

  test('refuses options that are none, whatever they are', async () => {
    const handle = createSegmenterHandler({ segmenter });
    const { key } = (await (await handle(post('images', bytes))).json()) as { key: string };
    for (const name of ['refinement', 'postprocess', 'candidate', 'passes']) {
      for (const value of [null, 'x', true, -1, [1], { no: 1 }, { cascade: null }, { threshold: null }]) {
        const answer = await handle(post('segment', pack({ key, prompt: { clicks }, options: { [name]: value } })));
        // Nothing said of it is the default, as null is where the options allow it.
        if (value === null && answer.status === 200) continue;
        expect([name, value, answer.status, await answer.json()]).toMatchObject([
          name,
          value,
          400,
          { error: { code: 'bad-option' } },
        ]);
      }
    }
  });

  test('lets pages of other origins ask only where that is wanted', async () => {
    const closed = createSegmenterHandler({ segmenter });
    const open = createSegmenterHandler({ segmenter, allowOrigin: 'https://labels.example.org' });
    const request = () => new Request('http://localhost/segment', { method: 'OPTIONS' });
    expect((await closed(request())).headers.get('access-control-allow-origin')).toBeNull();
    expect((await open(request())).headers.get('access-control-allow-origin')).toBe('https://labels.example.org');
  });

  test('refuses what a page of another origin can send', async () => {
    const handle = createSegmenterHandler({ segmenter });
    const statusOf = async (request: Request) => (await handle(request)).status;
    expect(await statusOf(post('images', bytes, { origin: 'http://localhost' }))).toBe(200);
    expect(await statusOf(post('images', bytes, { 'content-type': 'image/jpeg' }))).toBe(200);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/plain; image/png',
    ]) {
      expect(await statusOf(post('images', bytes, { 'content-type': type }))).toBe(415);
    }
    const untyped = new Request('http://localhost/images', { method: 'POST', body: bytes as Uint8Array<ArrayBuffer> });
    expect(await statusOf(untyped)).toBe(415);
    expect(await statusOf(post('images', bytes, { 'content-encoding': 'gzip' }))).toBe(415);
    expect(await statusOf(post('segment', bytes, { 'content-type': 'application/octet-stream' }))).toBe(415);
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { host: 'evil.example' },
    ];
    for (const headers of foreign) expect(await statusOf(post('images', bytes, headers))).toBe(403);
    const named = createSegmenterHandler({ segmenter, authorize: () => true });
    expect((await named(post('images', bytes, { host: 'labels.example.org' }))).status).toBe(200);
  });

  /** A body that sends so many bytes and then no more. */
  const stalled = (size: number) => new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(size)) });

  test('reads a body within the deadline, and not below the least rate', async () => {
    const quick = createSegmenterHandler({ segmenter, deadlineMs: 100 });
    const late = await quick(post('images', stalled(10)));
    expect([late.status, await late.json()]).toMatchObject([504, { error: { code: 'deadline-exceeded' } }]);
    const handle = createSegmenterHandler({ segmenter, minBytesPerSecond: 1e9 });
    const slow = await handle(post('images', stalled(10)));
    expect([slow.status, await slow.json()]).toMatchObject([504, { error: { message: /too slowly/ } }]);
  });

  test('reads away what is short of an unwanted body, and breaks off what is long or does not end', async () => {
    const handle = createSegmenterHandler({ segmenter, maxBytes: 3e6 });
    const ways: string[] = [];
    const body = (name: string, chunks: number, ends: boolean) => {
      let sent = 0;
      return new ReadableStream({
        pull(to) {
          if (sent++ < chunks) to.enqueue(new Uint8Array(64_000));
          else if (ends) {
            ways.push(`${name} read`);
            to.close();
          }
        },
        cancel: () => void ways.push(`${name} broken off`),
      });
    };
    for (const [name, chunks, ends] of [
      ['short', 3, true],
      ['long', 30, true],
      ['endless', 1, false],
    ] as const) {
      const type = { 'content-type': 'text/plain' };
      expect((await handle(post('images', body(name, chunks, ends), type))).status).toBe(415);
    }
    await expect.poll(() => ways, { timeout: 5000 }).toHaveLength(3);
    expect(ways.toSorted()).toEqual(['endless broken off', 'long broken off', 'short read']);
  });

  test('counts bodies by what came, each client for itself', async () => {
    const handle = createSegmenterHandler({
      segmenter,
      maxBytes: 1000,
      maxBytesUnderWay: 2000,
      deadlineMs: 400,
      clientOf: (request) => request.headers.get('x-user') ?? '',
    });
    const send = (user: string, body: BodyInit | Uint8Array) =>
      handle(post('images', body, { 'x-user': user, 'content-length': '1000' })).then(({ status }) => status);
    const held = [send('a', stalled(900)), send('a', stalled(1)), send('b', stalled(550))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    // What is no image was read to its end; the largest of the same client gave way.
    expect(await send('a', new Uint8Array(200))).toBe(415);
    expect(await Promise.all(held)).toEqual([503, 504, 504]);
  });

  test('forgets images by bytes and by age, one client’s own first', async () => {
    const closed: string[] = [];
    const handle = createSegmenterHandler({
      segmenter: {
        ...segmenter,
        open: async (_source, { key = '' } = {}) => ({
          key,
          width: 1,
          height: 1,
          close: async () => void closed.push(key),
        }),
      },
      maxBytes: 100,
      maxImageBytes: 200,
      imageAgeMs: 150,
      clientOf: (request) => request.headers.get('x-user') ?? '',
    });
    const send = async (user: string, size: number, fill: number) => {
      const answer = await handle(post('images', new Uint8Array(size).fill(fill), { 'x-user': user }));
      return ((await answer.json()) as { key: string }).key;
    };
    const [a, b, c] = [await send('a', 60, 1), await send('b', 60, 2), await send('a', 60, 3)];
    expect(closed).toEqual([a]);
    const d = await send('c', 90, 4);
    expect(closed).toEqual([a, b]);
    await expect.poll(() => closed).toEqual([a, b, c, d]);
  });
});
