import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isClickmaskError } from '../../errors/index.js';
import { area, sameRuns } from '../../mask/index.js';
import type { Segmenter } from '../../segmenter/index.js';
import { createSegmenter, decodeImage } from '../node/index.js';
import { createSegmenterClient } from './client.js';
import { createRemoteSegmenter } from './create-segmenter.js';
import { createSegmenterHandler, type SegmenterHandler, type SegmenterHandlerOptions } from './handler.js';
import { pack } from './packed.js';

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
    const ask = (path: string, body: Uint8Array) =>
      handle(new Request(`http://localhost/${path}`, { method: 'POST', body: body as Uint8Array<ArrayBuffer> }));
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

  test('takes pixels as well as picture files', async () => {
    const remote = await createRemoteSegmenter({ url: await start() });
    const image = await remote.open({ width: 8, height: 6, data: new Uint8Array(8 * 6 * 3) });
    expect([image.width, image.height]).toEqual([8, 6]);
    await remote.segment(image, { clicks: [{ x: 2, y: 2, label: 'positive' }] });
    await remote.close();
  });

  test('sends a picture again that the server has forgotten', async () => {
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
    const ask = (path: string, body: Uint8Array) =>
      handle(new Request(`http://localhost/${path}`, { method: 'POST', body: body as Uint8Array<ArrayBuffer> }));
    const { key } = (await (await ask('images', bytes)).json()) as { key: string };
    const view = { roi: { x: 0, y: 0, width: 1, height: 1 }, zoomed: false, mirrored: false };
    expect((await ask('features', pack({ key, view }))).status).toBe(200);
    expect(asked).toEqual([59_000, 59_000]);
  });

  test('says so where the answer breaks off or never ends, and who failed', async () => {
    const info = JSON.stringify(segmenter.info);
    let way: 'info' | 'cut' | 'hang' | 'fail' = 'info';
    const server = createServer((_, response) => {
      if (way === 'info') return response.end(info);
      if (way === 'fail') {
        const error = { code: 'backend-failed', message: 'failed', details: { graph: 'encoder' } };
        return response.writeHead(500).end(JSON.stringify({ error }));
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
    expect((await ask('segment', { headers, method: 'POST', body: 'garbage' })).status).toBe(400);
    const unknown = await ask('segment', {
      headers,
      method: 'POST',
      body: pack({ key: 'x', prompt: { clicks } }) as Uint8Array<ArrayBuffer>,
    });
    expect(unknown.status).toBe(404);
    expect(((await unknown.json()) as { error: { code: string } }).error.code).toBe('image-not-loaded');
  });

  test('lets pages of other origins ask only where that is wanted', async () => {
    const closed = createSegmenterHandler({ segmenter });
    const open = createSegmenterHandler({ segmenter, allowOrigin: 'https://labels.example.org' });
    const request = () => new Request('http://localhost/segment', { method: 'OPTIONS' });
    expect((await closed(request())).headers.get('access-control-allow-origin')).toBeNull();
    expect((await open(request())).headers.get('access-control-allow-origin')).toBe('https://labels.example.org');
  });
});
