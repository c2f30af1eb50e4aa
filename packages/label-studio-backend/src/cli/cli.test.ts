import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeLabelStudio, listen, startFakeLabelStudio } from '../../test/fake-label-studio.js';
import { createFakeSegmenter } from '../../test/fake-segmenter.js';
import { createLabelStudioBackend } from '../app/index.js';
import { writeLabelingConfig } from '../labeling-config/index.js';
import { sampleOf } from './doctor.js';
import { run } from './index.js';

let labelStudio: FakeLabelStudio;
let backendUrl: string;
let closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  labelStudio = await startFakeLabelStudio();
  labelStudio.labelConfig = writeLabelingConfig({ labels: ['Cat'] });
  const backend = createLabelStudioBackend({
    segmenter: createFakeSegmenter(),
    labelStudio: { url: labelStudio.url, token: labelStudio.legacyToken },
    lookAhead: 0,
  });
  const server = await listen(backend.app);
  backendUrl = server.url;
  closing = [labelStudio.close, server.close, () => backend.close()];
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

/** @param whileUp - what is done while `serve` listens, with the address that it logs */
async function call(args: string[], env: NodeJS.ProcessEnv = {}, whileUp = async (_url: string) => {}) {
  let out = '';
  let err = '';
  const code = await run(args, {
    env,
    out: (text) => {
      out += String(text);
    },
    err: (text) => {
      err += text;
    },
    status: () => {},
    isScreen: false,
    stopped: () => whileUp(/"url":"(http[^"]+)"/.exec(out)?.[1] ?? ''),
  });
  return { code, out, err };
}

const common = () => ['--url', labelStudio.url, '--token', labelStudio.legacyToken, '--project', '1'];

describe('help and bad use', () => {
  it('shows help with examples for each command', async () => {
    for (const command of ['serve', 'connect', 'doctor', 'config']) {
      const { code, out } = await call([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('Usage: clickmask-label-studio');
      expect(out).toContain('Examples:');
      expect(out.split('\n').every((line) => line.length <= 110)).toBe(true);
    }
    expect((await call(['--help'])).out).toContain('Commands:');
    expect((await call(['help'])).code).toBe(0);
  });

  it.each([
    [['nonsense'], 'serve, connect, doctor, repair, config'],
    [['config'], '--labels'],
    [['config', '--labels', 'Cat', '--output', 'paint'], 'brush, bitmask, polygon, rectangle'],
    [['config', '--bogus'], '--bogus'],
    [['connect', '--url', 'http://localhost'], '--token'],
    [['doctor', '--url', 'http://localhost', '--project', 'x'], 'whole number'],
    [['serve', '--port', '99999'], '--port'],
    [['serve', '--user', 'me'], '--password'],
    [['serve', '--detail', '2'], '--detail'],
  ])('ends with 2 for %j', async (args, words) => {
    const { code, err } = await call(args);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});

describe('connect', () => {
  it('adds the backend once, sets it to interactive, and gives the webhook its secret', async () => {
    const args = ['connect', ...common(), '--backend', `${backendUrl}/`, '--webhook-secret', 'hush'];
    expect(await call(args)).toMatchObject({ code: 0, out: expect.stringContaining('added') });
    expect(await call(args)).toMatchObject({ code: 0, out: expect.stringContaining('unchanged') });
    expect(labelStudio.backends).toMatchObject([{ url: backendUrl, is_interactive: true, title: 'Clickmask' }]);
    expect(labelStudio.webhooks).toMatchObject([{ headers: { 'x-clickmask-secret': 'hush' } }]);
    labelStudio.backends[0].is_interactive = false;
    expect((await call(args)).out).toContain('changed');
    expect(labelStudio.backends).toMatchObject([{ is_interactive: true }]);
  });

  it('leaves the other headers of the webhook as they are', async () => {
    const args = ['connect', ...common(), '--backend', backendUrl];
    await call(args);
    labelStudio.webhooks[0].headers = { 'X-Proxy': 'yes', 'X-Clickmask-Secret': 'old' };
    await call([...args, '--webhook-secret', 'new']);
    expect(labelStudio.webhooks[0].headers).toEqual({ 'X-Proxy': 'yes', 'x-clickmask-secret': 'new' });
    labelStudio.webhooks[0].headers = { 'X-Proxy': 'yes' };
    await call([...args, '--user', 'me', '--password', 'pass']);
    expect(labelStudio.webhooks[0].headers).toEqual({ 'X-Proxy': 'yes', Authorization: 'Basic bWU6cGFzcw==' });
  });

  it('takes the address of Label Studio by either name, as serve does', async () => {
    const url = ['--label-studio-url', labelStudio.url, '--token', labelStudio.legacyToken, '--project', '1'];
    expect(await call(['connect', ...url, '--backend', backendUrl])).toMatchObject({ code: 0 });
    expect((await call(['doctor', ...url])).out).toContain('✔ Label Studio answers');
    expect((await call(['doctor', '--help'])).out).toContain('also --label-studio-url');
    expect((await call(['serve', '--help'])).out).toContain('also --url');
    expect(await call(['serve', '--url', 'localhost', '--port', '99999'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--port'),
    });
  });

  it('warns of another interactive backend before it', async () => {
    labelStudio.backends.push({ id: 1, url: 'http://other:9090', is_interactive: true, state: 'CO', title: 'Other' });
    expect((await call(['connect', ...common(), '--backend', backendUrl])).err).toContain(
      'first interactive backend only',
    );
  });

  it('explains what Label Studio refuses', async () => {
    const wrong = ['connect', '--url', labelStudio.url, '--token', 'wrong-token', '--project', '1'];
    expect(await call(wrong)).toMatchObject({ code: 1, err: expect.stringContaining('personal access token') });
    const nowhere = ['connect', '--url', 'http://127.0.0.1:1', '--token', 'wrong-token', '--project', '1'];
    expect(await call(nowhere)).toMatchObject({ code: 1, err: expect.stringContaining('LABEL_STUDIO_URL') });
    const scheme = ['connect', '--url', 'localhost:8080', '--token', 'wrong-token', '--project', '1'];
    expect(await call(scheme)).toMatchObject({ code: 2, err: expect.stringContaining('http://') });
  });
});

describe('repair', () => {
  it('leaves what changed since it was listed, and tells of what was saved in the same moment', async () => {
    const labels = '<Label value="Cat"/>';
    labelStudio.labelConfig = `<View><Image name="image" value="$image"/>
      <PolygonLabels name="mask" toName="image" smart="false">${labels}</PolygonLabels>
      <keypoint name="click" toName="image" smartOnly="true"/><Labels name="label" toName="image">${labels}</Labels></View>`;
    const value = { points: [] };
    const mask = { id: 'a', type: 'polygonlabels', from_name: 'mask', to_name: 'image', value };
    const twin = { ...mask, type: 'keypointlabels', from_name: 'click' };
    const annotations = [1, 2, 3].map((id) => ({ id, lead_time: 1, result: [mask, twin] as unknown[] }));
    labelStudio.tasks.push({ id: 1, data: {}, annotations });
    labelStudio.onRequest = (request) => {
      if (request === 'GET /api/annotations/2/') annotations[1].result = [mask, twin, { ...mask, id: 'by hand' }];
      if (request === 'PATCH /api/annotations/3/') annotations[2].lead_time = 9;
    };
    const { code, out } = await call(['repair', ...common(), '--apply']);
    expect(code).toBe(1);
    expect(out).toContain('3 annotations: 3 faulty, 2 mended, 1 left');
    expect(out).toContain('annotation 3 of task 1 was saved by somebody in the same moment');
    expect(annotations.map(({ result }) => result.length)).toEqual([1, 3, 1]);
    labelStudio.onRequest = () => {};
    expect((await call(['repair', ...common(), '--apply'])).out).toContain('1 faulty, 1 mended');
    expect(annotations[1].result).toEqual([mask, { ...mask, id: 'by hand' }]);
  });
});

describe('doctor', () => {
  it('passes when all is well, and finds the first thing that is not', async () => {
    labelStudio.tasks.push({ id: 5, data: { image: '/data/upload/1/gone.png' } });
    await call(['connect', ...common(), '--backend', backendUrl]);
    const gone = await call(['doctor', ...common()]);
    expect(gone.code).toBe(1);
    expect(gone.out).toContain('✔ backend');
    expect(gone.out).toMatch(/✖ smart click: .*404/);
    expect(gone.out).toContain('storage connection');
    const png = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    labelStudio.files.set('upload/1/gone.png', png);
    const good = await call(['doctor', ...common(), '--json']);
    expect(good.code).toBe(0);
    const { findings } = JSON.parse(good.out) as { findings: { check: string; result: string }[] };
    expect(findings.map((finding) => finding.result)).toEqual(Array.from({ length: 8 }, () => 'good'));
  });

  it('clicks on a sample of tasks, and lists those that fail with reasons', async () => {
    const png = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    labelStudio.files.set('upload/1/here.png', png);
    for (let id = 1; id <= 9; id++) {
      labelStudio.tasks.push({ id, data: { image: `/data/upload/1/${id % 4 === 1 ? 'gone' : 'here'}.png` } });
    }
    await call(['connect', ...common(), '--backend', backendUrl]);
    const { code, out } = await call(['doctor', ...common(), '--task', '2', '--all', '--sample', '0']);
    expect(code).toBe(1);
    expect(out).toContain('✔ smart click');
    expect(out).toContain('6 of 9 tasks that were tried work');
    for (const id of [1, 5, 9]) expect(out).toMatch(new RegExp(`task ${id}: .*404`));
    expect((await call(['doctor', ...common(), '--all', '--sample', '3'])).out).toMatch(/of 3 tasks/);
  });

  it('takes the first, the last and some in between as the sample, each once', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(60), fc.double({ min: 0, max: 0.999, noNaN: true }), (count, size, random) => {
        const sample = sampleOf(count, size, () => random);
        const least = size === 0 ? count : Math.min(count, size);
        expect(new Set(sample).size).toBe(least);
        for (const place of sample) expect(Number.isInteger(place) && place >= 0 && place < count).toBe(true);
        if (least > 1) expect([sample[0], sample.at(-1)]).toEqual([0, count - 1]);
      }),
    );
  });

  it('clicks by the config as it is for the task', async () => {
    const smart = 'smart="true" smartOnly="true"';
    labelStudio.labelConfig = `<View><Repeater on="$pages" indexFlag="{{idx}}">
      <Image name="page_{{idx}}" value="$pages[{{idx}}]"/>
      <BrushLabels name="mask_{{idx}}" toName="page_{{idx}}" value="$kinds" smart="false"/>
      <KeyPointLabels name="click_{{idx}}" toName="page_{{idx}}" value="$kinds" ${smart}/></Repeater></View>`;
    const png = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    labelStudio.files.set('upload/1/here.png', png);
    labelStudio.tasks.push({ id: 1, data: { pages: ['/data/upload/1/here.png'], kinds: [{ value: 'Cat' }] } });
    await call(['connect', ...common(), '--backend', backendUrl]);
    const { code, out } = await call(['doctor', ...common(), '--all']);
    expect(out).toContain('✔ smart click: 1 region');
    expect(out).toContain('1 of 1 tasks that were tried work');
    expect(code).toBe(0);
  });

  it('shows no password of an address', async () => {
    const url = labelStudio.url.replace('://', '://me:secret@');
    const backend = { id: 1, url: 'http://me:secret@clicks:9090', is_interactive: true, title: null };
    const error_message = 'No answer of http://me:secret@clicks:9090/health';
    labelStudio.backends.push({ ...backend, state: 'ER', error_message });
    const args = ['--url', url, '--token', labelStudio.legacyToken, '--project', '1'];
    const checked = await call(['doctor', ...args]);
    expect(checked.out).toContain('clicks:9090');
    const registered = await call(['connect', ...args, '--backend', backendUrl]);
    expect(registered.err).toContain('clicks:9090');
    labelStudio.backends[0].state = 'CO';
    const again = await call(['doctor', ...args]);
    expect(JSON.stringify([checked, registered, again])).not.toContain('secret');
  });

  it('skips what cannot be checked', async () => {
    const { out } = await call(['doctor', '--url', labelStudio.url, '--project', '1']);
    expect(out).toContain('✖ token');
    expect(out).toContain('- smart click: not checked');
  });
});

describe('serve', () => {
  it('starts with the embedded model, says where, and stops when asked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clickmask-serve-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const health: unknown[] = [];
    const env = { LABEL_STUDIO_URL: labelStudio.url };
    const { code, out } = await call(['serve', '--port', '0', '--cache-dir', folder], env, async (url) => {
      health.push(await (await fetch(`${url}/health`)).json());
    });
    expect(code).toBe(0);
    expect(health).toMatchObject([{ status: 'UP', label_studio: 'configured' }]);
    expect(out).toContain('"message":"stopped"');
    for (const line of out.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('reads deep images as --range says, and says so with the answer', async () => {
    const [width, height] = [64, 48];
    // Twelve bits in sixteen, as cameras and scanners store them: a bright square on a dark ground.
    const values = Uint16Array.from({ length: width * height }, (_, i) =>
      Math.abs((i % width) - 32) < 12 && Math.abs(Math.floor(i / width) - 24) < 12 ? 3500 : 300,
    );
    const png = await sharp(values, { raw: { width, height, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    labelStudio.files.set('upload/1/deep.png', png);
    const frame = { to_name: 'image', original_width: width, original_height: height, is_positive: true };
    const click = { ...frame, id: 'click', type: 'keypointlabels', from_name: 'click' };
    const result = [{ ...click, value: { x: 50, y: 50, keypointlabels: ['Cat'] } }];
    let answer: unknown;
    const args = [
      '--url',
      labelStudio.url,
      '--token',
      labelStudio.legacyToken,
      '--cache-dir',
      'off',
      '--range',
      '0,4095',
    ];
    await call(['serve', '--port', '0', ...args], {}, async (url) => {
      const task = { id: 1, data: { image: '/data/upload/1/deep.png' } };
      ({ data: answer } = await labelStudio.interactive(url, task, { result }));
    });
    expect(answer).toMatchObject({
      result: [{ type: 'brushlabels' }],
      clickmask: { remarks: [expect.stringContaining('0 to 4095 shown as black to white')] },
    });
  });
});
