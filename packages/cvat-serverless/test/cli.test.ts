import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { main } from '../src/cli/main.js';
import { createLocalProcessor } from '../src/nuclio/index.js';
import { shapeDefaults, startFakeCvat } from './support/fake-cvat.js';
import { pictureKinds } from './support/pictures.js';
import { buildWrapper, temporaryFolder, writeFunction } from './support/wrappers.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const built = existsSync(new URL('../dist/function/function.js', import.meta.url));
let root: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  root = await temporaryFolder();
});
afterAll(() => root.remove());

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, {
    env: process.env,
    out: (text) => void out.push(String(text).trimEnd()),
    err: (text) => void err.push(text),
    status: () => {},
    isScreen: false,
    stopped: async () => {},
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('clickmask-cvat', () => {
  it('helps', async () => {
    expect((await run('--help')).out).toMatch(/init.*check.*serve.*invoke.*refine/s);
    expect((await run()).code).toBe(2);
    for (const command of ['init', 'check', 'serve', 'invoke', 'refine']) {
      const { code, out } = await run(command, '--help');
      expect(code).toBe(0);
      expect(out).toMatch(/Examples?:\n {2}/);
    }
  });

  it.each([
    [['bake'], /no command 'bake'/],
    [['toString'], /no command/],
    [['init'], /Expected --out/],
    [['init', '--out', 'x', '--reply', 'polygon'], /Expected one of mask, mask-bounds, shapes for --reply/],
    [['init', '--out', 'x', '--workers', '0'], /Expected a whole number from 1 to 64/],
    [['init', '--out', 'x', '--env', 'A'], /NAME=VALUE/],
    [['init', '--aut', 'x'], /Unknown option/],
    [['init', '--out', 'x', '--cvat', 'newest'], /a version, such as 2\.54/],
    [['init', '--out', 'x', '--cvat', '2.2'], /no version before 2\.3/],
    [['init', '--out', 'x', '--cvat', '2.54', '--reply', 'shapes'], /mask or mask-bounds, which CVAT 2\.54 reads/],
    [['init', '--out', 'x', '--env', 'CLICKMASK_SMOOTH=much'], /CLICKMASK_SMOOTH/],
    [['check'], /Name a folder/],
    [['invoke', '--url', 'http://x', '--image', 'y'], /at least one --click/],
    [['invoke', '--url', 'http://x', '--image', 'y', '--click', '1'], /Expected X,Y/],
    [['invoke', '--url', 'http://x', '--image', 'y', '--box', '1,2,3'], /Expected X1,Y1,X2,Y2/],
    [['refine'], /Expected --job/],
    [['refine', '--job', '1', '--kinds', 'cuboid'], /Expected one of rectangle/],
    [['serve', 'x', '--port', '80.5'], /whole number/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it('says what it found where something else answers', async () => {
    const cvat = await startFakeCvat();
    onTestFinished(() => cvat.close());
    const page = await answerAll(200, 'text/html', '<html><title>Grafana \u001b[31m</title></html>');
    const studio = await answerAll(200, 'application/json', '{"status": "UP", "model_class": "Other"}');
    const dashboard = await answerAll(200, 'application/json', '{"dashboard": {"label": "1.15.9"}}');
    for (const [url, found] of [
      [cvat.url, /This is CVAT 2\.54\.1\. Name it with --cvat-url/],
      [page, /This is a server that answers 200 \(text\/html\): a page "Grafana {2}\[31m"/],
      [studio, /This is a machine learning backend of Label Studio's/],
      [dashboard, /This is the dashboard of nuclio 1\.15\.9/],
    ] as const) {
      const { code, out } = await run('check', '--url', url);
      expect([code, out]).toEqual([1, expect.stringMatching(found)]);
    }
    const wrong = await run('check', '--cvat-url', page);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/Expected CVAT at .* but found .*Grafana/)]);
    expect((await run('check', '--cvat-url', 'http://127.0.0.1:9')).err).toMatch(/127\.0\.0\.1:9/);
  });

  it('shows nothing that a terminal would obey', async () => {
    const cvat = await startFakeCvat({ version: '2.54.1\u001b[2J' });
    onTestFinished(() => cvat.close());
    vi.stubEnv('CVAT_ACCESS_TOKEN', 'secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { err } = await run('refine', '--url', cvat.url, '--job', '9');
    expect(err).toMatch(/^CVAT 2\.54\.1\\u001b\[2J at/);
  });

  it('tells what a CVAT reads', async () => {
    const cvat = await startFakeCvat({ version: '2.80.0' });
    onTestFinished(() => cvat.close());
    expect((await run('check', '--cvat-url', cvat.url)).out).toMatch(/CVAT 2\.80\.0: reads mask and shapes/);
  });

  it('ends with 1 where something fails', async () => {
    expect((await run('check', join(root.path, 'nowhere'))).err).toMatch(/no folder/);
    expect((await run('check', '--url', 'http://127.0.0.1:9')).code).toBe(1);
    const { code, err } = await run(
      'invoke',
      '--url',
      'http://127.0.0.1:9',
      '--image',
      '/nowhere.png',
      '--click',
      '1,1',
    );
    expect([code, err]).toEqual([1, expect.stringMatching(/Cannot read '\/nowhere\.png'/)]);
  });
});

/** Folders that a run makes for the time that it lasts. */
const ours = (name: string): boolean => /^(clickmask-function|nuclio-rpc)-/.test(name);

async function answerAll(status: number, type: string, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, { 'content-type': type }).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.runIf(built)('a folder', () => {
  it('is no crash where nobody reads the output', async () => {
    const program = fileURLToPath(new URL('../dist/bin/clickmask-cvat.js', import.meta.url));
    const child = spawn(process.execPath, [program, 'check', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect([code, err]).toEqual([0, '']);
  });

  it('is written, checked, run, and found damaged', async () => {
    const out = join(root.path, 'function');
    const made = await run(
      'init',
      '--out',
      out,
      '--cvat',
      '2.54',
      '--env',
      'CLICKMASK_SMOOTH=1',
      '--name',
      'my-clicks',
    );
    expect([made.code, made.err]).toEqual([0, expect.not.stringMatching(/error/)]);
    expect(made.out).toMatch(/nuctl deploy --project-name cvat/);
    const yaml = await readFile(join(out, 'function.yaml'), 'utf8');
    expect(yaml).toMatch(/value: "mask-bounds"/);
    expect(yaml).toMatch(/name: "my-clicks"/);
    const readme = await readFile(join(out, 'README.md'), 'utf8');
    expect(readme).toMatch(/1\.15\.9 for the version of this folder/);
    for (const file of ['function-gpu.yaml', 'clickmask-wrapper.mjs', 'main.js', 'model/model.json', 'LICENSE']) {
      expect(existsSync(join(out, file))).toBe(true);
    }
    expect((await run('init', '--out', out)).err).toMatch(/not empty/);
    const checked = await run('check', out, '--run', '--json');
    expect(checked.code).toBe(0);
    const { findings, runs } = JSON.parse(checked.out) as {
      findings: unknown[];
      runs: { model: string; area: number }[];
    };
    expect(findings).toEqual([]);
    expect(runs[0].model).toMatch(/^clickmask-small /);
    expect(runs[0].area).toBeGreaterThan(3000);

    // What another program holds stays its own.
    const busy = await answerAll(200, 'text/plain', 'busy');
    // A folder of its own: other tests make theirs in the system's at the same time.
    vi.stubEnv('TMPDIR', await mkdtemp(join(root.path, 'tmp-')));
    onTestFinished(() => void vi.unstubAllEnvs());
    const before = (await readdir(tmpdir())).filter(ours);
    const served = await run('serve', out, '--port', new URL(busy).port);
    expect([served.code, served.err]).toEqual([1, expect.stringMatching(/Another program already listens on port/)]);
    expect((await readdir(tmpdir())).filter(ours)).toEqual(before);

    await writeFile(join(out, 'model/encoder.onnx'), 'broken');
    await writeFile(join(out, 'package.json'), '{"type": "module"}');
    await writeFile(join(out, 'vendor.tgz'), 'broken');
    await writeFile(join(out, 'function.yaml'), yaml.replace('type: interactor', 'type: detector'));
    const damaged = await run('check', out);
    expect(damaged.code).toBe(1);
    for (const at of ['model: Expected', 'package.json', 'vendor.tgz', 'metadata.annotations.type']) {
      expect(damaged.out).toContain(`error: ${at}`);
    }
  });

  it('can leave its packages to npm, and says what is missing then', async () => {
    const out = join(root.path, 'by-npm');
    expect((await run('init', '--out', out, '--dependencies', 'npm', '--arch', 'arm64', '--gpu')).out).toMatch(
      /function-gpu\.yaml/,
    );
    expect(await readFile(join(out, 'function.yaml'), 'utf8')).toMatch(/npm install --omit=dev --ignore-scripts/);
    expect(existsSync(join(out, 'vendor.tgz'))).toBe(false);
    expect((await run('check', out)).code).toBe(0);
    expect((await run('check', out, '--run')).err).toMatch(/not complete.*npm install/);
  });

  it('names what is wrong with a model', async () => {
    expect((await run('init', '--out', join(root.path, 'x'), '--model', '/nowhere')).err).toMatch(
      /No model '\/nowhere': there is no model\.json/,
    );
  });
});

describe('invoke', () => {
  it('prints what came back, and writes the mask', async () => {
    const wrapper = await buildWrapper(root.path);
    const directory = await writeFunction(root.path, {
      'main.js': `exports.handler = (context, event) => {
        const { pos_points, neg_points, obj_bbox, image } = JSON.parse(event.body);
        const row = Array(240).fill(0); row[pos_points[0][0]] = 1; row[neg_points[0][0]] = 1; row[obj_bbox[1][0]] = 1;
        context.callback({ mask: [row, ...Array(159).fill(Array(240).fill(0))], points: [] }); };`,
    });
    const processor = await createLocalProcessor({ directory, wrapper });
    onTestFinished(async () => void (await processor.close()));
    const url = await processor.listen();
    const image = join(root.path, 'picture.png');
    const mask = join(root.path, 'mask.png');
    await writeFile(image, (await pictureKinds()).png);
    const { code, out } = await run(
      'invoke',
      '--url',
      url,
      '--image',
      image,
      '--click',
      '5,1',
      '--click',
      '7,1,-',
      '--box',
      '0,0,9,9',
      '--mask',
      mask,
      '--points',
      '--repeat',
      '2',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      width: 240,
      height: 160,
      format: 'mask',
      area: 3,
      bbox: [5, 0, 5, 1],
      points: [0, 1, 1, 1, 1, 1, 5, 0, 9, 0],
    });
    const pixels = await sharp(mask).raw().toBuffer({ resolveWithObject: true });
    expect([pixels.info.width, pixels.info.height, pixels.data[5 * pixels.info.channels]]).toEqual([240, 160, 255]);
  });
});

describe.runIf(built)('refine', () => {
  it('makes masks with the real model, goes on, and never shows the token', async () => {
    const { png } = await pictureKinds();
    const box = { ...shapeDefaults, type: 'rectangle' as const, frame: 0, label_id: 1, points: [78, 38, 162, 122] };
    const server = await startFakeCvat({ frames: [png], shapes: [box], token: 'very-secret' });
    onTestFinished(() => server.close());
    vi.stubEnv('CVAT_ACCESS_TOKEN', 'very-secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const state = join(root.path, 'state.json');
    const args = ['refine', '--url', server.url, '--job', '7', '--state', state];
    expect((await run(...args, '--dry-run')).out).toMatch(/1 masks would be saved/);
    const first = await run(...args);
    expect([first.code, first.out]).toEqual([0, expect.stringMatching(/1 shapes: 1 masks saved/)]);
    expect(server.shapes.map(({ type }) => type)).toEqual(['rectangle', 'mask']);
    const [left, top, right, bottom] = server.shapes[1].points.slice(-4);
    for (const [side, wanted] of [
      [left, 80],
      [top, 40],
      [right, 160],
      [bottom, 120],
    ]) {
      expect(Math.abs(side - wanted)).toBeLessThan(8);
    }
    expect((await run(...args)).out).toMatch(/0 masks saved, 1 were done/);
    vi.stubEnv('CVAT_ACCESS_TOKEN', 'wrong-secret');
    const refused = await run(...args);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/401/);
    expect(`${first.out}${first.err}${refused.err}`).not.toMatch(/secret/);
  });
});
