import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { area, bounds } from '@clickmask/core';
import { labelStudioRle } from '@clickmask/core/formats';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createLabelStudioBackend,
  type LabelStudioBackend,
  type LabelStudioBackendOptions,
  type Logger,
  writeLabelingConfig,
} from '../src/index.js';
import { runTrainCommand } from '../src/training/index.js';
import { type FakeLabelStudio, type Listening, listen, startFakeLabelStudio } from './fake-label-studio.js';
import { createFakeSegmenter, type FakeSegmenter } from './fake-segmenter.js';

type Json = Record<string, unknown>;

const size = { width: 80, height: 40 };
const png = await sharp({ create: { ...size, channels: 3, background: '#abc' } })
  .png()
  .toBuffer();

let labelStudio: FakeLabelStudio;
let segmenter: FakeSegmenter;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  closing = [];
  segmenter = createFakeSegmenter();
  labelStudio = await startFakeLabelStudio();
  closing.push(labelStudio.close);
  labelStudio.labelConfig = writeLabelingConfig({ labels: ['Cat', 'Dog'], negativeTool: true });
  labelStudio.files.set('upload/1/cat.png', png);
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

async function start(
  options: Partial<LabelStudioBackendOptions> = {},
): Promise<Listening & { backend: LabelStudioBackend }> {
  const backend = createLabelStudioBackend({
    segmenter,
    labelStudio: { url: labelStudio.url, token: labelStudio.legacyToken },
    ...options,
  });
  const server = await listen(backend.app);
  closing.push(server.close, () => backend.close());
  return { ...server, backend };
}

function click(x: number, y: number, more: Json = {}, label = 'Cat'): Json {
  return {
    id: `${label}-${x}-${y}`,
    type: 'keypointlabels',
    from_name: 'click',
    to_name: 'image',
    original_width: size.width,
    original_height: size.height,
    image_rotation: 0,
    is_positive: true,
    value: { x, y, width: 0.3, keypointlabels: [label], labels: [label] },
    ...more,
  };
}

function box(x: number, y: number, width: number, height: number, more: Json = {}): Json {
  return {
    id: `box-${x}-${y}`,
    type: 'rectanglelabels',
    from_name: 'box',
    to_name: 'image',
    original_width: size.width,
    original_height: size.height,
    image_rotation: 0,
    value: { x, y, width, height, rotation: 0, rectanglelabels: ['Cat'] },
    ...more,
  };
}

const task = { id: 7, data: { image: '/data/upload/1/cat.png' } };

interface Answer {
  readonly result: (Json & { id: string; value: Json })[];
  readonly score: number;
  readonly clickmask: { outcome: string };
}

async function ask(url: string, result: unknown, over: Json = task): Promise<Answer> {
  const answer = await labelStudio.interactive(url, over, { result });
  expect(answer.errors).toBeUndefined();
  return answer.data as unknown as Answer;
}

async function failure(url: string, result: unknown, over: Json = task): Promise<string> {
  const answer = await labelStudio.interactive(url, over, { result });
  return (answer.errors ?? [`no error but ${JSON.stringify(answer.data)}`]).join();
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('routes', () => {
  it('answers health, setup and versions as Label Studio expects', async () => {
    const { url } = await start();
    for (const path of ['/', '/health']) {
      const health = await fetch(url + path);
      expect(health.status).toBe(200);
      expect(await health.json()).toMatchObject({ status: 'UP', model_class: 'Clickmask', model: 'disc 1.0.0' });
    }
    expect(await labelStudio.connect(url)).toEqual({ state: 'CO', model_version: 'disc-1.0.0' });
    expect(await (await fetch(`${url}/versions`)).json()).toEqual({ versions: ['disc-1.0.0'] });
  });

  it.each([null, '{"a": 1}', { a: 1 }, 5])('takes extra_params %j at setup', async (extra) => {
    const { url } = await start();
    const response = await post(`${url}/setup`, {
      project: '1.5',
      schema: labelStudio.labelConfig,
      extra_params: extra,
    });
    expect(response.status).toBe(200);
  });

  it('answers what it does not know with JSON', async () => {
    const { url } = await start();
    for (const path of ['/nothing', '/validate', '/predict']) {
      const response = await fetch(url + path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ status: 'error', error: { code: 'not-found' } });
    }
  });

  it('serves metrics with what happened', async () => {
    const { url } = await start();
    await ask(url, [click(50, 50)]);
    await fetch(`${url}/whatever-${Math.random()}`);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/clickmask_requests_total\{[^}]*route="\/predict"[^}]*reason="ok"[^}]*\} 1/);
    expect(text).toMatch(/route="other",reason="not-found"/);
    expect(text).not.toContain('whatever');
  });

  it('mounts as a router under a path', async () => {
    const { backend } = await start();
    const { default: express } = await import('express');
    const app = express();
    app.use('/models/clickmask', backend.router);
    const server = await listen(app);
    closing.push(server.close);
    expect(await labelStudio.connect(`${server.url}/models/clickmask`)).toMatchObject({ state: 'CO' });
    expect((await ask(`${server.url}/models/clickmask`, [click(50, 50)])).result).toHaveLength(1);
  });

  it('takes webhooks of every kind at once, and tells of them', async () => {
    const events: string[] = [];
    const { url } = await start({
      onEvent: async ({ action }) => {
        events.push(action);
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error('what the listener does is its own affair');
      },
    });
    for (const action of [
      'PROJECT_UPDATED',
      'ANNOTATION_CREATED',
      'ANNOTATIONS_DELETED',
      'START_TRAINING',
      'NEW_ONE',
    ]) {
      const response = await post(`${url}/webhook`, { action, project: { id: 1 }, task: { id: 7 }, annotation: {} });
      expect(response.status).toBe(201);
    }
    expect((await post(`${url}/train`, { project: { id: 1 } })).status).toBe(201);
    await expect.poll(() => events).toHaveLength(6);
    expect(events.filter((action) => action === 'START_TRAINING')).toHaveLength(2);
  });
});

describe('authentication', () => {
  const basic = { user: 'labels', password: 'pass:word é' };
  const header = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  it('guards every route by basic authentication', async () => {
    const { url } = await start({ auth: { basic } });
    for (const path of ['/', '/health', '/versions', '/metrics', '/diagnostics', '/nothing']) {
      const response = await fetch(url + path);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Basic');
    }
    for (const wrong of [
      header('labels', 'pass'),
      header('', ''),
      header('labels', `${basic.password}x`),
      { authorization: 'Basic ?' },
    ]) {
      expect((await fetch(`${url}/health`, { headers: wrong })).status).toBe(401);
    }
    expect((await fetch(`${url}/health`, { headers: header(basic.user, basic.password) })).status).toBe(200);
    expect((await post(`${url}/webhook`, { action: 'X' })).status).toBe(401);
  });

  it('lets webhooks in by their own secret, and nothing else by it', async () => {
    const { url } = await start({ auth: { basic, webhookSecret: 'secret' } });
    const secret = { 'x-clickmask-secret': 'secret' };
    expect((await post(`${url}/webhook`, { action: 'X' }, secret)).status).toBe(201);
    expect((await post(`${url}/webhook`, { action: 'X' }, { 'x-clickmask-secret': 'guess' })).status).toBe(401);
    expect((await post(`${url}/webhook`, { action: 'X' }, header(basic.user, basic.password))).status).toBe(201);
    expect((await post(`${url}/predict`, { tasks: [] }, secret)).status).toBe(401);
  });

  it('asks for the secret however the route is spelt, and lets training tell of nothing else', async () => {
    const actions: string[] = [];
    const onEvent = ({ action }: { action: string }) => void actions.push(action);
    const { url } = await start({ auth: { webhookSecret: 'secret' }, onEvent });
    const forged = { action: 'ANNOTATION_CREATED', project: { id: 1 }, task: { id: 7 } };
    for (const path of ['webhook', 'webhook/', 'WebHook', 'train', 'TRAIN/']) {
      expect((await post(`${url}/${path}`, forged)).status).toBe(401);
    }
    expect((await post(`${url}/train`, forged, { 'x-clickmask-secret': 'secret' })).status).toBe(201);
    await expect.poll(() => actions).toEqual(['START_TRAINING']);
  });
});

describe('strangers', () => {
  it.each(['predict', 'webhook', 'train', 'setup'])('gives nothing to a web page that posts to /%s', async (route) => {
    const { url } = await start();
    const body = { tasks: [], action: 'ANNOTATION_CREATED' };
    for (const [name, value] of [
      ['content-type', 'text/plain'],
      ['origin', 'https://evil.example'],
      ['sec-fetch-site', 'cross-site'],
    ]) {
      expect((await post(`${url}/${route}`, body, { [name]: value })).status).toBe(400);
    }
  });

  it('takes nothing that a web page posts, of whatever origin, and shows none what happens here', async () => {
    const { url } = await start();
    const { url: known } = await start({ auth: { hosts: ['clicks.example.com'] } });
    const pages: readonly Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: url },
      { 'sec-fetch-site': 'same-origin' },
    ];
    for (const headers of pages) {
      for (const path of ['/predict', '/setup', '/webhook', '/train']) {
        const response = await post(url + path, { tasks: [task], action: 'x' }, headers);
        expect([path, response.status]).toEqual([path, 400]);
      }
    }
    const seen = (to: string, host: string) =>
      new Promise((resolve) =>
        get(`${to}/diagnostics`, { headers: { host } }, (answer) => resolve(answer.resume().statusCode)),
      );
    expect(await seen(url, 'evil.example:9090')).toBe(403);
    expect(await seen(url, 'localhost:9090')).toBe(200);
    expect(await seen(known, 'clicks.example.com')).toBe(200);
  });

  it('says that it is ready, and that it is not once its segmenter is lost', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    segmenter.stats = () => Promise.reject(new Error('lost'));
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('does not call a token good that Label Studio refuses', async () => {
    const state = async (url: string) => ((await (await fetch(`${url}/health`)).json()) as Json).token_state;
    const { url } = await start();
    expect(await state(url)).toBe('untried');
    await expect.poll(() => state(url)).toBe('good');
    // Revoked while the program runs: the first click that needs the token tells, and the next good one too.
    const before = labelStudio.legacyToken;
    labelStudio.legacyToken = 'e'.repeat(40);
    expect(await failure(url, [click(50, 50)])).toContain('token-refused');
    expect(await state(url)).toBe('refused');
    labelStudio.legacyToken = before;
    await ask(url, [click(50, 50)]);
    expect(await state(url)).toBe('good');
    const revoked = await start({ labelStudio: { url: labelStudio.url, token: 'f'.repeat(40) } });
    await expect.poll(() => state(revoked.url)).toBe('refused');
  });

  it('refuses ids that are longer than any', async () => {
    const { url } = await start();
    const long = 'x'.repeat(101);
    expect((await post(`${url}/webhook`, { action: 'ANNOTATION_CREATED', task: { id: long } })).status).toBe(400);
    expect((await post(`${url}/predict`, { tasks: [{ id: long }] })).status).toBe(400);
  });
});

describe('Start training', () => {
  it('runs what is given, one at a time, and says how it went', async () => {
    let end = () => {};
    const runs: string[] = [];
    const onTrain = async ({ project }: { project: string }) => {
      runs.push(project);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      throw new Error('no room');
    };
    const { url, backend } = await start({ onTrain });
    const train = async (id: number) =>
      (await (await post(`${url}/train`, { project: { id } })).json()).result.message as string;
    expect(await train(1)).toContain('started');
    expect(await train(2)).toContain('project 1 is still running');
    expect(backend.diagnostics().training).toMatchObject({ state: 'running', project: '1' });
    end();
    await expect.poll(() => backend.diagnostics().training).toMatchObject({ state: 'failed', message: 'no room' });
    expect(runs).toEqual(['1']);
  });

  it('hands the export to a command, and its words to the log', async () => {
    const lines: string[] = [];
    const log = (fields: object) => lines.push(JSON.stringify(fields));
    const logger = { info: log, warn: log, error: log };
    const command = 'cat "$CLICKMASK_EXPORT"; echo " of $CLICKMASK_PROJECT"; exit';
    const run = {
      project: '4',
      signal: new AbortController().signal,
      exportAnnotations: async () => Buffer.from('[]'),
    };
    const picture = async () => png;
    await expect(runTrainCommand(`${command} 4`, logger)({ ...run, picture })).rejects.toThrow('ended with 4');
    expect(lines.join()).toContain('[] of 4');
    expect(await runTrainCommand(`${command} 3`, logger)({ ...run, picture })).toContain('present one stays');
    expect(await runTrainCommand(`${command} 0`, logger)({ ...run, picture })).toBeUndefined();
  });

  it('saves the images of annotated tasks beside the export', async () => {
    const lines: string[] = [];
    const log = (fields: object) => lines.push(JSON.stringify(fields));
    const annotations = [{ result: [{}] }];
    const tasks = [
      { id: 1, data: { image: '/data/upload/1/cat.png', note: 'a cat' }, annotations },
      { id: 2, data: { image: 's3://bucket/gone.jpg' }, annotations },
      { id: 3, data: { image: '/data/upload/1/unseen.png' }, annotations: [{ result: [] }] },
    ];
    const asked: string[] = [];
    const picture = async (value: string, task: string) => {
      asked.push(`${task} ${value}`);
      if (value.startsWith('s3:')) throw new Error('not found');
      return png;
    };
    const command = 'cat "$CLICKMASK_EXPORT"; cd "$(dirname "$CLICKMASK_EXPORT")"; wc -c pictures/*';
    const run = runTrainCommand(command, { info: log, warn: log, error: log });
    const exportAnnotations = async () => Buffer.from(JSON.stringify(tasks));
    await run({ project: '4', signal: new AbortController().signal, exportAnnotations, picture });
    expect(asked).toEqual(['1 /data/upload/1/cat.png', '2 s3://bucket/gone.jpg']);
    expect(lines.join()).toContain('\\"image\\":\\"pictures/0.png\\",\\"note\\":\\"a cat\\"');
    expect(lines.join()).toContain(`${png.length} pictures/0.png`);
    expect(lines.join()).toContain('not found');
  });

  it('saves no more images than it may, and tells what is left out without flooding the log', async () => {
    const lines: { readonly [field: string]: unknown }[] = [];
    const log = (fields: object) => lines.push({ ...fields });
    const logger = { info: log, warn: log, error: log };
    const tasks = Array.from({ length: 60 }, (_, id) => ({
      id,
      data: { image: id < 30 ? `/gone/${id}.png` : `/${id}.png` },
      annotations: [{ result: [{}] }],
    }));
    const exportAnnotations = async () => Buffer.from(JSON.stringify(tasks));
    const picture = async (value: string) => {
      if (value.startsWith('/gone')) throw new Error('not found');
      return png;
    };
    const run = { project: '4', signal: new AbortController().signal, exportAnnotations, picture };
    const count = 'ls "$(dirname "$CLICKMASK_EXPORT")/pictures" | wc -l';
    await runTrainCommand(count, logger, { maxBytes: 10.5 * png.length })(run);
    expect(lines).toContainEqual(expect.objectContaining({ line: '10' }));
    expect(lines.filter(({ error }) => error !== undefined)).toHaveLength(20);
    expect(lines).toContainEqual(expect.objectContaining({ failed: 30, saved: 10 }));
    expect(lines).toContainEqual(expect.objectContaining({ beyond: 20, saved: 10 }));
    lines.length = 0;
    await runTrainCommand(count, logger, { maxPictures: 35 })(run);
    expect(lines).toContainEqual(expect.objectContaining({ line: '5' }));
    expect(lines).toContainEqual(expect.objectContaining({ beyond: 25, saved: 5 }));
  });
});

describe('clicks', () => {
  it('turns a positive and a negative click into a mask of the right size', async () => {
    const { url } = await start();
    const { result, score } = await ask(url, [click(50, 50), click(20, 20, { is_positive: false })]);
    expect(result).toHaveLength(1);
    expect(result[0]).toMatchObject({
      type: 'brushlabels',
      from_name: 'mask',
      to_name: 'image',
      original_width: 80,
      original_height: 40,
      value: { format: 'rle', brushlabels: ['Cat'] },
    });
    expect(score).toBe(0.9);
    expect(segmenter.prompts[0].clicks).toEqual([
      { x: 40, y: 20, label: 'positive' },
      { x: 16, y: 8, label: 'negative' },
    ]);
    expect(area(labelStudioRle.parse(result[0]))).toBeGreaterThan(0);
  });

  it.each([
    ['at the top', { is_positive: false }],
    ['in the value', { is_positive: undefined, value: { x: 20, y: 20, is_positive: false, keypointlabels: ['Cat'] } }],
    [
      'as value.positive',
      { is_positive: undefined, value: { x: 20, y: 20, positive: false, keypointlabels: ['Cat'] } },
    ],
    ['by a second tag', { from_name: 'click-negative' }],
    ['by a second tag that Label Studio calls positive', { from_name: 'click-negative', is_positive: true }],
  ])('understands a negative click %s', async (_how, more) => {
    const { url } = await start();
    await ask(url, [click(50, 50), click(20, 20, more)]);
    expect(segmenter.prompts[0].clicks?.map((one) => one.label)).toEqual(['positive', 'negative']);
  });

  it('takes a click that does not say what it is as positive', async () => {
    const { url } = await start();
    await ask(url, [click(50, 50, { is_positive: undefined })]);
    expect(segmenter.prompts[0].clicks?.[0].label).toBe('positive');
  });

  it('understands a negative label, sent apart from the others, where an option names the form', async () => {
    labelStudio.labelConfig = `<View><Image name="image" value="$image"/>
      <BrushLabels name="mask" toName="image"><Label value="Cat"/></BrushLabels>
      <KeyPointLabels name="click" toName="image"><Label value="Cat"/><Label value="Cat (not)"/>
      <Label value="Off" predicted_values="negative"/></KeyPointLabels></View>`;
    const { url } = await start({ negativeLabels: ['* (not)'] });
    const first = await ask(url, [click(50, 50)]);
    const second = await ask(url, [click(20, 20, {}, 'Cat (not)')]);
    const third = await ask(url, [click(80, 80, {}, 'Off')]);
    expect(segmenter.prompts[2].clicks?.map((one) => one.label)).toEqual(['positive', 'negative', 'negative']);
    expect(new Set([first, second, third].map(({ result }) => result[0].id)).size).toBe(1);
    expect(third.result[0].value).toMatchObject({ brushlabels: ['Cat'] });
  });

  it('takes a label that only sounds negative for a class', async () => {
    labelStudio.labelConfig = writeLabelingConfig({ labels: ['Plankton', 'Not-plankton'] });
    const { url } = await start();
    const { result } = await ask(url, [click(50, 50, {}, 'Not-plankton')]);
    expect(segmenter.prompts[0].clicks?.[0].label).toBe('positive');
    expect(result[0].value).toMatchObject({ brushlabels: ['Not-plankton'] });
  });

  it('follows repeaters, list indices and labels that stand in the task', async () => {
    labelStudio.labelConfig = `<View><Repeater on="$pages"><Image name="page_{{idx}}" value="$pages[{{idx}}].url"/>
      <BrushLabels name="mask_{{idx}}" toName="page_{{idx}}" value="$classes"/>
      <KeyPointLabels name="click_{{idx}}" toName="page_{{idx}}" value="$classes"/></Repeater></View>`;
    labelStudio.files.set('upload/1/second.png', png);
    const { url } = await start();
    const pages = { pages: [{ url: '/data/upload/1/cat.png' }, { url: '/data/upload/1/second.png' }] };
    const data = { ...pages, classes: [{ value: 'Cat' }, { value: 'Dog' }] };
    const second = click(50, 50, { from_name: 'click_1', to_name: 'page_1' }, 'Dog');
    const { result } = await ask(url, [second], { id: 8, data });
    expect(result).toMatchObject([{ from_name: 'mask_1', to_name: 'page_1', value: { brushlabels: ['Dog'] } }]);
    expect(labelStudio.seen.map(({ path }) => path).join()).toContain('second.png');
    expect(labelStudio.seen.map(({ path }) => path).join()).not.toContain('cat.png');
  });

  it('reads bare tags, whose label comes as a twin region', async () => {
    labelStudio.labelConfig = `<View><Image name="image" value="$image"/><Labels name="label" toName="image">
      <Label value="Cat"/><Label value="Dog"/></Labels><Brush name="mask" toName="image"/><KeyPoint name="kp" toName="image"/></View>`;
    const { url } = await start();
    const { result } = await ask(url, [
      { ...click(50, 50), type: 'keypoint', from_name: 'kp', id: 'k', value: { x: 50, y: 50, width: 1 } },
      { type: 'labels', from_name: 'label', to_name: 'image', id: 'k', value: { x: 50, y: 50, labels: ['Dog'] } },
    ]);
    expect(result.map((region) => region.type)).toEqual(['brush', 'labels']);
    expect(result[1]).toMatchObject({ id: result[0].id, from_name: 'label', value: { labels: ['Dog'] } });
  });

  it('answers an empty context, and one without positive clicks, with nothing and a reason', async () => {
    const { url, backend } = await start();
    expect(await ask(url, [])).toMatchObject({ result: [], clickmask: { outcome: 'empty-context' } });
    expect(await ask(url, undefined)).toMatchObject({ result: [], clickmask: { outcome: 'empty-context' } });
    const negative = await ask(url, [click(20, 20, { is_positive: false })]);
    expect(negative).toMatchObject({ result: [], clickmask: { outcome: 'only-negative' } });
    expect(backend.diagnostics().requests[0]).toMatchObject({
      reason: 'only-negative',
      advice: expect.stringContaining('plain click'),
    });
  });

  it('keeps several labels and several boxes apart', async () => {
    const { url } = await start();
    const { result } = await ask(url, [
      click(20, 50),
      click(80, 50, {}, 'Dog'),
      box(0, 0, 10, 10),
      box(60, 60, 20, 20),
    ]);
    const labels = result.map((region) => (region.value as { brushlabels: string[] }).brushlabels[0]);
    expect(labels.sort()).toEqual(['Cat', 'Cat', 'Cat', 'Dog']);
    expect(new Set(result.map((region) => region.id)).size).toBe(4);
  });

  it('answers as many objects as the limit allows, and says how many there were', async () => {
    const { url, backend } = await start({ limits: { objects: 2 } });
    const boxes = [box(0, 0, 10, 10), box(60, 60, 20, 20), box(60, 0, 20, 20)];
    expect((await ask(url, boxes.slice(1))).result).toHaveLength(2);
    expect(backend.diagnostics().requests[0].remarks ?? []).toEqual([]);
    expect((await ask(url, boxes)).result).toHaveLength(2);
    expect(segmenter.prompts).toHaveLength(4);
    expect(backend.diagnostics().requests[0].remarks?.join()).toContain('first 2 of 3');
  });

  it('puts a box and clicks of one object together although they come apart', async () => {
    const { url } = await start();
    const first = await ask(url, [box(25, 25, 50, 50)]);
    const second = await ask(url, [click(40, 40), click(70, 70, { is_positive: false })]);
    expect(segmenter.prompts[1]).toMatchObject({ box: { x1: 20, y1: 10, x2: 60, y2: 30 } });
    expect(segmenter.prompts[1].clicks).toHaveLength(2);
    expect(second.result.map((region) => region.id)).toEqual(first.result.map((region) => region.id));
    // A click far away is about another object.
    const third = await ask(url, [click(95, 95)]);
    expect(segmenter.prompts[2].box).toBeUndefined();
    expect(third.result[0].id).not.toBe(first.result[0].id);
  });

  it('forgets a box when its region is accepted, when all is removed, and after the time', async () => {
    const { url } = await start();
    const [region] = (await ask(url, [box(25, 25, 50, 50)])).result;
    await ask(url, [click(40, 40)], { ...task, drafts: [{ user: 'me', result: [region] }] });
    expect(segmenter.prompts.at(-1)?.box).toBeUndefined();
    await ask(url, [box(25, 25, 50, 50)]);
    await ask(url, []);
    await ask(url, [click(40, 40)]);
    expect(segmenter.prompts.at(-1)?.box).toBeUndefined();
    const { url: never } = await start({ combineMs: 0 });
    await ask(never, [box(25, 25, 50, 50)]);
    await ask(never, [click(40, 40)]);
    expect(segmenter.prompts.at(-1)?.box).toBeUndefined();
  });

  it('begins anew after a region was accepted by its own tick, which leaves its clicks', async () => {
    const { url } = await start();
    const [first] = (await ask(url, [click(20, 50)])).result;
    const accepted = { ...task, drafts: [{ user: 'me', result: [click(20, 50), first] }] };
    const second = await ask(url, [click(20, 50), click(80, 50)], accepted);
    expect(segmenter.prompts.at(-1)).toMatchObject({ clicks: [{ x: 64 }] });
    expect(second.result.map(({ id }) => id)).not.toContain(first.id);
    await ask(url, [click(20, 50), click(80, 50), click(82, 50)], accepted);
    expect(segmenter.prompts.at(-1)?.clicks).toHaveLength(2);
  });

  it('forgets a box that has been undone', async () => {
    const { url } = await start();
    await ask(url, [box(40, 40, 20, 20)]);
    const withBox = { ...task, drafts: [{ user: 'me', result: [box(40, 40, 20, 20)] }] };
    await ask(url, [click(50, 50)], withBox);
    expect(segmenter.prompts.at(-1)).toMatchObject({ box: {}, clicks: [{}] });
    await ask(url, [click(52, 52)], { ...task, drafts: [{ user: 'me', result: [] }] });
    expect(segmenter.prompts.at(-1)).not.toHaveProperty('box');
  });

  for (const output of ['brush', 'polygon', 'bitmask'] as const) {
    it(`goes on with an accepted ${output} region by an Alt-click in or beside it, and keeps its id`, async () => {
      labelStudio.labelConfig = writeLabelingConfig({ labels: ['Cat', 'Dog'], output });
      const isBare = output !== 'brush';
      const said = (one: Json): Json[] => {
        const value = one.value as Json;
        if (!isBare) return [one];
        return [
          { ...one, type: 'keypoint' },
          { ...one, type: 'labels', from_name: 'label', value: { ...value, labels: ['Cat'] } },
        ];
      };
      const { url } = await start();
      const first = await ask(url, said(click(50, 50)));
      const ids = first.result.map(({ id }) => id);
      const accepted = { ...task, drafts: [{ user: 'me', result: first.result }] };
      // Inside a bitmask only where it is selected, and then the editor takes no answer for it.
      const [inside, beside, far] = [52, 60, 90].map((x) =>
        said(click(x, 50, { is_positive: false, id: `less-${x}` })),
      );
      for (const less of output === 'bitmask' ? [beside] : [inside, beside]) {
        const second = await ask(url, less, accepted);
        expect(segmenter.prompts.at(-1)).toMatchObject({ clicks: [{ label: 'negative' }], mask: size });
        const third = await ask(url, [...less, ...said(click(60, 50, { id: 'more' }))], accepted);
        expect(segmenter.prompts.at(-1)).toMatchObject({ clicks: [{}, { label: 'positive' }], mask: size });
        for (const { result } of [second, third]) expect(result[0]?.id).toBe(ids[0]);
      }
      for (const less of output === 'bitmask' ? [inside, far] : [far]) {
        expect((await ask(url, less, accepted)).clickmask.outcome).toBe('only-negative');
      }
    });
  }

  it('keeps two annotators of one task apart', async () => {
    const { url } = await start();
    const of = (user: string) => ({ ...task, drafts: [{ user, result: [] }] });
    await ask(url, [box(25, 25, 50, 50)], of('a'));
    await ask(url, [click(40, 40)], of('b'));
    expect(segmenter.prompts[1].box).toBeUndefined();
    await ask(url, [click(40, 40)], of('a'));
    expect(segmenter.prompts[2].box).toBeDefined();
  });

  it('turns rotated boxes into upright ones around them', async () => {
    const { url } = await start();
    const value = { x: 50, y: 50, width: 25, height: 25, rotation: 90, rectanglelabels: ['Cat'] };
    await ask(url, [box(0, 0, 1, 1, { value })]);
    const { box: seen } = segmenter.prompts[0];
    // 20 x 10 px, turned by a right angle about its top-left corner at (40, 20).
    expect(seen?.x1).toBeCloseTo(30);
    expect(seen?.x2).toBeCloseTo(40);
    expect(seen?.y1).toBeCloseTo(20);
    expect(seen?.y2).toBeCloseTo(40);
  });

  it('passes the rotation of the view on, and the image of several', async () => {
    labelStudio.labelConfig = labelStudio.labelConfig.replace('value="$image"', 'valueList="$images"');
    labelStudio.files.set('upload/1/dog.png', png);
    const { url } = await start();
    const { result } = await ask(url, [click(50, 50, { image_rotation: 90, item_index: 1 })], {
      id: 7,
      data: { images: ['/data/upload/1/cat.png', '/data/upload/1/dog.png'] },
    });
    expect(result[0]).toMatchObject({ image_rotation: 90, item_index: 1 });
    expect(labelStudio.seen.some(({ path }) => path.includes('dog.png'))).toBe(true);
  });

  it('writes the mask at the size that the editor shows', async () => {
    const { url, backend } = await start();
    const { result } = await ask(url, [click(50, 50, { original_width: 160, original_height: 80 })]);
    const mask = labelStudioRle.parse(result[0]);
    expect([mask.width, mask.height]).toEqual([160, 80]);
    expect(bounds(mask)?.width).toBe(20);
    expect(backend.diagnostics().requests[0].remarks?.join()).toContain('160 x 80');
  });

  it('follows EXIF orientation as the browser does, or leaves it where the browser does', async () => {
    const turned = await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    labelStudio.files.set('upload/1/turned.jpg', turned);
    const { url } = await start();
    const over = { id: 8, data: { image: '/data/upload/1/turned.jpg' } };
    const upright = await ask(url, [click(50, 25, { original_width: 40, original_height: 80 })], over);
    expect(upright.result[0]).toMatchObject({ original_width: 40, original_height: 80 });
    expect(segmenter.prompts[0].clicks).toEqual([{ x: 20, y: 20, label: 'positive' }]);
    await ask(url, [click(50, 25, { original_width: 80, original_height: 40 })], over);
    expect(segmenter.prompts[1].clicks).toEqual([{ x: 40, y: 10, label: 'positive' }]);
    expect(segmenter.opened.at(-1)?.key).toContain('as stored');
  });

  it('maps labels whatever their case, falls back to the only one, and says so where none fits', async () => {
    labelStudio.labelConfig = `<View><Image name="image" value="$image"/>
      <BrushLabels name="mask" toName="image"><Label value="cat"/><Label value="Dog"/></BrushLabels>
      <KeyPointLabels name="click" toName="image"><Label value="Cat"/><Label value="Bird"/></KeyPointLabels></View>`;
    const { url } = await start();
    expect((await ask(url, [click(50, 50)])).result[0].value).toMatchObject({ brushlabels: ['cat'] });
    const bird = await ask(url, [click(50, 50, {}, 'Bird')]);
    expect(bird).toMatchObject({ clickmask: { outcome: 'label-missing' } });
    expect(bird.result).toHaveLength(1);
    labelStudio.labelConfig = labelStudio.labelConfig.replace('<Label value="Dog"/>', '');
    expect((await ask(url, [click(50, 50, {}, 'Bird')])).result[0].value).toMatchObject({ brushlabels: ['cat'] });
  });

  it('gives the kind of region that the config or the option asks for', async () => {
    const { url } = await start();
    for (const output of ['polygon', 'bitmask', 'rectangle'] as const) {
      labelStudio.labelConfig = writeLabelingConfig({ labels: ['Cat'], output });
      const type = output === 'polygon' ? 'polygonlabels' : output;
      expect((await ask(url, [click(50, 50)])).result[0].type).toBe(type);
    }
    const { url: fixed } = await start({ output: { kind: 'polygon' } });
    labelStudio.labelConfig = writeLabelingConfig({ labels: ['Cat'], output: 'brush' });
    expect(await failure(fixed, [click(50, 50)])).toContain('no-output-tag');
  });

  it('serves requests of one task one by one, and lets a newer one take the place of a waiting one', async () => {
    segmenter.delayMs = 60;
    const { url } = await start();
    const clicks = [click(10, 50), click(30, 50), click(50, 50), click(70, 50)];
    const answers = await Promise.all(
      clicks.map(async (_one, i) => {
        await new Promise((resolve) => setTimeout(resolve, 10 * i));
        return ask(url, clicks.slice(0, i + 1));
      }),
    );
    expect(segmenter.prompts.length).toBeLessThan(4);
    expect(segmenter.prompts.at(-1)?.clicks).toHaveLength(4);
    expect(answers[2].result).toEqual(answers[3].result);
  });

  it.each([
    ['whose image does not come', 'slow.png', 1],
    ['with many objects', 'cat.png', 20],
  ])('limits the time of a whole answer %s', async (_what, name, count) => {
    const slow = await listen(() => {});
    closing.push(slow.close);
    segmenter.delayMs = 50;
    const image = name === 'cat.png' ? '/data/upload/1/cat.png' : `${slow.url}/${name}`;
    const { url } = await start({
      labelStudio: { url: labelStudio.url, token: labelStudio.legacyToken, privateHosts: [new URL(slow.url).host] },
      limits: { predictMs: 300, pictureMs: 1000 },
    });
    const boxes = Array.from({ length: count }, (_one, i) => box(4 * i, 10, 3, 3));
    expect(await failure(url, boxes, { id: 7, data: { image } })).toMatch(/504 .*too-slow: Expected the answer/);
  });

  it('stops the work of a client that hangs up, and says so', async () => {
    segmenter.delayMs = 50;
    const { url, backend } = await start();
    const leaving = new AbortController();
    const asked = fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      signal: leaving.signal,
      body: JSON.stringify({
        tasks: [task],
        project: '1.1',
        label_config: labelStudio.labelConfig,
        params: { context: { result: Array.from({ length: 20 }, (_one, i) => box(4 * i, 10, 3, 3)) } },
      }),
    });
    await expect.poll(() => segmenter.prompts.length).toBeGreaterThan(0);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => backend.diagnostics().requests[0]).toMatchObject({ reason: 'client-gone', status: 499 });
    await expect.poll(async () => ((await (await fetch(`${url}/health`)).json()) as { active: number }).active).toBe(0);
    expect(segmenter.prompts.length).toBeLessThan(20);
  });

  it('stops fetching an image that nobody waits for', async () => {
    let state = 'none';
    const slow = await listen((_request, response) => {
      state = 'asked';
      response.on('close', () => {
        state = 'closed';
      });
    });
    closing.push(slow.close);
    const { url } = await start({
      labelStudio: { privateHosts: [new URL(slow.url).host] },
      limits: { predictMs: 300, pictureMs: 60_000 },
    });
    await failure(url, [click(50, 50)], { id: 7, data: { image: `${slow.url}/a.png` } });
    await expect.poll(() => state).toBe('closed');
  });

  it.each([
    ['without their number', undefined],
    ['of the same number', 7],
  ])('keeps tasks %s apart by their image', async (_what, id) => {
    labelStudio.files.set('upload/1/half.png', await sharp(png).resize(40, 20).png().toBuffer());
    segmenter.delayMs = 100;
    const { url } = await start();
    const bare = click(50, 50, { id: undefined, original_width: undefined, original_height: undefined });
    const answers = await Promise.all(
      ['cat', 'half', 'half', 'cat'].map((name) =>
        ask(url, [bare], { id, data: { image: `/data/upload/1/${name}.png` } }),
      ),
    );
    expect(answers.map(({ result }) => result[0].original_width)).toEqual([80, 40, 40, 80]);
  });

  it('remembers nothing of tasks without a number', async () => {
    const { url } = await start();
    await ask(url, [box(25, 25, 50, 50)], { data: task.data });
    await ask(url, [click(40, 40)], { data: task.data });
    expect(segmenter.prompts[1].box).toBeUndefined();
  });

  it('takes a task with a megabyte of annotations', async () => {
    const { url } = await start();
    const rle = Array.from({ length: 300_000 }, (_one, i) => i % 256);
    const annotations = [{ id: 1, result: [{ id: 'a', type: 'brushlabels', value: { format: 'rle', rle } }] }];
    expect((await ask(url, [click(50, 50)], { ...task, annotations })).result).toHaveLength(1);
  });
});

describe('opened tasks and batches', () => {
  const batch = async (url: string, tasks: Json[]) => {
    const response = await post(`${url}/predict`, {
      tasks,
      project: '1.1',
      label_config: labelStudio.labelConfig,
      params: { login: null, password: null, context: null },
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { results: unknown[] }).results;
  };

  it('prepares the image of an opened task and the next ones, and stores nothing', async () => {
    labelStudio.tasks.push({ id: 7, data: task.data }, { id: 8, data: { image: '/data/upload/1/next.png' } });
    labelStudio.files.set('upload/1/next.png', await sharp(png).negate().png().toBuffer());
    const { url } = await start();
    expect(await batch(url, [task])).toEqual([[]]);
    await expect.poll(() => segmenter.opened.filter((one) => one.prepare).length, { timeout: 5000 }).toBe(2);
    const before = segmenter.opened.length;
    await ask(url, [click(50, 50)]);
    expect(segmenter.opened.length).toBe(before);
  });

  it('stores empty predictions where that is wanted', async () => {
    const { url } = await start({ emptyPredictions: 'store' });
    expect(await batch(url, [task, task])).toMatchObject([{ result: [] }, { result: [] }]);
  });

  it('predicts from clicks and boxes that are there already, in the order of the tasks', async () => {
    const { url } = await start({ batchPoints: 'each' });
    const results = (await batch(url, [
      { ...task, annotations: [{ id: 1, result: [click(20, 50), click(80, 50), box(40, 0, 10, 20)] }] },
      task,
      { ...task, id: 9, drafts: [{ id: 1, result: [click(50, 50)] }] },
      { ...task, id: 10, data: { image: '/data/upload/1/gone.png' }, annotations: [{ result: [click(50, 50)] }] },
    ])) as Json[];
    expect(results).toHaveLength(4);
    expect(results[0]).toMatchObject({ model_version: 'disc-1.0.0', score: 0.9 });
    expect(results[0].result).toHaveLength(3);
    expect(results[1]).toEqual([]);
    expect(results[2].result).toHaveLength(1);
    expect(results[3]).toEqual([]);
  });

  it('fails as a whole where nothing could be predicted', async () => {
    const { url } = await start();
    const gone = { ...task, data: { image: '/data/upload/1/gone.png' }, annotations: [{ result: [click(50, 50)] }] };
    const response = await post(`${url}/predict`, {
      tasks: [gone],
      project: '1.1',
      label_config: labelStudio.labelConfig,
      params: {},
    });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'picture-not-found' } });
  });

  it('takes an empty list of tasks, and the prewarm event', async () => {
    const { url } = await start();
    expect(await batch(url, [])).toEqual([]);
    const answer = await labelStudio.interactive(url, task, { event: 'prewarm' });
    expect(answer.data).toMatchObject({ result: [] });
    await expect.poll(() => segmenter.opened).toMatchObject([{ prepare: true }]);
  });
});

describe('pictures', () => {
  it('fetches uploads with either kind of token, refreshing once for many', async () => {
    const { url } = await start({ labelStudio: { url: labelStudio.url, token: labelStudio.personalToken } });
    for (const name of ['a', 'b', 'c']) labelStudio.files.set(`upload/1/${name}.png`, png);
    await Promise.all(
      ['a', 'b', 'c'].map((name, i) =>
        ask(url, [click(50, 50)], { id: i, data: { image: `/data/upload/1/${name}.png` } }),
      ),
    );
    expect(labelStudio.refreshes).toBe(1);
    // The access token is refused, such as after a restart: it is renewed and the request made again.
    labelStudio.access.clear();
    labelStudio.files.set('upload/1/d.png', png);
    await ask(url, [click(50, 50)], { id: 9, data: { image: '/data/upload/1/d.png' } });
    expect(labelStudio.refreshes).toBe(2);
  });

  it('uses the token that Label Studio sends at setup where none is set', async () => {
    const { url } = await start({ labelStudio: { url: labelStudio.url } });
    expect(await failure(url, [click(50, 50)])).toContain('token-missing');
    await labelStudio.connect(url);
    expect((await ask(url, [click(50, 50)])).result).toHaveLength(1);
  });

  const setUp = (url: string, project: string, token: string, headers = {}) =>
    post(`${url}/setup`, { project, schema: labelStudio.labelConfig, access_token: token }, headers);

  it('uses a token of setup for its own project only', async () => {
    const { url } = await start({ labelStudio: { url: labelStudio.url } });
    await setUp(url, '1.5', labelStudio.legacyToken);
    const status = async (project: string) =>
      (
        await post(`${url}/predict`, {
          tasks: [task],
          project,
          label_config: labelStudio.labelConfig,
          params: { context: { result: [click(50, 50)] } },
        })
      ).status;
    expect([await status('1.5'), await status('2.5')]).toEqual([200, 502]);
    expect(labelStudio.seen.filter(({ authorization }) => authorization !== undefined)).not.toHaveLength(0);
  });

  it('keeps a token of setup that works until it is refused, and then takes the newer one', async () => {
    const { url } = await start({ labelStudio: { url: labelStudio.url }, lookAhead: 0 });
    const works = (name: string) => {
      labelStudio.files.set(`upload/1/${name}.png`, png);
      return ask(url, [click(50, 50)], { id: 7, data: { image: `/data/upload/1/${name}.png` } });
    };
    await setUp(url, '1.5', 'of-nobody');
    await setUp(url, '1.5', labelStudio.legacyToken);
    await works('a');
    await setUp(url, '1.5', 'of-nobody');
    await works('b');
    labelStudio.legacyToken = 'b'.repeat(40);
    await setUp(url, '1.5', labelStudio.legacyToken);
    await works('c');
  });

  it('takes a setup as JSON only, which no other web page can send', async () => {
    const { url } = await start({ labelStudio: { url: labelStudio.url } });
    const response = await setUp(url, '1.5', 'of-nobody', { 'content-type': 'text/plain' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('application/json') } });
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ token: 'none' });
  });

  it('says that a token is refused', async () => {
    const { url, backend } = await start({ labelStudio: { url: labelStudio.url, token: 'f'.repeat(40) } });
    expect(await failure(url, [click(50, 50)])).toContain('token-refused');
    expect(backend.diagnostics().requests[0]).toMatchObject({
      status: 502,
      advice: expect.stringContaining('personal access token'),
    });
  });

  it('falls back to the older route of uploads, and reads other forms of the address', async () => {
    const { url } = await start();
    const forms = [
      'upload/1/cat.png',
      `${labelStudio.url}/data/upload/1/cat.png`,
      'http://localhost:8080/data/upload/1/cat.png',
    ];
    for (const image of forms)
      expect((await ask(url, [click(50, 50)], { id: 1, data: { image } })).result).toHaveLength(1);
  });

  it('strips the path prefix of a Label Studio behind a proxy', async () => {
    const prefixed = await startFakeLabelStudio('/label-studio');
    closing.push(prefixed.close);
    prefixed.files.set('upload/1/cat.png', png);
    const { url } = await start({ labelStudio: { url: prefixed.url, token: prefixed.legacyToken } });
    const image = '/label-studio/data/upload/1/cat.png';
    expect((await ask(url, [click(50, 50)], { id: 1, data: { image } })).result).toHaveLength(1);
  });

  it('follows presigned addresses without the token, and streams where Label Studio does', async () => {
    const seen: (string | undefined)[] = [];
    const cloud = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(200, { 'content-type': 'image/png' }).end(png);
    });
    closing.push(cloud.close);
    labelStudio.presignTo = `${cloud.url}/bucket/cat.png?signature=x`;
    const access = { url: labelStudio.url, token: labelStudio.legacyToken };
    const s3 = { id: 7, data: { image: 's3://bucket/cat.png' } };
    const { url: strict } = await start({ labelStudio: access });
    expect(await failure(strict, [click(50, 50)], s3)).toContain('host-refused');
    const { url: open } = await start({ labelStudio: { ...access, hosts: ['127.0.0.1'] } });
    expect(await failure(open, [click(50, 50)], s3)).toContain('address-refused');
    const { url } = await start({ labelStudio: { ...access, privateHosts: [new URL(cloud.url).host] } });
    expect((await ask(url, [click(50, 50)], s3)).result).toHaveLength(1);
    expect(seen).toEqual([undefined]);
    const presign = labelStudio.seen.find(({ path }) => path.startsWith('/tasks/7/presign/'));
    expect(new URL(presign?.path ?? '', 'http://x').searchParams.get('fileuri')).toBe(
      Buffer.from('s3://bucket/cat.png').toString('base64url'),
    );
    labelStudio.presignTo = undefined;
    labelStudio.files.set('s3', png);
    const streamed = { id: 8, data: { image: 'gs://bucket/dog.png' } };
    expect((await ask(url, [click(50, 50)], streamed)).result).toHaveLength(1);
  });

  it('reads data URLs, and local files inside their folder only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clickmask-local-'));
    closing.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'cat.png'), png);
    const { url } = await start({ labelStudio: { localFilesRoot: folder } });
    const image = `data:image/png;base64,${png.toString('base64')}`;
    expect((await ask(url, [click(50, 50)], { id: 1, data: { image } })).result).toHaveLength(1);
    const local = (path: string) => ({ id: 1, data: { image: `/data/local-files/?d=${path}` } });
    expect((await ask(url, [click(50, 50)], local('cat.png'))).result).toHaveLength(1);
    for (const path of ['../../etc/passwd', '/etc/passwd', '%2e%2e/%2e%2e/etc/passwd', 'gone.png', '.']) {
      expect(await failure(url, [click(50, 50)], local(path))).toContain('picture-not-found');
    }
  });

  it('keeps fetched images on disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clickmask-disk-'));
    closing.push(() => rm(folder, { recursive: true }));
    const first = await start({ diskCache: { folder } });
    await ask(first.url, [click(50, 50)]);
    const before = labelStudio.seen.length;
    const second = await start({ diskCache: { folder }, lookAhead: 0 });
    expect((await ask(second.url, [click(50, 50)])).result).toHaveLength(1);
    expect(labelStudio.seen.slice(before).filter(({ path }) => path.includes('cat.png'))).toHaveLength(0);
  });

  it('fetches an image once for many requests, and again after a failure', async () => {
    const { url } = await start({ lookAhead: 0 });
    const gone = { id: 3, data: { image: '/data/upload/1/late.png' } };
    expect(await failure(url, [click(50, 50)], gone)).toContain('picture-not-found');
    labelStudio.files.set('upload/1/late.png', png);
    const before = labelStudio.seen.length;
    await Promise.all([10, 20, 30].map((x) => ask(url, [click(x, 50)], { ...gone, id: x })));
    expect(labelStudio.seen.slice(before).filter(({ path }) => path.includes('late.png'))).toHaveLength(1);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data', 'host-refused'],
    ['http://example.com/cat.png', 'host-refused'],
    ['file:///etc/passwd', 'picture-url-unsupported'],
    ['ftp://example.com/cat.png', 'picture-url-unsupported'],
    ['//example.com/cat.png', 'picture-url-unsupported'],
    ['data:text/html;base64,PGh0bWw+', 'picture-unreadable'],
    ['data:image/png;base64,AAAA', 'picture-unreadable'],
    ['/data/upload/1/page.html', 'picture-unreadable'],
    ['/data/upload/1/bomb.png', 'picture-too-large'],
    ['/data/upload/1/cut.png', 'picture-unreadable'],
    ['/data/upload/1/gone.png', 'picture-not-found'],
    ['', 'picture-missing'],
  ])('says what is wrong with %s', async (image, reason) => {
    labelStudio.files.set('upload/1/page.html', Buffer.from('<!doctype html><title>Log in</title>'));
    labelStudio.files.set('upload/1/bomb.png', pngOfSize(60_000, 60_000));
    labelStudio.files.set('upload/1/cut.png', png.subarray(0, 30));
    const { url, backend } = await start();
    expect(await failure(url, [click(50, 50)], { id: 1, data: { image } })).toContain(reason);
    expect(backend.diagnostics().requests[0]).toMatchObject({ reason, advice: expect.any(String) });
  });

  it('limits the bytes and the time of an image', async () => {
    const slow = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' });
      response.write(png.subarray(0, 10));
    });
    const endless = await listen((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(65_536)), 1);
      response.on('close', () => clearInterval(timer));
    });
    closing.push(slow.close, endless.close);
    const privateHosts = [slow, endless].map((one) => new URL(one.url).host);
    const { url } = await start({ labelStudio: { privateHosts }, limits: { pictureMs: 400, pictureBytes: 1e6 } });
    expect(await failure(url, [click(50, 50)], { id: 1, data: { image: `${slow.url}/x` } })).toContain(
      'picture-too-slow',
    );
    expect(await failure(url, [click(50, 50)], { id: 1, data: { image: `${endless.url}/x` } })).toContain(
      'picture-too-large',
    );
  });
});

/** A small file that says it is large. */
function pngOfSize(width: number, height: number): Buffer {
  const bytes = Buffer.from(png);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

describe('bad requests', () => {
  it.each([
    ['not JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', []],
    ['no tasks', {}],
    ['tasks that are none', { tasks: 'all' }],
    ['a task that is none', { tasks: [1] }],
    ['a context that is none', { tasks: [task], params: { context: 5 } }],
  ])('answers 400 to %s', async (_what, body) => {
    const { url } = await start();
    const response = await post(`${url}/predict`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      status: 'error',
      error: { code: 'bad-request', advice: expect.any(String) },
    });
  });

  it.each([
    [[click(150, 50)]],
    [[click(Number.NaN, 50)]],
    [[{ ...click(50, 50), value: { x: '50', y: '50' } }]],
    [[{ ...click(50, 50), value: null }]],
    [[box(10, 10, 0, 0)]],
    [[null, 5, 'x']],
    [[{ id: 'c', type: 'choices', value: { choices: ['yes'] } }]],
  ])('says that no prompt could be read in %j', async (result) => {
    const { url } = await start();
    expect(await failure(url, result)).toContain('bad-prompt');
  });

  it.each([
    ['<View>', 'bad-labeling-config'],
    ['<View></Image>', 'bad-labeling-config'],
    ['<!DOCTYPE x [<!ENTITY a "aaaa">]><View/>', 'no-image-tag'],
    ['<View><Image name="other" value="$image"/></View>', 'no-image-tag'],
    ['<View><Image name="image" value="$image"/></View>', 'no-output-tag'],
    ['<View><Image name="image" value="$picture"/><Brush name="m" toName="image"/></View>', 'picture-missing'],
  ])('says what is wrong with the config %s', async (config, reason) => {
    labelStudio.labelConfig = config;
    const { url } = await start();
    expect(await failure(url, [click(50, 50)])).toContain(reason);
  });

  it('refuses bodies over the limit', async () => {
    const { url } = await start({ limits: { bodyBytes: 2000 } });
    const response = await post(`${url}/predict`, { tasks: [{ ...task, meta: 'x'.repeat(5000) }] });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'body-too-large' } });
  });

  it('refuses more clicks than an object may have, and keeps nothing of them', async () => {
    const { url, backend } = await start();
    await ask(url, [box(40, 40, 20, 20)]);
    const many = Array.from({ length: 2000 }, (_, i) => click(40 + (i % 20), 50, { id: `many-${i}` }));
    expect(await failure(url, many)).toContain('too-many-clicks: Expected at most 200 clicks');
    expect(backend.diagnostics().requests[0].advice).toContain('--max-clicks');
    await ask(url, [click(50, 50)]);
    expect(segmenter.prompts.at(-1)).toMatchObject({ clicks: [{}], box: {} });
  });

  it('keeps the beginning only of what a stranger writes', async () => {
    const { url, backend } = await start();
    await failure(url, [click(50, 50, {}, 'x'.repeat(5000))]);
    const [entry] = backend.diagnostics().requests;
    expect(JSON.stringify(entry).length).toBeLessThan(3000);
  });

  it('refuses a size that no image has', async () => {
    const { url } = await start();
    expect(await failure(url, [click(50, 50, { original_width: 1e6, original_height: 1e6 })])).toContain(
      'picture-too-large',
    );
  });

  it('hides what is inside when something unforeseen happens', async () => {
    const lines: object[] = [];
    const logger: Logger = {
      info() {},
      warn() {},
      error: (fields, message) => void lines.push({ ...fields, message }),
    };
    const { url } = await start({ logger });
    segmenter.segment = () => Promise.reject(new TypeError('secret inside'));
    const answer = await failure(url, [click(50, 50)]);
    expect(answer).toContain('internal');
    expect(answer).not.toContain('secret');
    expect(JSON.stringify(lines)).toContain('secret inside');
  });
});

describe('diagnostics', () => {
  it('shows the last requests as a page and as JSON, escaped, without tokens', async () => {
    const { url } = await start();
    await failure(url, [click(50, 50)], { id: '<script>alert(1)</script>', data: { image: 's3://x/y.png' } });
    await failure(url, [click(50, 50)], { id: 1, data: { image: '/data/upload/1/gone.png' } });
    const page = await (await fetch(`${url}/diagnostics`, { headers: { accept: 'text/html' } })).text();
    expect(page).toContain('picture-not-found');
    expect(page).not.toContain('<script>');
    const json = (await (await fetch(`${url}/diagnostics?format=json`)).json()) as { requests: Json[] };
    expect(json.requests[0]).toMatchObject({ reason: 'picture-not-found', task: '1', label: 'Cat', positive: 1 });
    expect(page + JSON.stringify(json)).not.toContain(labelStudio.legacyToken);
  });

  it('logs one line for each request, without tokens or images', async () => {
    const lines: string[] = [];
    const log = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
    const { url } = await start({ logger: { info: log, warn: log, error: log } });
    await labelStudio.connect(url);
    await ask(url, [click(50, 50)]);
    await failure(url, [click(50, 50)], { id: 1, data: { image: '/data/upload/1/gone.png' } });
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain('"kind":"click"');
    expect(lines[2]).toContain('"advice"');
    expect(lines.join()).not.toContain(labelStudio.legacyToken);
  });
});
