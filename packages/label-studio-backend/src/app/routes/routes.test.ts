import { EventEmitter } from 'node:events';
import type { Request, RequestHandler, Response } from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createJournal, type JournalFields } from '../../diagnostics/index.js';
import type { LabelStudioBackendOptions } from '../../options/index.js';
import type { AccessLog } from '../access-log.js';
import { createConfigReader } from '../config-reader.js';
import type { Services } from '../services.js';
import { diagnosticsRoute } from './diagnostics.js';
import { eventRoute } from './events.js';
import { healthRoute, readyRoute } from './health.js';
import { setupRoute } from './setup.js';

/** Services of which each test gives what its route uses. */
const servicesOf = (some: object): Services => ({ modelVersion: 'disc-1', ...some }) as unknown as Services;

/** Answers one request, and tells what was answered and noted. */
async function call(
  route: (services: Services, log: AccessLog) => RequestHandler,
  services: object,
  request: Partial<Pick<Request, 'body' | 'query' | 'accepts'>> = {},
) {
  const noted: JournalFields[] = [];
  const seen = { status: 200, type: '', headers: {} as Record<string, unknown>, body: undefined as unknown, noted };
  const response = Object.assign(new EventEmitter(), {
    status(status: number) {
      seen.status = status;
      return response;
    },
    type(type: string) {
      seen.type = type;
      return response;
    },
    setHeader: (name: string, value: unknown) => void Object.assign(seen.headers, { [name]: value }),
    json: (body: unknown) => void Object.assign(seen, { body, type: 'json' }),
    send: (body: unknown) => void Object.assign(seen, { body }),
  });
  const log = { note: (_: unknown, fields: JournalFields) => void noted.push(fields) } as unknown as AccessLog;
  const handler = route(servicesOf(services), log);
  await handler(request as Request, response as unknown as Response, () => {});
  return seen;
}

describe('/webhook and /train', () => {
  function setUp(options: Partial<LabelStudioBackendOptions> = {}) {
    const forgotten: unknown[][] = [];
    const started: string[] = [];
    const errors: object[] = [];
    const services = {
      options,
      memory: { forget: (...args: unknown[]) => void forgotten.push(args) },
      trainer: {
        start(project: string) {
          started.push(project);
          return `started ${project}`;
        },
      },
      logger: { error: (fields: object) => void errors.push(fields) },
    };
    const send = (body: unknown, kind: 'webhook' | 'train' = 'webhook') =>
      call((all, log) => eventRoute(all, log, kind), services, { body });
    return { forgotten, started, errors, send };
  }

  it.each<[object, [string, string][]]>([
    [{ action: 'ANNOTATION_CREATED', project: { id: 3 }, task: { id: 7 } }, [['3', '7']]],
    [{ action: 'ANNOTATIONS_DELETED', project: 3, task: 7 }, [['3', '7']]],
    [{ action: 'ANNOTATION_UPDATED', project: '3.17', task: '7' }, [['3', '7']]],
    [{ action: 'ANNOTATION_UPDATED', task: { id: 7 } }, [['', '7']]],
    [{ action: 'ANNOTATION_UPDATED', project: { id: 3 } }, []],
    [{ action: 'ANNOTATION_UPDATED', project: { id: 3 }, task: {} }, []],
    [{ action: 'TASKS_DELETED', project: { id: 3 }, task: { id: 7 } }, []],
  ])('end the work on a task whose annotation was stored, and only then: %j', async (body, expected) => {
    const { send, forgotten, started } = setUp();
    const answer = await send(body);
    expect([forgotten, started]).toEqual([expected, []]);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ status: 'ok', result: { model_version: 'disc-1', message: 'Noted.' } });
  });

  it('note what they are about', async () => {
    const { send } = setUp();
    expect((await send({ action: 'ANNOTATION_CREATED', project: { id: 3 }, task: { id: 7 } })).noted).toEqual([
      { kind: 'webhook', project: '3', task: '7', remarks: ['ANNOTATION_CREATED'] },
    ]);
    expect((await send({ project: { id: 3 } }, 'train')).noted).toEqual([
      { kind: 'train', project: '3', task: undefined, remarks: ['START_TRAINING'] },
    ]);
  });

  it('start training by either way, whatever else /train is told', async () => {
    const { send, started } = setUp();
    expect((await send({ action: 'START_TRAINING', project: { id: 3 } })).noted).toMatchObject([{ kind: 'train' }]);
    const answer = await send({ action: 'ANNOTATION_CREATED', project: { id: 4 } }, 'train');
    expect(answer.body).toMatchObject({ result: { message: 'started 4' } });
    expect(started).toEqual(['3', '4']);
  });

  it.each([
    [undefined, 'webhook'],
    [{}, 'webhook'],
    ['x', 'train'],
    [{ action: 'x'.repeat(101) }, 'webhook'],
  ] as const)('refuse %j', async (body, kind) => {
    await expect(setUp().send(body, kind)).rejects.toMatchObject({ reason: 'bad-request' });
  });

  it('need no listener', async () => {
    const { send, errors } = setUp();
    await send({ action: 'ANNOTATION_CREATED' });
    for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual([]);
  });

  it('tell the listener afterwards, and log what it throws', async () => {
    const events: object[] = [];
    const { send, errors } = setUp({
      onEvent: (event) => {
        events.push(event);
        throw new Error('its own affair');
      },
    });
    const body = { action: 'ANNOTATION_CREATED', project: { id: 3 }, task: { id: 7 }, annotation: { id: 1 } };
    await send(body);
    expect(events).toEqual([]);
    await expect.poll(() => errors).toEqual([{ action: 'ANNOTATION_CREATED', error: 'Error: its own affair' }]);
    expect(events).toEqual([
      {
        action: 'ANNOTATION_CREATED',
        project: '3',
        task: '7',
        body: expect.objectContaining({ annotation: { id: 1 } }),
      },
    ]);
  });
});

describe('/setup', () => {
  const image = '<Image name="image" value="$image"/>';
  const brush = '<BrushLabels name="mask" toName="image"><Label value="Cat"/></BrushLabels>';
  const polygon = '<PolygonLabels name="mask" toName="image"><Label value="Cat"/></PolygonLabels>';
  const smart = (tag: string, more = '') =>
    `<${tag} name="click" toName="image" smart="true" ${more}><Label value="Cat"/></${tag}>`;
  const clicks = smart('KeyPointLabels');

  async function setUp(body: object, options: Partial<LabelStudioBackendOptions> = {}) {
    const remembered: unknown[][] = [];
    const services = {
      options,
      setups: { remember: (...args: unknown[]) => void remembered.push(args) },
      configOf: createConfigReader(() => undefined),
    };
    const answer = await call(setupRoute, services, { body });
    return { ...answer, remembered };
  }
  const remarksOn = async (inside: string, options: Partial<LabelStudioBackendOptions> = {}) =>
    (await setUp({ schema: `<View>${inside}</View>` }, options)).noted[0].remarks;

  it('keeps the config and the token of the project', async () => {
    const schema = `<View>${image}${brush}${clicks}</View>`;
    const answer = await setUp({ project: '12.1746612998', schema, access_token: 'token' });
    expect(answer.body).toEqual({ model_version: 'disc-1' });
    expect(answer.remembered).toEqual([['12', schema, 'token']]);
    expect(answer.noted).toEqual([{ kind: 'setup', project: '12', remarks: [] }]);
  });

  it.each([undefined, null])('may leave both out, or be %s', async (nothing) => {
    const answer = await setUp({ project: '12', schema: nothing, access_token: nothing });
    expect(answer.remembered).toEqual([['12', undefined, undefined]]);
    expect(answer.noted[0].remarks).toEqual([]);
  });

  it.each<[string, string, Partial<LabelStudioBackendOptions>, RegExp[]]>([
    ['nothing of clicks and masks', image + brush + clicks, {}, []],
    ['nothing of boxes and polygons', image + polygon + smart('RectangleLabels'), {}, []],
    ['nothing of the kind that an option asks for', image + brush + clicks, { output: { kind: 'brush' } }, []],
    ['nothing of boxes alone', image + smart('RectangleLabels'), {}, []],
    ['nothing of a brush for clicks only', image + smart('BrushLabels', 'smartOnly="true"') + clicks, {}, []],
    ['that there is no image', brush + clicks, {}, [/no Image/]],
    ['that there is no output', image + clicks, {}, [/no tag that can hold a mask/]],
    ['that there is none of the kind', image + brush + clicks, { output: { kind: 'polygon' } }, [/hold a mask/]],
    ['that nothing can be clicked with', image + brush, {}, [/no keypoint or rectangle/]],
    ['that it cannot be read', '<Image', {}, [/./]],
  ])('says %s', async (_, inside, options, expected) => {
    const remarks = (await remarksOn(inside, options)) ?? [];
    expect(remarks).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  it('does not count a smart rectangle as output only because one can click with it', async () => {
    const only = smart('RectangleLabels', 'smartOnly="true"');
    expect((await remarksOn(image + only))?.join()).toMatch(/hold a mask/);
  });

  it('refuses what Label Studio does not send', async () => {
    await expect(setUp({ schema: 5 })).rejects.toMatchObject({ reason: 'bad-request' });
  });
});

describe('/health and /ready', () => {
  afterEach(() => void vi.useRealTimers());
  const info = { model: 'disc 1', provider: 'cpu', workers: 2 };
  const rest = {
    queue: { queued: 3, active: 4 },
    url: new URL('http://localhost:8080'),
    tokenKind: () => 'legacy',
    tokenState: () => 'good',
  };

  it('tell what runs', async () => {
    const stats = vi.fn();
    const answer = await call(healthRoute, { segmenter: { info, stats }, ...rest });
    expect(answer.body).toEqual({
      status: 'UP',
      model_class: 'Clickmask',
      model: 'disc 1',
      model_version: 'disc-1',
      provider: 'cpu',
      workers: 2,
      queued: 3,
      active: 4,
      label_studio: 'configured',
      token: 'legacy',
      token_state: 'good',
    });
    // A busy worker would delay the answer.
    expect(stats).not.toHaveBeenCalled();
  });

  it('tell of a network that runs elsewhere, if it answers', async () => {
    const segmenter = { info: { ...info, provider: 'oip' }, stats: async () => ({ engine: { server: 'triton' } }) };
    const services = { segmenter, ...rest, url: undefined };
    expect((await call(healthRoute, services)).body).toMatchObject({
      label_studio: 'not configured',
      engine: { server: 'triton' },
    });
    segmenter.stats = () => Promise.reject(new Error('lost'));
    const answer = await call(healthRoute, services);
    expect(answer.body).toMatchObject({ status: 'UP' });
    expect(answer.body).not.toHaveProperty('engine');
  });

  it('say that it is ready, or lost', async () => {
    const ready = (stats: () => Promise<unknown>) => call(readyRoute, { segmenter: { info, stats } });
    expect((await ready(async () => ({ ready: 1 }))).body).toEqual({ status: 'ready', model_version: 'disc-1' });
    await expect(ready(async () => ({ ready: 0 }))).rejects.toMatchObject({ reason: 'closing' });
    await expect(ready(() => Promise.reject(new Error('closed')))).rejects.toMatchObject({ reason: 'closing' });
  });

  it('say after half a second that it is busy, which is ready too', async () => {
    vi.useFakeTimers();
    const asked = call(readyRoute, { segmenter: { info, stats: () => new Promise(() => {}) } });
    await vi.advanceTimersByTimeAsync(499);
    expect(await Promise.race([asked, Promise.resolve('waiting')])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect((await asked).body).toEqual({ status: 'busy', model_version: 'disc-1' });
  });
});

describe('/diagnostics', () => {
  const services = {
    segmenter: { info: { model: 'disc 1', provider: 'cpu' } },
    options: {},
    url: new URL('http://me:secret@localhost:8080/?token=secret'),
    pictures: { count: 2 },
    journal: createJournal(),
    trainer: { state: { state: 'idle' } },
    tokenKind: () => 'legacy',
  };
  const accepts = (wanted: string) => ((kinds: string[]) => (kinds.includes(wanted) ? wanted : false)) as never;

  it('is a page in a browser, without scripts', async () => {
    const answer = await call(diagnosticsRoute, services, { query: {}, accepts: accepts('html') });
    expect([answer.type, String(answer.body).includes('<html')]).toEqual(['html', true]);
    expect(answer.headers['Content-Security-Policy']).toBe("default-src 'none'; style-src 'unsafe-inline'");
  });

  it.each([
    ['that asks for it', { query: {}, accepts: accepts('json') }],
    ['by its address', { query: { format: 'json' }, accepts: accepts('html') }],
  ])('is JSON for a program %s, without secrets', async (_, request) => {
    const answer = await call(diagnosticsRoute, services, request);
    expect(answer.type).toBe('json');
    expect(answer.body).toMatchObject({
      model: 'disc 1',
      version: 'disc-1',
      provider: 'cpu',
      output: 'auto',
      token: 'legacy',
      pictures: 2,
      training: { state: 'idle' },
      requests: [],
      labelStudio: expect.stringContaining('localhost:8080'),
    });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('tells which output an option asks for, and that no Label Studio is set', async () => {
    const some = { ...services, url: undefined, options: { output: { kind: 'polygon' } } };
    const answer = await call(diagnosticsRoute, some, { query: {}, accepts: accepts('json') });
    expect(answer.body).toMatchObject({ output: 'polygon', labelStudio: 'not configured' });
  });
});
