import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeCvatOptions, shapeDefaults, startFakeCvat } from '../../test/support/fake-cvat.js';
import { readReply } from '../replies/index.js';
import { type CvatClientOptions, createCvatClient } from './index.js';

async function setUp(options: FakeCvatOptions = {}, client: Partial<CvatClientOptions> = {}) {
  const server = await startFakeCvat(options);
  onTestFinished(() => server.close());
  const auth = { accessToken: 'secret' };
  return { server, client: createCvatClient({ url: server.url, auth, retryDelayMs: 1, ...client }) };
}

describe('createCvatClient', () => {
  it('reads server, functions, jobs, labels on all pages, frames and annotations', async () => {
    const shape = { ...shapeDefaults, type: 'rectangle' as const, frame: 5, label_id: 1, points: [0, 0, 2, 2] };
    const { client, server } = await setUp({ frames: [Buffer.from('picture')], startFrame: 5, shapes: [shape] });
    expect((await client.about()).version).toBe('2.54.1');
    expect((await client.functions.list()).map(({ id }) => id)).toEqual(['clickmask']);
    expect((await client.functions.get('clickmask')).min_neg_points).toBe(0);
    expect((await client.jobs.get(7)).start_frame).toBe(5);
    expect((await client.jobs.labels(7)).map(({ name }) => name)).toEqual(['cat', 'dog']);
    expect((await client.jobs.frame(7, 5)).toString()).toBe('picture');
    expect((await client.jobs.meta(7)).deleted_frames).toEqual([]);
    expect((await client.jobs.annotations(7)).shapes.length).toBe(1);
    expect(server.log).toContain('GET /api/jobs/7/data?type=frame&number=5&quality=original');
  });

  it.each([
    ['names itself', () => '/api/labels?job_id=7&page=2', /has no end: after 2 pages/],
    ['goes on for ever', (page: number) => `/api/labels?page=${page + 1}`, /has no end: after 1000 pages/],
    ['is no address', () => 'http://[', /Expected an address of the next page/],
  ])('gives up a list whose next page %s', async (_, nextPage, message) => {
    const { client, server } = await setUp({ nextPage });
    await expect(client.jobs.labels(7)).rejects.toMatchObject({
      code: 'bad-format',
      message: expect.stringMatching(message),
    });
    expect(server.log.length).toBeLessThan(1100);
  });

  it('shows no commands to a terminal that the server sent', async () => {
    const { client, server } = await setUp();
    server.fail('/api/jobs/7', 400);
    const error = await client.jobs.get(7).catch((reason: Error) => reason);
    expect((error as Error).message).toContain('as wished');
    expect((error as Error).message).not.toMatch(/[\p{Cc}]/u);
  });

  it('calls a function on a frame', async () => {
    const { client } = await setUp();
    const text = await client.functions.call('clickmask', { job: 7, frame: 0, pos_points: [[1, 1]], neg_points: [] });
    expect(readReply(text, { width: 4, height: 3 }).area).toBe(2);
  });

  it('runs a function over a task', async () => {
    const { client } = await setUp();
    const { id } = await client.requests.create({ function: 'yolo', task: 3, cleanup: false });
    expect((await client.requests.get(id)).status).toBe('queued');
    expect((await client.requests.list()).length).toBe(1);
    await client.requests.cancel(id);
    expect(await client.requests.list()).toEqual([]);
  });

  it('creates and deletes shapes', async () => {
    const { client, server } = await setUp();
    const shape = { ...shapeDefaults, type: 'mask' as const, frame: 0, label_id: 1, points: [0, 1, 0, 0, 0, 0] };
    const made = await client.jobs.createShapes(7, [shape]);
    expect(made[0].id).toBeGreaterThan(0);
    expect(server.shapes.length).toBe(1);
    await client.jobs.deleteShapes(7, made);
    expect(server.shapes.length).toBe(0);
  });

  it('sends shapes back that hold what the server writes as null', async () => {
    const { client, server } = await setUp();
    const shape = { ...shapeDefaults, type: 'mask' as const, frame: 0, label_id: 1, points: [0, 1, 0, 0, 0, 0] };
    await client.jobs.createShapes(7, [shape]);
    const { shapes } = await client.jobs.annotations(7);
    expect(Object.values(shapes[0])).toContain(null);
    await client.jobs.createShapes(7, shapes);
    await client.jobs.deleteShapes(7, shapes);
    expect(server.shapes.length).toBe(1);
  });

  it.each([
    ['an API key', { token: 'secret' }],
    ['a personal access token', { accessToken: 'secret' }],
  ])('proves itself with %s', async (_, auth) => {
    const { client } = await setUp({}, { auth });
    expect((await client.functions.list()).length).toBe(1);
  });

  it('says what the server said, and never the credentials', async () => {
    const { client } = await setUp({}, { auth: { accessToken: 'wrong-but-secret' } });
    const error = await client.functions.list().then(
      () => null,
      (reason: Error & { code: string; details: object }) => reason,
    );
    expect(error).toMatchObject({ code: 'request-failed', details: { status: 401 } });
    expect(error?.message).toMatch(/answered 401.*credentials were not provided/);
    expect(`${error?.message}${JSON.stringify(error?.details)}`).not.toMatch(/wrong-but-secret/);
  });

  it('tries reading again while the server is overloaded, and writing never', async () => {
    const { client, server } = await setUp();
    server.fail('/api/jobs/7', 503, 429);
    expect((await client.jobs.get(7)).id).toBe(7);
    server.fail('/api/jobs/7/annotations', 503, 200);
    await expect(client.jobs.createShapes(7, [])).rejects.toMatchObject({ details: { status: 503 } });
    server.fail('/api/jobs/7', 500, 200);
    await expect(client.jobs.get(7)).rejects.toMatchObject({ details: { status: 500 } });
  });

  it('follows no redirect', async () => {
    const { client, server } = await setUp();
    server.fail('/api/jobs/7', 302);
    await expect(client.jobs.get(7)).rejects.toThrow(
      /redirects to http:\/\/elsewhere\.test\/login\. Name that address/,
    );
  });

  it('gives up what is too large, too slow or called off', async () => {
    const { client } = await setUp({ frames: [Buffer.alloc(5000)] }, { maxBytes: 1000, attempts: 1 });
    await expect(client.jobs.frame(7, 0)).rejects.toThrow(/at most 1000 bytes/);
    await expect(client.about({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const slow = createCvatClient({ url: 'http://127.0.0.1:9', timeoutMs: 200, attempts: 1 });
    await expect(slow.about()).rejects.toMatchObject({
      code: expect.stringMatching(/request-failed|deadline-exceeded/),
    });
  });

  it.each(['', 'cvat', 'ftp://cvat', 'file:///etc/passwd'])('refuses the address "%s"', (url) => {
    expect(() => createCvatClient({ url })).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });

  it('keeps a path in the address', async () => {
    const { server } = await setUp();
    const client = createCvatClient({ url: `${server.url}/cvat/`, attempts: 1 });
    await expect(client.about()).rejects.toMatchObject({ details: { status: 401 } });
    expect(server.log.at(-1)).toBe('GET /cvat/api/server/about');
  });
});
