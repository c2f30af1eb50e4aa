import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { area, cocoRle, type MaskRuns } from '@clickmask/core';
import { labelStudioRle, polygonJson } from '@clickmask/core/formats';
import { intersection, maskIou } from '@clickmask/core/masks';
import { defaultModelsFolder, embeddedModel, findModelFolder } from '@clickmask/core/node';
import {
  createLabelStudioBackend,
  createLabelStudioClient,
  type LabelStudioBackend,
  type LabelStudioEvent,
  type OutputKind,
  writeLabelingConfig,
} from '@clickmask/label-studio-backend';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { type EditorPage, openEditor } from './editor-page.js';
import { type LabelStudioServer, labelStudioVersion, testedVersion } from './label-studio-server.js';
import { artifacts, root, type Stage, stageOrReason, startStage } from './stage.js';

const photo = `${root}examples/photos/coffee.jpg`;
const bin = `${root}packages/label-studio-backend/dist/bin/clickmask-label-studio.js`;
const core = `${root}packages/core/dist/bin/clickmask.js`;
const webhookSecret = 'a secret for webhooks';
const basic = { user: 'label-studio', password: 'a password: with a colon' };

type Json = Readonly<Record<string, unknown>>;

let unavailable: string | undefined;
let stage: Stage;
let labelStudio: LabelStudioServer;
let backend: LabelStudioBackend;
let backendUrl: string;
const events: LabelStudioEvent[] = [];

beforeAll(async () => {
  const auth = { basic, webhookSecret };
  const started = await stageOrReason(() => startStage({ auth, onEvent: (event) => void events.push(event) }, false));
  if (typeof started === 'string') unavailable = started;
  else {
    stage = started;
    ({ labelStudio, backend, backendUrl } = stage);
  }
}, 14 * 60_000);

afterAll(async () => {
  await stage?.close();
}, 60_000);

const needsServer = (context: TestContext) => {
  if (unavailable !== undefined) context.skip(unavailable);
};

const needsTag = (context: TestContext, output: string) => {
  if (output === 'bitmask' && !labelStudio.knowsTag('BitmaskLabels')) context.skip('this version has no bitmasks');
};

/** Runs the bin as a user would. */
function command(...args: string[]): { readonly code: number; readonly out: string } {
  try {
    return { code: 0, out: execFileSync(process.execPath, [bin, ...args], { encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, out: `${stdout}${stderr}` };
  }
}

/** The bin, while this process keeps serving: it must not block the event loop that answers it. */
function commandAsync(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    child.stderr.on('data', (part: Buffer) => (out += part.toString()));
    child.once('exit', (code) => resolve({ code: code ?? -1, out }));
  });
}

async function makeProject(
  config: string,
  connect = true,
): Promise<{ project: number; task: number; backendId: number }> {
  const made = await stage.makeProject(config, connect);
  return { ...made, task: await labelStudio.upload(made.project, 'coffee.jpg', readFileSync(photo)) };
}

/** A smart click as the editor sends it. */
function click(x: number, y: number, positive = true, id = `click-${x}-${y}`): Json {
  return {
    id,
    type: 'keypointlabels',
    from_name: 'click',
    to_name: 'image',
    origin: 'manual',
    original_width: 600,
    original_height: 400,
    image_rotation: 0,
    is_positive: positive,
    value: { x, y, width: 0.3, keypointlabels: ['Cup'], labels: ['Cup'] },
  };
}

async function interactive(backendId: number, task: number, result: readonly Json[]): Promise<readonly Json[]> {
  const answer = (await labelStudio.call('POST', `/api/ml/${backendId}/interactive-annotating`, {
    task,
    context: { result },
  })) as { data?: { result: Json[] }; errors?: unknown };
  expect(answer.errors).toBeUndefined();
  return answer.data?.result ?? [];
}

/** What the command line of the core makes of the same clicks. */
function reference(clicks: readonly { x: number; y: number; positive: boolean }[]): MaskRuns {
  const args = clicks.flatMap(({ x, y, positive }) => ['--click', `${x},${y},${positive ? '+' : '-'}`]);
  const out = execFileSync(process.execPath, [core, 'segment', photo, ...args, '--format', 'json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64e6,
  });
  return cocoRle.parse((JSON.parse(out) as { rle: unknown }).rle);
}

/** A project of before: click tools with labels of their own, and regions with a second item of the click tool. */
async function makeFaultyProject(count: number) {
  const labels = '<Label value="Cup"/><Label value="Spoon"/>';
  const { project } = await makeProject(
    `<View><Image name="image" value="$image"/>
  <PolygonLabels name="mask" toName="image" smart="false">${labels}</PolygonLabels>
  <KeyPointLabels name="click" toName="image" smart="true" smartOnly="true">${labels}</KeyPointLabels>
  <RectangleLabels name="box" toName="image" smart="true" smartOnly="true">${labels}</RectangleLabels></View>`,
    false,
  );
  const points = [
    [10, 10],
    [40, 10],
    [40, 60],
  ];
  const region = (type: string, name: string, label: string): Json => ({
    ...{ id: `region-${label}`, to_name: 'image', original_width: 600, original_height: 400, image_rotation: 0 },
    ...{ type, from_name: name, value: { points, closed: true, [type]: [label] } },
  });
  const result = ['Cup', 'Spoon'].flatMap((label) => [
    region('polygonlabels', 'mask', label),
    region('keypointlabels', 'click', label),
  ]);
  const tasks = Array.from({ length: count / 2 }, (_, i) => ({
    data: { image: `/data/upload/1/picture-${i}.jpg` },
    annotations: [{ result }, { result }],
  }));
  await labelStudio.call('POST', `/api/projects/${project}/import`, tasks);
  const exported = (await labelStudio.call('GET', `/api/projects/${project}/export?exportType=JSON`)) as {
    annotations: { id: number }[];
  }[];
  // In the order in which they are mended: of tasks, and within a task as Label Studio lists them.
  const ids = exported.flatMap(({ annotations }) => annotations.map(({ id }) => id)).sort((a, b) => a - b);
  return { project, ids, region };
}

async function annotationsOf(task: number): Promise<readonly { id: number; result: Json[] }[]> {
  return (await labelStudio.call('GET', `/api/tasks/${task}/annotations/`)) as { id: number; result: Json[] }[];
}

async function draftsOf(task: number): Promise<unknown> {
  return labelStudio.call('GET', `/api/tasks/${task}/drafts`);
}

describe('a real Label Studio, by its REST API', { timeout: 180_000 }, () => {
  it('is connected by the command line, again and again without change', async (context) => {
    needsServer(context);
    const { project } = await makeProject(writeLabelingConfig({ labels: ['Cup', 'Spoon'] }), false);
    const common = ['--url', labelStudio.url, '--token', labelStudio.token, '--project', String(project)];
    const secrets = ['--user', basic.user, '--password', basic.password, '--webhook-secret', webhookSecret];
    const options = ['--backend', backendUrl, ...secrets];
    const first = await commandAsync('connect', ...common, ...options);
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('added') });
    const second = await commandAsync('connect', ...common, ...options);
    expect(second).toMatchObject({ code: 0, out: expect.stringContaining('connected') });
    const backends = (await labelStudio.call('GET', `/api/ml/?project=${project}`)) as Json[];
    expect(backends).toHaveLength(1);
    expect(backends[0]).toMatchObject({ is_interactive: true, state: 'CO', model_version: backend.modelVersion });
    const versions = await labelStudio.call('GET', `/api/ml/${String(backends[0].id)}/versions`);
    expect(versions).toMatchObject({ versions: [backend.modelVersion] });

    const doctor = await commandAsync('doctor', ...common);
    expect(doctor).toMatchObject({ code: 0, out: expect.stringContaining('smart click: 1 region') });
  });

  it('doctor says what is wrong with a project', async (context) => {
    needsServer(context);
    const config =
      '<View><Image name="image" value="$image"/><KeyPointLabels name="click" toName="image"><Label value="Cup"/></KeyPointLabels></View>';
    const { project } = await makeProject(config, false);
    const common = ['--url', labelStudio.url, '--project', String(project)];
    const doctor = await commandAsync('doctor', ...common, '--token', labelStudio.token);
    expect(doctor.code).toBe(1);
    expect(doctor.out).toContain('✖ labeling config');
    expect(doctor.out).toContain('<BrushLabels>');
    expect(doctor.out).toContain('✖ backend: no ML backend is registered');
    const refused = await commandAsync('doctor', ...common, '--token', 'ffffffffffffffffffffffffffffffffffffffff');
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('✖ token');
  });

  const faulty = Number(process.env.CLICKMASK_FAULTY_ANNOTATIONS ?? 40);
  const repairMs = 120_000 + 3000 * faulty;
  it('repairs a project whose old config and annotations break its exports, through a kill and through edits', {
    timeout: repairMs,
  }, async (context) => {
    needsServer(context);
    const { project, ids, region } = await makeFaultyProject(faulty);
    const common = ['--url', labelStudio.url, '--token', labelStudio.token, '--project', String(project)];
    const apply = ['repair', ...common, '--apply'];
    const resultOf = async (id: number) =>
      ((await labelStudio.call('GET', `/api/annotations/${id}/`)) as { result: Json[] }).result;
    const edit = async (id: number, note: string) => {
      const byHand = { ...region('polygonlabels', 'mask', 'Cup'), id: note };
      await labelStudio.call('PATCH', `/api/annotations/${id}/`, { result: [...(await resultOf(id)), byHand] });
    };
    const isMended = async (id: number) => (await resultOf(id)).length === 2;
    const until = (id: number) => expect.poll(() => isMended(id), { interval: 50, timeout: repairMs }).toBe(true);

    // Exporters of before 1.20 or so pass over the second items.
    const spoiled = labelStudioVersion === testedVersion ? 500 : await exportStatus(project, 'COCO');
    expect(await exportStatus(project, 'COCO')).toBe(spoiled);
    expect((await commandAsync('doctor', ...common)).out).toContain(`${faulty} of ${faulty} annotations`);
    const found = `${faulty} annotations: ${faulty} faulty, 0 mended`;
    expect(await commandAsync('repair', ...common)).toMatchObject({ code: 1, out: expect.stringContaining(found) });
    expect(await exportStatus(project, 'COCO')).toBe(spoiled);

    // Killed in the middle: each annotation is wholly the old one or wholly mended.
    const started = performance.now();
    const killed = spawn(process.execPath, [bin, ...apply], { stdio: 'ignore' });
    await until(ids[Math.floor(faulty / 5)]);
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('exit', resolve));
    // One after the other: the server resets some of hundreds of connections at once.
    const lengths: number[] = [];
    for (const id of ids) lengths.push((await resultOf(id)).length);
    const before = lengths.filter((length) => length === 2).length;
    expect(before).toBeGreaterThan(faulty / 5);
    expect(lengths.filter((length) => length === 4)).toHaveLength(faulty - before);

    // One that was edited between the runs is mended with what was added; one that is edited in this run, after it was
    // listed, is left as its editor has it.
    const [earlier, meanwhile] = [ids[before + 7], ids[before + 8]];
    await edit(earlier, 'earlier');
    const second = commandAsync(...apply);
    // The first one that this run mends: those that follow it are listed by then.
    await until(ids[before]);
    await edit(meanwhile, 'meanwhile');
    const left = faulty - before;
    expect(await second).toMatchObject({
      code: 1,
      out: expect.stringContaining(`${left} faulty, ${left - 1} mended, 1 left`),
    });
    expect(await resultOf(meanwhile)).toHaveLength(5);
    const third = await commandAsync(...apply);
    expect(third).toMatchObject({ code: 0, out: expect.stringContaining('1 faulty, 1 mended') });
    console.log(
      `repair of ${faulty} annotations: ${Math.round(performance.now() - started)} ms, with a kill and edits`,
    );

    expect(await exportStatus(project, 'COCO')).toBe(200);
    const stored = async () => [
      await labelStudio.call('GET', `/api/projects/${project}/export?exportType=JSON`),
      ((await labelStudio.call('GET', `/api/projects/${project}`)) as Json).label_config,
    ];
    const mended = await stored();
    const again = await commandAsync(...apply);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining(`${faulty} annotations: 0 faulty`) });
    expect(await stored()).toEqual(mended);
    for (const id of ids) {
      const added = id === earlier ? ['earlier'] : id === meanwhile ? ['meanwhile'] : [];
      const kept = [region('polygonlabels', 'mask', 'Cup'), region('polygonlabels', 'mask', 'Spoon')];
      const byHand = added.map((note) => ({ ...kept[0], id: note }));
      expect(await resultOf(id)).toEqual([...kept, ...byHand].map((one) => expect.objectContaining(one)));
    }
  });

  it('answers clicks with the mask of the core, and the same region id', async (context) => {
    needsServer(context);
    const { task, backendId } = await makeProject(writeLabelingConfig({ labels: ['Cup', 'Spoon'] }));
    const one = await interactive(backendId, task, [click(50, 45)]);
    const two = await interactive(backendId, task, [click(50, 45), click(15, 80, false)]);
    expect(one).toHaveLength(1);
    expect(two[0]).toMatchObject({ id: one[0].id, type: 'brushlabels', from_name: 'mask', to_name: 'image' });
    const expected = reference([
      { x: 300, y: 180, positive: true },
      { x: 90, y: 320, positive: false },
    ]);
    expect(maskIou(labelStudioRle.parse(two[0]), expected)).toBeGreaterThanOrEqual(0.99);
    expect(await interactive(backendId, task, [])).toEqual([]);
  });

  for (const output of ['brush', 'polygon', 'rectangle'] as const) {
    it(`stores ${output} predictions of a batch, made from the keypoints of an annotation`, async (context) => {
      needsServer(context);
      // Clicks must be in the config as an ordinary tool for Label Studio to accept them in an annotation.
      const config = writeLabelingConfig({ labels: ['Cup', 'Spoon'], output });
      const { project, task } = await makeProject(config);
      await labelStudio.call('POST', `/api/tasks/${task}/annotations/`, { result: [click(50, 45)] });
      await labelStudio.call('POST', `/api/dm/actions/?id=retrieve_tasks_predictions&project=${project}`, {
        selectedItems: { all: true, excluded: [] },
      });
      const predictions = (await labelStudio.call('GET', `/api/predictions/?task=${task}`)) as {
        result: Json[];
        score: number;
        model_version: string;
      }[];
      expect(predictions).toHaveLength(1);
      expect(predictions[0].model_version).toBe(backend.modelVersion);
      expect(predictions[0].score).toBeGreaterThan(0);
      expect(predictions[0].result[0]).toMatchObject({ type: outputType(output), from_name: 'mask' });
      const expected = reference([{ x: 300, y: 180, positive: true }]);
      if (output === 'brush') expect(maskIou(labelStudioRle.parse(predictions[0].result[0]), expected)).toBe(1);
      if (output === 'polygon') {
        const polygons = predictions[0].result.map((region) => {
          const { points } = region.value as { points: [number, number][] };
          return [points.map(([x, y]) => [x * 6, y * 4])];
        });
        const runs = polygonJson.parse(polygons, { size: { width: 600, height: 400 } });
        // Holes are filled and the outline is simplified.
        expect(maskIou(runs, expected)).toBeGreaterThan(0.9);
      }
    });
  }

  it('accepts the answers by its own check of imported predictions', async (context) => {
    needsServer(context);
    const imported: Record<string, string> = {};
    for (const output of ['brush', 'polygon', 'rectangle', 'bitmask'] as const) {
      const { project, task, backendId } = await makeProject(writeLabelingConfig({ labels: ['Cup', 'Spoon'], output }));
      const result = await interactive(backendId, task, [click(50, 45)]);
      expect(result[0]).toMatchObject({ type: outputType(output) });
      const stored = (await labelStudio.call('GET', `/api/tasks/${task}/`)) as { data: Json };
      const tasks = [{ data: stored.data, predictions: [{ result, model_version: 'check', score: 0.5 }] }];
      imported[output] = await labelStudio.call('POST', `/api/projects/${project}/import`, tasks).then(
        () => 'accepted',
        (error: unknown) => String(error),
      );
    }
    expect(imported).toMatchObject({ brush: 'accepted', polygon: 'accepted', rectangle: 'accepted' });
    // Label Studio has no class for this kind in its check; clicks are not checked.
    console.log('import of a bitmask prediction:', imported.bitmask.slice(0, 300));
  });

  it('prepares the image when a task is opened, and stores nothing', async (context) => {
    needsServer(context);
    const { project, task } = await makeProject(writeLabelingConfig({ labels: ['Cup'] }));
    await labelStudio.call('GET', `/api/tasks/${task}/?project=${project}`);
    await labelStudio.call('POST', `/api/dm/actions/?id=retrieve_tasks_predictions&project=${project}`, {
      selectedItems: { all: true, excluded: [] },
    });
    expect(await labelStudio.call('GET', `/api/predictions/?task=${task}`)).toEqual([]);
    const opened = backend.diagnostics().requests.find((entry) => entry.kind === 'open' && entry.task === String(task));
    expect(opened).toMatchObject({ status: 200, reason: 'task-opened' });
    expect(labelStudio.log()).not.toContain('results field must be a list with at least one item');
  });

  it('sends webhooks and the Train button through, by the secret', async (context) => {
    needsServer(context);
    const { project, task, backendId } = await makeProject(writeLabelingConfig({ labels: ['Cup'] }));
    const client = createLabelStudioClient({ url: labelStudio.url, token: labelStudio.token });
    const [hook] = await client.webhooks(project);
    expect(hook.url).toBe(`${backendUrl}/webhook`);
    await client.setWebhookHeaders(hook.id, { 'x-clickmask-secret': webhookSecret });
    await labelStudio.call('POST', `/api/tasks/${task}/annotations/`, { result: [click(50, 45)] });
    await expect.poll(() => events.map((event) => event.action), { timeout: 10_000 }).toContain('ANNOTATION_CREATED');
    // "Start training" comes with the basic authentication of the backend instead.
    await labelStudio.call('POST', `/api/ml/${backendId}/train`, {});
    await expect.poll(() => events.map((event) => event.action), { timeout: 10_000 }).toContain('START_TRAINING');
    const state = (await labelStudio.call('GET', `/api/ml/${backendId}`)) as Json;
    expect(state.error_message ?? null).toBeNull();
  });

  it('starts a training by the button, answers by what it made, and goes back', async (context) => {
    needsServer(context);
    if (process.platform === 'win32') context.skip('the stand-in is a script of the shell');
    const home = mkdtempSync(join(tmpdir(), 'clickmask-home-'));
    const { project, task } = await makeProject(writeLabelingConfig({ labels: ['Cup', 'Spoon'] }), false);
    await labelStudio.call('POST', `/api/tasks/${task}/annotations/`, { result: [click(50, 45)] });
    // Stands for `clickmask adapt --use`: it wants the image, and makes the embedded model anew under another name.
    const embedded = findModelFolder(embeddedModel, defaultModelsFolder());
    const train = [
      `test -s "$(dirname "$CLICKMASK_EXPORT")/pictures/0.jpeg"`,
      `mkdir -p '${home}/adapted' && cp '${embedded}'/*.* '${home}/adapted'`,
      `sed -i 's/"name": "${embeddedModel}"/"name": "adapted"/' '${home}/adapted/model.json'`,
      `'${process.execPath}' '${core}' models use '${home}/adapted'`,
    ].join(' && ');
    const env = { CLICKMASK_HOME: home, CLICKMASK_CACHE_DIR: 'off' };
    const common = ['--url', labelStudio.url, '--token', labelStudio.token];
    const serving = spawn(process.execPath, [bin, 'serve', ...common, '--port', '0', '--train-command', train], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    try {
      let log = '';
      serving.stdout.on('data', (part: Buffer) => (log += part.toString()));
      await expect.poll(() => log, { timeout: 60_000 }).toContain('listening');
      const url = /"url":"(http[^"]+)"/.exec(log)?.[1] ?? '';
      const registered = await commandAsync('connect', ...common, '--project', String(project), '--backend', url);
      expect(registered.code).toBe(0);
      const [{ id, model_version: first }] = (await labelStudio.call('GET', `/api/ml/?project=${project}`)) as {
        id: number;
        model_version: string;
      }[];
      const versionOfClick = async () => {
        const context = { result: [click(50, 45)] };
        const { data } = (await labelStudio.call('POST', `/api/ml/${id}/interactive-annotating`, {
          task,
          context,
        })) as {
          data: { model_version: string };
        };
        return data.model_version;
      };
      expect(await versionOfClick()).toBe(first);
      await labelStudio.call('POST', `/api/ml/${id}/train`, {});
      await expect.poll(versionOfClick, { timeout: 60_000 }).toBe(first.replace(embeddedModel, 'adapted'));
      const report = (await (await fetch(`${url}/diagnostics?format=json`)).json()) as { training: Json };
      expect(report.training).toMatchObject({ state: 'done', project: String(project) });
      execFileSync(process.execPath, [core, 'models', 'use', embeddedModel], { env: { ...process.env, ...env } });
      await expect.poll(versionOfClick, { timeout: 30_000 }).toBe(first);
    } finally {
      serving.kill('SIGTERM');
      await new Promise((resolve) => serving.once('exit', resolve));
      rmSync(home, { recursive: true });
    }
  });

  it('takes a personal access token', async (context) => {
    needsServer(context);
    const { token } = (await labelStudio.call('POST', '/api/token/')) as { token: string };
    const client = createLabelStudioClient({ url: labelStudio.url, token });
    expect(client.tokens.kind).toBe('personal');
    expect(await client.whoami()).toBe(labelStudio.email);
    const { task } = await makeProject(writeLabelingConfig({ labels: ['Cup'] }));
    const stored = (await labelStudio.call('GET', `/api/tasks/${task}/`)) as { data: Json };
    const own = createLabelStudioBackend({
      segmenter: stage.segmenter,
      labelStudio: { url: labelStudio.url, token },
    });
    const listening = createServer(own.app);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const response = await fetch(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        tasks: [{ id: task, data: stored.data }],
        project: '1.1',
        label_config: writeLabelingConfig({ labels: ['Cup'] }),
        params: { context: { result: [click(50, 45)] } },
      }),
    });
    expect(response.status).toBe(200);
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
    await own.close();
  });

  it('shows the reason of a failure in the errors that Label Studio reports', async (context) => {
    needsServer(context);
    const { project, backendId } = await makeProject(writeLabelingConfig({ labels: ['Cup'] }));
    await labelStudio.call('POST', `/api/projects/${project}/import`, [
      { data: { image: 'http://203.0.113.9/picture.jpg' } },
    ]);
    const { tasks } = (await labelStudio.call('GET', `/api/tasks/?project=${project}`)) as { tasks: { id: number }[] };
    const task = Math.max(...tasks.map((one) => one.id));
    const answer = await labelStudio.call('POST', `/api/ml/${backendId}/interactive-annotating`, {
      task,
      context: { result: [click(50, 45)] },
    });
    expect(JSON.stringify(answer)).toContain('host-refused');
  });
});

/** Printed configs for rectangles and bitmasks have one row of labels, and tags without. */
const outputType = (output: string) => (output === 'rectangle' || output === 'bitmask' ? output : `${output}labels`);

/** Exports that Label Studio offers for a project, and that it cannot make. */
async function failedExports(project: number): Promise<string[]> {
  const formats = (await labelStudio.call('GET', `/api/projects/${project}/export/formats`)) as Json[];
  const failed: string[] = [];
  for (const { name } of formats.filter(({ disabled }) => disabled !== true)) {
    if ((await exportStatus(project, String(name))) !== 200) failed.push(String(name));
  }
  return failed;
}

async function exportStatus(project: number, format: string): Promise<number> {
  const path = `/api/projects/${project}/export?exportType=${format}&download_resources=false`;
  const response = await fetch(`${labelStudio.url}${path}`, {
    headers: { authorization: `Token ${labelStudio.token}` },
  });
  await response.arrayBuffer();
  return response.status;
}

describe('a real Label Studio, in a browser', { timeout: 180_000 }, () => {
  let editor: EditorPage;

  // Every test is a new person: the editor remembers tools and settings of the last one.
  beforeEach(async () => {
    if (stage?.browser !== undefined) editor = await openEditor(stage.browser, labelStudio);
  }, 120_000);

  afterEach(async () => {
    await editor?.page.close();
  });

  const needsBrowser = (context: TestContext) => {
    needsServer(context);
    if (stage.browser === undefined) context.skip('there is no Chromium');
  };

  /**
   * Opens a task of a new project with a smart tool in hand. `row` is the row of labels that the tool takes its label
   * from: that of `Labels`, the first, where the output has one.
   */
  const startClicking = async (how: { row: number; output?: OutputKind; tool?: 'key-point' | 'rectangle' }) => {
    const { row, output, tool = 'key-point' } = how;
    const made = await makeProject(writeLabelingConfig({ labels: ['Cup', 'Spoon'], output }));
    await editor.openTask(made.project, made.task);
    await editor.setAutoAnnotation(true);
    await editor.pickLabel(row, 'Cup');
    await editor.pickSmartTool(tool);
    return made;
  };

  it('clicks, Alt-clicks, sees the mask, accepts, submits, and finds it stored', async (context) => {
    needsBrowser(context);
    const { task } = await startClicking({ row: 1 });
    const before = editor.calls.length;
    await editor.clickPicture(0.5, 0.45);
    await editor.clickPicture(0.15, 0.8, { alt: true });
    await editor.screenshot(`${artifacts}/suggestion.png`);
    const [, second] = editor.calls.slice(before);
    expect(second.context.result.map((region) => region.is_positive)).toEqual([true, false]);
    await editor.acceptAll();
    await editor.screenshot(`${artifacts}/accepted.png`);
    await editor.submit();

    const [annotation] = await annotationsOf(task);
    const brushes = annotation.result.filter((region) => region.type === 'brushlabels');
    expect(brushes).toHaveLength(1);
    expect((brushes[0].value as Json).brushlabels).toEqual(['Cup']);
    const points = second.context.result.map((region) => {
      const { x, y } = region.value as { x: number; y: number };
      return { x: (x / 100) * 600, y: (y / 100) * 400, positive: region.is_positive === true };
    });
    const stored = labelStudioRle.parse(brushes[0]);
    expect(maskIou(stored, reference(points))).toBeGreaterThanOrEqual(0.99);
  });

  it('replaces an accepted region by a later answer with the same id', async (context) => {
    needsBrowser(context);
    const { task } = await startClicking({ row: 1 });
    const before = editor.calls.length;
    await editor.clickPicture(0.5, 0.45);
    await editor.clickPicture(0.8, 0.5);
    const ids = editor.calls.slice(before).map(({ answer }) => (answer.data as { result: Json[] }).result[0].id);
    expect(ids[0]).toBe(ids[1]);
    await editor.acceptAll();
    await editor.submit();
    const [annotation] = await annotationsOf(task);
    expect(annotation.result.filter((region) => region.type === 'brushlabels')).toHaveLength(1);
  });

  for (const output of ['brush', 'polygon', 'bitmask'] as const) {
    it(`goes on with an accepted ${output} region and keeps its id; then another object begins`, async (context) => {
      needsBrowser(context);
      needsTag(context, output);
      const { task } = await startClicking({ row: output === 'brush' ? 1 : 0, output });
      const before = editor.calls.length;
      await editor.clickPicture(0.5, 0.45);
      await editor.acceptAll();
      // The draft is what tells of the region; the editor stores it a while after each change.
      const mask = output === 'brush' ? '"rle"' : output === 'polygon' ? '"points"' : 'imageDataURL';
      await expect.poll(async () => JSON.stringify(await draftsOf(task)), { timeout: 20_000 }).toContain(mask);
      // A click inside an accepted region selects it; with Ctrl it reaches brushes and polygons, but never bitmasks.
      if (output !== 'bitmask') await editor.clickPicture(0.5, 0.3, { alt: true, control: true });
      else await editor.clickPicture(0.25, 0.3, { alt: true });
      await editor.clickPicture(0.9, 0.5);
      await editor.screenshot(`${artifacts}/continued-${output}.png`);
      await editor.acceptAll();
      await editor.clickPicture(0.05, 0.9);
      await editor.screenshot(`${artifacts}/continued-${output}-next.png`);
      const answers = editor.calls.slice(before).map(({ answer }) => (answer.data as { result: Json[] }).result[0]);
      const ids = answers.map(({ id }) => id);
      if (output === 'brush') {
        // What was accepted stays, but for what the first click took away.
        const [first, , continued] = answers.map((region) => labelStudioRle.parse(region));
        expect(area(intersection(first, continued))).toBeGreaterThan(0.5 * area(first));
        expect(area(continued)).toBeGreaterThan(area(first));
      }
      expect(ids[0]).toBeDefined();
      expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]]);
      expect(ids[3]).not.toBe(ids[0]);
      await editor.acceptAll();
      await editor.submit();
      const [annotation] = await annotationsOf(task);
      const stored = new Set(annotation.result.map(({ id }) => id));
      expect(stored).toContain(ids[0]);
      expect(stored).toContain(ids[3]);
    });
  }

  it('answers for what is on the screen after an undo', async (context) => {
    needsBrowser(context);
    await startClicking({ row: 1 });
    await editor.clickPicture(0.5, 0.45);
    await editor.clickPicture(0.15, 0.8);
    await editor.undo();
    await editor.screenshot(`${artifacts}/undone.png`);
    const before = editor.calls.length;
    // An undo lets go of the label.
    await editor.pickLabel(1, 'Cup');
    await editor.clickPicture(0.6, 0.5);
    const sent = editor.calls[before].context.result.filter((region) => region.type === 'keypointlabels');
    const [region] = (editor.calls[before].answer.data as { result: Json[] }).result;
    const points = sent.map((one) => {
      const { x, y } = one.value as { x: number; y: number };
      return { x: (x / 100) * 600, y: (y / 100) * 400, positive: one.is_positive === true };
    });
    expect(points).toHaveLength(2);
    expect(maskIou(labelStudioRle.parse(region), reference(points))).toBeGreaterThanOrEqual(0.99);
  });

  it('answers for what is on the screen after an undo of accepting', async (context) => {
    needsBrowser(context);
    const { task } = await startClicking({ row: 1 });
    await editor.clickPicture(0.5, 0.45);
    await editor.acceptAll();
    // The draft with the accepted region is stored before the undo.
    await expect.poll(async () => JSON.stringify(await draftsOf(task)), { timeout: 20_000 }).toContain('"rle"');
    await editor.undo();
    // The region is gone from the draft once that is stored again.
    const isStored = async () => !JSON.stringify(await draftsOf(task)).includes('"rle"');
    for (let i = 0; i < 40 && !(await isStored()); i++) await editor.page.waitForTimeout(500);
    if (!(await isStored())) context.skip('the editor did not store the undo');
    await editor.screenshot(`${artifacts}/accept-undone.png`);
    const before = editor.calls.length;
    await editor.pickLabel(1, 'Cup');
    await editor.clickPicture(0.05, 0.9);
    await editor.screenshot(`${artifacts}/accept-undone-next.png`);
    const sent = editor.calls[before].context.result.filter((region) => region.type === 'keypointlabels');
    const [region] = (editor.calls[before].answer.data as { result: Json[] }).result;
    const points = sent.map((one) => {
      const { x, y } = one.value as { x: number; y: number };
      return { x: (x / 100) * 600, y: (y / 100) * 400, positive: one.is_positive === true };
    });
    expect(points).toHaveLength(2);
    expect(maskIou(labelStudioRle.parse(region), reference(points))).toBeGreaterThanOrEqual(0.99);
  });

  it('takes a box and a click for the same object together', async (context) => {
    needsBrowser(context);
    await startClicking({ row: 2, tool: 'rectangle' });
    const before = editor.calls.length;
    await editor.dragPicture([0.27, 0.06], [0.7, 0.72]);
    await editor.pickLabel(1, 'Cup');
    await editor.pickSmartTool('key-point');
    // A plain click inside of a box selects the box; with Ctrl it makes a point.
    await editor.clickPicture(0.5, 0.45, { control: true });
    const calls = editor.calls.slice(before);
    expect(calls.map(({ context: { result } }) => result.map((region) => region.type))).toEqual([
      ['rectanglelabels'],
      ['keypointlabels'],
    ]);
    const ids = calls.map(({ answer }) => (answer.data as { result: Json[] }).result[0].id);
    expect(ids[1]).toBe(ids[0]);
    await editor.screenshot(`${artifacts}/box-and-click.png`);
  });

  for (const output of ['polygon', 'bitmask', 'rectangle'] as const) {
    it(`draws the suggestion as ${output}`, async (context) => {
      needsBrowser(context);
      needsTag(context, output);
      const { project, task } = await startClicking({ row: 0, output });
      await editor.clickPicture(0.5, 0.45);
      await editor.screenshot(`${artifacts}/${output}.png`);
      await editor.acceptAll();
      await editor.submit();
      const [annotation] = await annotationsOf(task);
      const type = output === 'polygon' ? 'polygonlabels' : output;
      expect(annotation.result.map((region) => region.type)).toEqual([type, 'labels']);
      expect(await failedExports(project)).toEqual([]);
    });
  }
});

describe('the command line without a server', () => {
  it('prints a labeling config, and tells what is missing', () => {
    expect(command('config', '--labels', 'Cat').out).toContain('<BrushLabels');
    expect(command('config')).toMatchObject({ code: 2, out: expect.stringContaining('--labels') });
  });
});
