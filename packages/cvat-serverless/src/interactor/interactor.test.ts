import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodeStored, readAsClassicUi, readAsModernUi } from '../../test/support/cvat-ui.js';
import { createFakeSegmenter, discs, runsWhere } from '../../test/support/fake-segmenter.js';
import { recordedRequests } from '../../test/support/recorded-requests.js';
import { NuclioResponse } from '../nuclio/response.js';
import { createInteractor, type FunctionContext, type InteractorOptions } from './index.js';

const image = 'AAECAwQF';
const request = (positive: number[][], negative: number[][] = [], more: object = {}) => ({
  image,
  pos_points: positive,
  neg_points: negative,
  obj_bbox: [],
  ...more,
});

function setUp(options: Partial<InteractorOptions> = {}, fake = createFakeSegmenter()) {
  return { fake, interactor: createInteractor({ segmenter: fake, ...options }) };
}

/** Sends an event and collects everything that was called back. */
async function deliver(interactor: ReturnType<typeof createInteractor>, event: object) {
  const replies: unknown[] = [];
  const context = {
    callback: (reply: unknown) => void replies.push(reply),
    Response: NuclioResponse,
  } as FunctionContext;
  await interactor.handler(context, event);
  return replies as (NuclioResponse | [number, object])[];
}

describe('createInteractor', () => {
  it.each(recordedRequests)('answers the request of CVAT $cvat', async ({ body, clicks, box, objects = 1 }) => {
    const { fake, interactor } = setUp();
    const reply = await interactor.answer(Buffer.from(JSON.stringify(body)));
    expect(reply.status).toBe(200);
    expect(fake.requests).toHaveLength(objects);
    const { prompt } = fake.requests[objects - 1];
    expect(prompt.clicks?.length).toBe(clicks);
    expect(prompt.box !== undefined).toBe(box);
    if (prompt.box) {
      const { x1, y1, x2, y2 } = prompt.box;
      expect(x1 >= 0 && y1 >= 0 && x2 <= 64 && y2 <= 48).toBe(true);
    }
    for (const { x, y } of prompt.clicks ?? []) expect(x >= 0 && y >= 0 && x < 64 && y < 48).toBe(true);
    const stored = decodeStored(readAsClassicUi(reply.body.toString()).rle, 64, 48);
    const last = reply.prediction?.mask.data as Uint8Array;
    expect(stored.every((value, i) => value >= last[i])).toBe(true);
    if (objects === 1) expect(stored).toEqual(last);
  });

  it('makes a mask of each of several boxes', async () => {
    const body = recordedRequests.find(({ objects = 1 }) => objects > 1)?.body;
    const shapes = setUp({ reply: 'shapes' }).interactor;
    const modern = readAsModernUi((await shapes.answer(body)).body.toString());
    const full = setUp({ reply: 'mask' }).interactor;
    const classic = readAsClassicUi((await full.answer(body)).body.toString());
    expect(modern).toHaveLength(2);
    const [one, other] = modern.map(({ rle }) => decodeStored(rle, 64, 48));
    expect(one).not.toEqual(other);
    expect(decodeStored(classic.rle, 64, 48)).toEqual(one.map((value, i) => value | other[i]));
  });

  it('opens a frame once, whatever is clicked on it', async () => {
    const { fake, interactor } = setUp();
    for (let i = 1; i < 6; i++) await interactor.answer(request([[i, i]]));
    await interactor.answer({ ...request([[1, 1]]), image: 'BBBB' });
    expect(fake.opened.length).toBe(2);
    expect(new Set(fake.requests.map(({ key }) => key)).size).toBe(2);
  });

  it('passes clicks on in the order in which they were made', async () => {
    const { fake, interactor } = setUp();
    await interactor.answer(request([[1, 1]]));
    await interactor.answer(request([[1, 1]], [[2, 2]]));
    await interactor.answer(
      request(
        [
          [1, 1],
          [3, 3],
        ],
        [[2, 2]],
      ),
    );
    expect(fake.requests.at(-1)?.prompt.clicks?.map(({ x }) => x)).toEqual([1, 2, 3]);
  });

  it('lets frames go that exceed the budget', async () => {
    const { fake, interactor } = setUp({ imageBytes: 10 });
    for (const name of ['AAAAAAAA', 'BBBBBBBB', 'CCCCCCCC'])
      await interactor.answer({ ...request([[1, 1]]), image: name });
    expect(fake.closed).toEqual(fake.opened.slice(0, 2));
  });

  it('counts clicks in the budget, not frames alone', async () => {
    const { fake, interactor } = setUp({ imageBytes: 200_000 }, createFakeSegmenter({ width: 2, height: 2 }));
    const many = Array.from({ length: 1000 }, (_, i) => [i / 1000, 1]);
    const few = [[1, 1]];
    for (let i = 0; i < 40; i++) {
      await interactor.answer({
        ...request(few as [number, number][]),
        image: Buffer.from(`few ${i}`).toString('base64'),
      });
    }
    expect(fake.closed.length).toBe(0);
    for (let i = 0; i < 10; i++) {
      await interactor.answer({
        ...request(many as [number, number][]),
        image: Buffer.from(`many ${i}`).toString('base64'),
      });
    }
    const { images } = (await interactor.info()) as { images: { count: number; bytes: number } };
    expect(images.bytes).toBeLessThanOrEqual(200_000);
    expect(images.count).toBeLessThan(4);
  });

  it('tries a frame again that could not be read', async () => {
    const { fake, interactor } = setUp();
    const broken = Buffer.from('!broken').toString('base64');
    for (let i = 0; i < 2; i++) {
      const reply = await interactor.answer({ ...request([[1, 1]]), image: broken });
      expect([reply.status, JSON.parse(reply.body.toString()).error.code]).toEqual([422, 'bad-image']);
    }
    expect(fake.opened.length).toBe(0);
  });

  it('smooths and passes other clean-up on', async () => {
    const rough = runsWhere(
      40,
      40,
      (x, y) => (x > 9 && x < 30 && y > 9 && y < 30 && !(x === 20 && y === 10)) || (x === 35 && y === 35),
    );
    const fake = createFakeSegmenter({ width: 40, height: 40 });
    const { interactor } = setUp(
      { postprocess: { smooth: 2, fillHoles: 50 } },
      {
        ...fake,
        segment: async (one, prompt, options) => ({ ...(await fake.segment(one, prompt, options)), runs: rough }),
      },
    );
    const { rle } = readAsClassicUi((await interactor.answer(request([[20, 20]]))).body.toString());
    const mask = decodeStored(rle, 40, 40);
    expect(mask[10 * 40 + 20]).toBe(1);
    expect(mask[35 * 40 + 35]).toBe(0);
    expect(fake.requests[0].options.postprocess).toEqual({ fillHoles: 50 });
  });

  it('does not smooth a thin mask away', async () => {
    const fake = createFakeSegmenter({ radius: 1 });
    const { interactor } = setUp({ postprocess: { smooth: 20 } }, fake);
    const { rle } = readAsClassicUi((await interactor.answer(request([[20, 20]]))).body.toString());
    expect(decodeStored(rle, 64, 48).includes(1)).toBe(true);
  });

  it('takes a threshold from the request before its own', async () => {
    const { fake, interactor } = setUp({ postprocess: { threshold: 0.7 } });
    await interactor.answer(request([[1, 1]], [], { threshold: 0.2 }));
    await interactor.answer(request([[1, 1]]));
    expect(fake.requests.map(({ options }) => options.postprocess?.threshold)).toEqual([0.2, 0.7]);
  });

  it('leaves clicks outside the frame out, and says so', async () => {
    const { fake, interactor } = setUp();
    const reply = await interactor.answer(
      request(
        [
          [20, 20],
          [500, 20],
        ],
        [[-30, 3]],
      ),
    );
    expect([reply.status, fake.requests[0].prompt.clicks?.length]).toEqual([200, 1]);
    expect(reply.notes.join()).toMatch(/outside the frame/);
  });

  it.each([
    ['only clicks outside', request([[500, 500]]), 400, 'bad-click'],
    ['no clicks', request([]), 400, 'no-clicks'],
    [
      'a box outside',
      request([], [], {
        obj_bbox: [
          [100, 100],
          [200, 200],
        ],
      }),
      400,
      'bad-box',
    ],
    ['no JSON', 'x', 400, 'bad-format'],
    ['no image', { pos_points: [[1, 1]] }, 422, 'bad-image'],
  ])('refuses %s', async (_, body, status, code) => {
    const reply = await setUp().interactor.answer(body);
    expect([reply.status, JSON.parse(reply.body.toString()).error.code]).toEqual([status, code]);
  });

  it.each([
    ['queue-full', 503],
    ['backend-unavailable', 503],
    ['deadline-exceeded', 504],
    ['image-too-large', 413],
    ['too-many-clicks', 400],
    ['worker-lost', 500],
  ] as const)('turns %s into status %i', async (code, status) => {
    const fake = createFakeSegmenter();
    const failing = { ...fake, segment: () => Promise.reject(new ClickmaskError(code, 'no')) };
    expect((await setUp({}, failing).interactor.answer(request([[1, 1]]))).status).toBe(status);
  });

  it('gives a request up at its deadline', async () => {
    const { interactor } = setUp({ deadlineMs: 30 }, createFakeSegmenter({ delayMs: 400 }));
    expect((await interactor.answer(request([[1, 1]]))).status).toBe(504);
  });

  it('says what went wrong inside, in the words of the operator', async () => {
    const fake = createFakeSegmenter();
    const failing = { ...fake, segment: () => Promise.reject(new TypeError('torn')) };
    const { interactor } = setUp({ explain: (message) => `explained: ${message}` }, failing);
    const reply = await interactor.answer(request([[1, 1]]));
    expect(reply).toMatchObject({ status: 500, notes: ['internal: explained: torn'] });
    expect(reply.timings).toEqual({ parse: 0, segment: 0, write: 0 });
    expect(JSON.parse(reply.body.toString())).toEqual({ error: { code: 'internal', message: 'explained: torn' } });
  });

  it('hands on what the segmenter notes, and the options for its work', async () => {
    const fake = createFakeSegmenter();
    const segment: typeof fake.segment = async (...args) => ({ ...(await fake.segment(...args)), notes: ['slow'] });
    const refinement = { flip: true };
    const { interactor } = setUp({ explain: (note) => `${note}!`, refinement, deadlineMs: 5000 }, { ...fake, segment });
    const reply = await interactor.answer(request([[20, 20]]));
    expect(reply.notes).toEqual(['slow!']);
    expect(reply.prediction?.notes).toEqual(['slow']);
    const [{ options }] = fake.requests;
    expect(options.refinement).toBe(refinement);
    // What is left of the time.
    expect(options.deadlineMs).toBeGreaterThan(0);
    expect(options.deadlineMs).toBeLessThanOrEqual(5000);
    for (const ms of Object.values(reply.timings)) expect(ms >= 0 && ms < 5000).toBe(true);
  });

  it('has one mask of a box and clicks, of the box drawn last', async () => {
    const { fake, interactor } = setUp();
    const obj_bbox = [
      [1, 1],
      [5, 5],
      [10, 10],
      [30, 30],
    ];
    await interactor.answer(request([[20, 20]], [], { obj_bbox }));
    expect(fake.requests.map(({ prompt }) => prompt)).toEqual([
      { clicks: [{ x: 20, y: 20, label: 'positive' }], box: { x1: 10, y1: 10, x2: 30, y2: 30 } },
    ]);
  });

  it('tells how many events there were, and what it keeps', async () => {
    const { interactor } = setUp();
    expect(await interactor.info()).toMatchObject({ events: 0, images: { count: 0, bytes: 0 } });
    for (let i = 0; i < 3; i++) await interactor.answer(request([[i, 1]]));
    expect(await interactor.info()).toMatchObject({
      events: 3,
      images: { count: 1 },
      stats: { predictions: 3 },
      memory: { rss: expect.any(Number) },
    });
  });

  it('closes its images and the segmenter', async () => {
    const fake = createFakeSegmenter();
    let closed = 0;
    const { interactor } = setUp({}, { ...fake, close: async () => void closed++ });
    await interactor.answer(request([[1, 1]]));
    await interactor.close();
    expect([fake.closed.length, closed]).toEqual([1, 1]);
  });

  it('closes what was never opened, and what could not be loaded', async () => {
    await setUp().interactor.close();
    const interactor = createInteractor({ segmenter: () => Promise.reject(new Error('gone')) });
    const loading = interactor.initContext();
    await interactor.close();
    await expect(loading).rejects.toThrow('gone');
  });

  it('loads the model once, and again after a failure', async () => {
    const fake = createFakeSegmenter();
    let loads = 0;
    const interactor = createInteractor({
      segmenter: async () => {
        loads += 1;
        if (loads === 1) throw new ClickmaskError('model-not-found', 'gone');
        return fake;
      },
    });
    await expect(interactor.initContext()).rejects.toThrow('gone');
    expect((await interactor.answer(request([[1, 1]]))).status).toBe(200);
    expect((await interactor.answer(request([[2, 2]]))).status).toBe(200);
    expect(loads).toBe(2);
  });

  it('refuses an unknown reply format', () => {
    expect(() => setUp({ reply: 'polygon' as 'mask' })).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});

describe('what is no object', () => {
  it.each(['mask', 'mask-bounds', 'shapes'] as const)(
    'gives an empty mask at once where the first click is negative, as %s',
    async (reply) => {
      const { fake, interactor } = setUp({ reply });
      const answer = await interactor.answer(request([], [[20, 20]]));
      expect([answer.status, fake.requests.length]).toEqual([200, 0]);
      const { shapes, points } = JSON.parse(answer.body.toString());
      expect(reply === 'shapes' ? shapes : points).toEqual([]);
      // It was made first all the same.
      await interactor.answer(request([[30, 30]], [[20, 20]]));
      expect(fake.requests[0].prompt.clicks?.map(({ label }) => label)).toEqual(['negative', 'positive']);
    },
  );

  it('asks the network for a box with a negative click', async () => {
    const { fake, interactor } = setUp();
    const box = [
      [10, 10],
      [30, 30],
    ];
    await interactor.answer(request([], [[20, 20]], { obj_bbox: box }));
    expect(fake.requests.length).toBe(1);
  });
});

describe('what a refused request leaves', () => {
  const images = async (interactor: ReturnType<typeof createInteractor>) =>
    ((await interactor.info()) as { images: { count: number; bytes: number } }).images;

  /** A frame's own place, its file, its pixels, and one click. */
  const frame = 2048 + 6 + 3 * 64 * 48 + 64;

  it('is nothing', async () => {
    const { fake, interactor } = setUp();
    for (let i = 0; i < 50; i++) {
      const image = Buffer.from([1, i, 2]).toString('base64');
      expect((await interactor.answer({ ...request([[900, 900]]), image })).status).toBe(400);
    }
    expect([await images(interactor), fake.closed.length]).toEqual([{ count: 0, bytes: 0 }, 50]);
  });

  it('is the frame where somebody else has a mask on it, or the network was late', async () => {
    const { interactor } = setUp();
    await interactor.answer(request([[1, 1]]));
    await interactor.answer(request([[900, 900]]));
    expect(await images(interactor)).toEqual({ count: 1, bytes: frame });
    const fake = createFakeSegmenter();
    const late = { ...fake, segment: () => Promise.reject(new ClickmaskError('deadline-exceeded', 'late')) };
    const other = setUp({}, late).interactor;
    await other.answer(request([[1, 1]]));
    expect((await images(other)).count).toBe(1);
  });

  it('opens a frame once for two requests at a time', async () => {
    const { fake, interactor } = setUp();
    await Promise.all([interactor.answer(request([[1, 1]])), interactor.answer(request([[2, 2]]))]);
    expect(fake.opened.length).toBe(1);
  });

  it('lets the oldest frame go, and keeps the latest however large it is', async () => {
    const { interactor } = setUp({ imageBytes: 2 * frame });
    for (const i of [1, 2, 3]) await interactor.answer({ ...request([[1, 1]]), image: `AAECAwQ${'ABC'[i - 1]}` });
    expect(await images(interactor)).toEqual({ count: 2, bytes: 2 * frame });
    const small = setUp({ imageBytes: 10 });
    for (const end of ['A', 'B']) await small.interactor.answer({ ...request([[1, 1]]), image: `AAECAwQ${end}` });
    expect(await images(small.interactor)).toEqual({ count: 1, bytes: frame });
  });
});

describe('a page of another origin', () => {
  const body = Buffer.from(JSON.stringify(request([[20, 20]])));
  it.each([
    ['CVAT’s server', { 'Content-Type': 'application/json' }, 200],
    ['CVAT’s server, in Kubernetes', { Host: 'nuclio-clickmask.nuclio.svc.cluster.local:8080' }, 200],
    ['CVAT’s server, by a public name', { Host: 'clickmask.example.com:8080' }, 200],
    ['a kind of JSON', { 'Content-Type': 'application/problem+json ; charset=utf-8' }, 200],
    ['more than JSON', { 'Content-Type': 'application/jsonp' }, 400],
    ['CVAT’s server, with a charset', { 'content-type': 'Application/JSON; charset=utf-8' }, 200],
    ['no headers', {}, 200],
    ['a page of the function’s own origin', { Origin: 'http://a:1', Host: 'a:1' }, 200],
    ['the dashboard’s page', { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://a', Host: 'b' }, 200],
    ['a page whose name was made to point here', { 'Sec-Fetch-Site': 'same-origin', Host: 'evil.example:9000' }, 400],
    ['a form', { 'Content-Type': 'text/plain' }, 400],
    ['a form without a type of its own', { 'Content-Type': 'application/x-www-form-urlencoded' }, 400],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://a', Host: 'a' }, 400],
    ['another host of the site', { 'Sec-Fetch-Site': 'same-site' }, 400],
    ['a page whose name means this machine', { Origin: 'http://evil.example:1', Host: 'evil.example:1' }, 400],
    ['a page at the function’s address', { Origin: 'http://127.0.0.1:1', Host: '127.0.0.1:1' }, 200],
    [
      'a page at the machine’s name in Docker',
      { Origin: 'http://host.docker.internal', Host: 'host.docker.internal' },
      200,
    ],
    ['another origin, in an old browser', { Origin: 'http://evil.example', Host: 'a' }, 400],
    ['a sandboxed page', { Origin: 'null', Host: 'a' }, 400],
    ['something like JSON', { 'Content-Type': 'text/application/json' }, 400],
  ])('%s', async (_, headers, status) => {
    const { fake, interactor } = setUp();
    const [reply] = (await deliver(interactor, { body, headers })) as [NuclioResponse];
    expect([reply.status_code, fake.requests.length]).toEqual([status, status === 200 ? 1 : 0]);
  });
});

describe('handler', () => {
  it('calls back once, with JSON', async () => {
    const replies = await deliver(setUp().interactor, { body: Buffer.from(JSON.stringify(request([[20, 20]]))) });
    expect(replies.length).toBe(1);
    expect(replies[0]).toMatchObject({ status_code: 200, content_type: 'application/json' });
  });

  it('tells what runs on GET', async () => {
    const [reply] = await deliver(setUp().interactor, { method: 'GET', body: Buffer.alloc(0) });
    expect(JSON.parse(String((reply as NuclioResponse).body))).toMatchObject({
      kind: 'clickmask-interactor',
      reply: 'mask',
      model: { model: 'fake 1.0.0' },
    });
  });

  it('tells pages of others nothing, and reads no compressed body', async () => {
    const reply = async (event: object) => {
      const [answer] = await deliver(setUp().interactor, { body: Buffer.alloc(0), ...event });
      return String((answer as NuclioResponse).body);
    };
    const page = { Origin: 'https://evil.example', Host: 'localhost:32001' };
    expect(await reply({ method: 'GET', headers: page })).toContain('other origins may not send');
    expect(await reply({ headers: { 'Content-Encoding': 'gzip' } })).toContain('not compressed but received gzip');
    expect(await reply({ headers: { 'Content-Encoding': 'gzip' } })).toContain('"bad-format"');
    expect(await reply({ method: 'HEAD' })).toContain('clickmask-interactor');
  });

  it('sends large replies through a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'replies-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { interactor } = setUp({ streamFrom: 1000, streamFolder: folder });
    const [reply] = (await deliver(interactor, { body: request([[20, 20]]) })) as [NuclioResponse];
    const path = String(reply.headers['X-nuclio-filestream-path']);
    expect(reply.headers['X-nuclio-filestream-delete-after-send']).toBe('true');
    expect(decodeStored(readAsClassicUi(await readFile(path, 'utf8')).rle, 64, 48).includes(1)).toBe(true);
    await interactor.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('sends a reply of just as many bytes through a file, and a smaller one directly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'replies-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const body = request([[20, 20]]);
    const { length } = (await setUp().interactor.answer(body)).body;
    for (const [streamFrom, direct] of [
      [length, false],
      [length + 1, true],
    ] as const) {
      const { interactor } = setUp({ streamFrom, streamFolder: folder });
      const [reply] = (await deliver(interactor, { body })) as [NuclioResponse];
      expect([String(reply.body).length > 0, 'X-nuclio-filestream-path' in reply.headers]).toEqual([direct, !direct]);
      expect([reply.status_code, reply.content_type]).toEqual([200, 'application/json']);
      await interactor.close();
    }
  });

  it('answers with the reason if the reply cannot be sent, and logs it', async () => {
    const logged: unknown[] = [];
    const replies: unknown[] = [];
    const context = {
      callback: (reply: unknown) => void replies.push(reply),
      Response: class {
        constructor() {
          throw new TypeError('no memory');
        }
      },
      logger: { error: (message: string, data: object) => void logged.push([message.includes('explained'), data]) },
    } as unknown as FunctionContext;
    const { interactor } = setUp({ explain: (message) => `explained: ${message}` });
    await interactor.handler(context, { body: request([[1, 1]]) });
    const error = { code: 'internal', message: 'explained: no memory' };
    expect(replies).toEqual([[500, { error }]]);
    expect(logged.at(-1)).toEqual([true, { code: 'internal' }]);
    await interactor.handler({ ...context, logger: undefined }, { body: request([[1, 1]]) });
    await interactor.handler({ ...context, logger: {} }, { body: request([[1, 1]]) });
    expect(replies.length).toBe(3);
  });

  it('logs each event: what was made, or why it was refused', async () => {
    const logged: [string, string, object][] = [];
    const log = (level: string) => (message: string, data?: object) => void logged.push([level, message, data ?? {}]);
    const context = {
      callback: () => {},
      Response: NuclioResponse,
      logger: { debug: log('debug'), error: log('error') },
    } as FunctionContext;
    const { interactor } = setUp();
    await interactor.handler(context, {
      id: 'x'.repeat(100),
      body: request([
        [20, 20],
        [900, 900],
      ]),
    });
    await interactor.handler(context, { id: 'event 2', body: request([]) });
    const ms = expect.any(Number);
    const times = { parse: ms, segment: ms, write: ms };
    expect(logged).toEqual([
      [
        'debug',
        expect.stringMatching(/^Mask of 1\d\d px/),
        { event: 'x'.repeat(80), status: 200, bytes: ms, ...times, notes: [expect.stringMatching(/outside/)] },
      ],
      [
        'error',
        expect.stringContaining('no-clicks'),
        { event: 'event 2', status: 400, bytes: ms, ...times, notes: [expect.stringMatching(/no-clicks/)] },
      ],
    ]);
    logged.length = 0;
    await interactor.handler(context, { body: request([[20, 20]]) });
    expect(logged[0][2]).not.toHaveProperty('notes');
    await interactor.handler(context, { body: request([], [[20, 20]]) });
    expect(logged[1][1]).toContain('Mask of 0 px');
  });

  it('logs that a reply could not be delivered', async () => {
    const logged: string[] = [];
    const context = {
      callback: () => Promise.reject(new Error('broken pipe')),
      Response: NuclioResponse,
      logger: { error: (message: string) => void logged.push(message) },
    } as FunctionContext;
    await setUp().interactor.handler(context, { body: request([[1, 1]]) });
    expect(logged).toEqual([expect.stringContaining('broken pipe')]);
  });

  it('answers no event at all', async () => {
    const [reply] = await deliver(setUp().interactor, undefined as unknown as object);
    expect((reply as NuclioResponse).status_code).toBe(400);
  });

  it('survives a callback that throws and a context without logger', async () => {
    const { interactor } = setUp();
    const context = {
      callback: () => {
        throw new Error('broken pipe');
      },
      Response: NuclioResponse,
    } as FunctionContext;
    await expect(interactor.handler(context, { body: 'x' })).resolves.toBeUndefined();
  });

  it('answers any event once, and never rejects', async () => {
    const { interactor } = setUp();
    const number = fc.oneof(
      fc.double(),
      fc.integer({ min: -100, max: 100 }),
      fc.constant(null),
      fc.string({ maxLength: 3 }),
    );
    const points = fc.oneof(fc.array(fc.array(number, { maxLength: 3 }), { maxLength: 5 }), fc.anything());
    const fields = fc.record(
      {
        image: fc.oneof(fc.constant(image), fc.base64String({ maxLength: 40 }), fc.anything()),
        pos_points: points,
        neg_points: points,
        obj_bbox: points,
        threshold: fc.oneof(number, fc.anything()),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fields,
      fields.map((value) => Buffer.from(JSON.stringify(value) ?? 'undefined')),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.string(),
      fc.anything(),
    );
    await fc.assert(
      fc.asyncProperty(fc.record({ body, method: fc.constantFrom('POST', 'PUT', '') }), async (event) => {
        const replies = await deliver(interactor, event);
        expect(replies.length).toBe(1);
        const [reply] = replies;
        const status = Array.isArray(reply) ? reply[0] : reply.status_code;
        expect([200, 400, 422]).toContain(status);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('what the user interface stores', () => {
  it.each(['mask', 'mask-bounds'] as const)('is the segmenter’s mask, by %s', async (reply) => {
    const point = fc.tuple(fc.double({ min: 0, max: 64, noNaN: true }), fc.double({ min: 0, max: 48, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(point, { minLength: 1, maxLength: 4 }),
        fc.array(point, { maxLength: 3 }),
        async (positive, negative) => {
          const { fake, interactor } = setUp({ reply });
          const answer = await interactor.answer(request(positive, negative));
          const expected = discs(64, 48, fake.requests[0].prompt, 6);
          const { rle } = readAsClassicUi(answer.body.toString());
          const stored = decodeStored(rle, 64, 48);
          const wanted = new Uint8Array(64 * 48);
          for (let y = 0; y < 48; y++) {
            for (let i = expected.rows[y]; i < expected.rows[y + 1]; i++) {
              wanted.fill(1, y * 64 + expected.spans[2 * i], y * 64 + expected.spans[2 * i + 1]);
            }
          }
          expect(stored).toEqual(wanted);
        },
      ),
    );
  });
});
