import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cocoPolygon, cvatMask, geoJson, labelStudioRle, polygonJson, svgPath } from '@clickmask/core/formats';
import { area, cocoRle, decodeImage, maskFromPng } from '@clickmask/core/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModelFolder } from './support/tiny-model.js';

const bin = fileURLToPath(new URL('../dist/bin/clickmask.js', import.meta.url));
const photo = fileURLToPath(new URL('../../../examples/photos/cat.jpg', import.meta.url));
if (!existsSync(bin)) throw new Error('The command line is not built: npm run build.');

let work = '';
let tiny: ReturnType<typeof tinyModelFolder>;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'clickmask-cli-'));
  tiny = tinyModelFolder();
});
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
  tiny.remove();
});

interface Run {
  readonly code: number;
  readonly out: Buffer;
  readonly text: string;
  readonly err: string;
}

function run(args: readonly string[], home = join(work, 'home')): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...process.env, CLICKMASK_HOME: home };
    const options = { cwd: work, env, encoding: 'buffer', maxBuffer: 64 * 2 ** 20 } as const;
    execFile(process.execPath, [bin, ...args], options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, text: out.toString(), err: err.toString() });
    });
  });
}

async function ok(...args: string[]): Promise<Run> {
  const result = await run(args);
  expect(result.err).toBe('');
  expect(result.code).toBe(0);
  return result;
}

describe('clickmask', () => {
  it('explains itself', async () => {
    const help = await ok('--help');
    for (const name of ['segment', 'replay', 'evaluate', 'compare', 'bench', 'models']) {
      expect(help.text).toContain(name);
      const { text } = await ok(name, '--help');
      expect(text).toContain(`Usage: clickmask ${name}`);
      expect(text).toContain('Examples:');
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
    }
    expect((await ok('--version')).text).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each<[string, readonly string[]]>([
    ['nothing', []],
    ['an unknown command', ['cut']],
    ['an unknown option', ['segment', photo, '--clik', '1,2']],
    ['no image', ['segment', '--click', '1,2']],
    ['two images', ['segment', photo, photo, '--click', '1,2']],
    ['no click', ['segment', photo]],
    ['a click of one number', ['segment', photo, '--click', '10']],
    ['a click of words', ['segment', photo, '--click', 'a,b']],
    ['a click at NaN', ['segment', photo, '--click', 'NaN,3']],
    ['a click with another sign', ['segment', photo, '--click', '1,2,*']],
    ['a click outside', ['segment', photo, '--click', '5000,10']],
    ['a click left of the image', ['segment', photo, '--click=-1,10']],
    ['the same, as two words', ['segment', photo, '--click', '-1,10']],
    ['a flat box', ['segment', photo, '--box', '1,1,1,9']],
    ['a box of three numbers', ['segment', photo, '--box', '1,1,9']],
    ['an unknown format', ['segment', photo, '--click', '1,2', '--format', 'bmp']],
    ['an unknown provider', ['segment', photo, '--click', '1,2', '--provider', 'tpu']],
    ['a cascade of words', ['segment', photo, '--click', '1,2', '--cfr', 'many']],
    ['a cascade too long', ['segment', photo, '--click', '1,2', '--cfr', '21']],
    ['a threshold above 1', ['segment', photo, '--click', '1,2', '--threshold', '2']],
    ['an overlay of an unknown kind', ['segment', photo, '--click', '1,2', '--overlay', 'x.bmp']],
    ['a candidate that is not there', ['segment', photo, '--click', '1,2', '--candidate', '7']],
    ['no folder to evaluate', ['evaluate']],
    ['an unknown layout', ['evaluate', '.', '--layout', 'coco']],
    ['no clicks at most', ['evaluate', '.', '--max-clicks', '0']],
    ['an argument to bench', ['bench', 'photo.jpg']],
    ['an unknown action on models', ['models', 'remove']],
    ['a model to add without its hash', ['models', 'add', '.']],
    ['a hash that is none', ['models', 'add', '.', '--sha256', 'abc']],
    ['an address that is none', ['models', 'add', 'http://me:s3#cr3t@host', '--sha256', '0'.repeat(64)]],
  ])('ends with 2 for %s', async (_, args) => {
    const { code, out, err } = await run(args);
    expect(code).toBe(2);
    expect(out).toHaveLength(0);
    expect(err).not.toContain('    at ');
  });

  it.each<[string, readonly string[]]>([
    ['an image that is not there', ['segment', 'none.jpg', '--click', '1,2']],
    ['a file that is no image', ['segment', bin, '--click', '1,2']],
    ['an image above the limit', ['segment', photo, '--click', '1,2', '--max-pixels', '100']],
    ['a mask that is none', ['segment', photo, '--click', '1,2', '--mask', bin]],
    ['an unknown model', ['segment', photo, '--click', '1,2', '--model', 'none']],
    ['a folder that is no data set', ['evaluate', tmpdir(), '--layout', 'davis']],
    ['a model that is not there', ['models', 'show', 'none']],
  ])('ends with 1 for %s, in one line', async (_, args) => {
    const { code, out, err } = await run(args);
    expect(code).toBe(1);
    expect(out).toHaveLength(0);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toMatch(/^clickmask \w+: /);
  });
});

describe('clickmask replay', () => {
  it('gets the masks of a log again, and tells which differ', async () => {
    const log = join(work, 'log.json');
    const clicks = ['--click', '200,160', '--click', '20,20,-'];
    await ok(
      'segment',
      photo,
      ...clicks,
      '--cfr',
      'off',
      '--fill-holes',
      '0',
      '--log',
      log,
      '--out',
      join(work, 'log.mask'),
    );
    expect((await ok('replay', log, photo)).text).toMatch(/^1 of 1 masks are the same with clickmask-small /);
    const changed = JSON.parse(readFileSync(log, 'utf8')) as { entries: { checksum: string }[]; model: string };
    changed.entries[0].checksum = '00000000';
    writeFileSync(log, JSON.stringify(changed));
    const differs = await run(['replay', log, photo, '--json']);
    expect([differs.code, JSON.parse(differs.text)]).toEqual([
      1,
      { total: 1, identical: 0, different: [0], model: changed.model },
    ]);
    writeFileSync(log, JSON.stringify({ ...changed, model: 'other 1.0.0' }));
    expect((await run(['replay', log, photo])).err).toMatch(/Expected the model 'other 1\.0\.0'/);
    expect((await run(['replay', log, photo, '--any-model'])).code).toBe(1);
    writeFileSync(log, 'no JSON');
    expect((await run(['replay', log, photo])).err).toMatch(/Expected a session log in .* but it is not JSON/);
  });
});

describe('clickmask segment', () => {
  const clicks = ['--click', '200,160', '--click', '20,20,-'];
  let png: Run;
  beforeAll(async () => {
    png = await ok('segment', photo, ...clicks, '--format', 'png');
  });

  it('prints what is promised as JSON', async () => {
    const { text } = await ok('segment', photo, ...clicks);
    const report = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(report)).toEqual([
      'width',
      'height',
      'area',
      'bbox',
      'score',
      'model',
      'provider',
      'polygons',
      'rle',
      'changedPixels',
      'candidates',
      'refinement',
      'timingsMs',
    ]);
    expect(Object.keys(report.timingsMs as object)).toEqual(['decode', 'encode', 'predict', 'postprocess', 'total']);
    expect(report).toMatchObject({
      width: 451,
      height: 300,
      provider: 'cpu',
      model: expect.stringMatching(/^clickmask-small /),
    });
    const runs = cocoRle.parse(report.rle);
    expect(area(runs)).toBe(report.area);
    expect(runs).toEqual(await maskFromPng(png.out));
    const [x, y, width, height] = report.bbox as number[];
    expect(x + width).toBeLessThanOrEqual(451);
    expect(y + height).toBeLessThanOrEqual(300);
    expect(text.split('\n').length).toBeLessThan(60);
  });

  it.each([
    ['coco', cocoRle],
    ['label-studio', labelStudioRle],
    ['cvat', cvatMask],
    ['polygon', polygonJson],
    ['geojson', geoJson],
    ['coco-polygon', cocoPolygon],
  ] as const)('writes %s that reads back as the PNG, within the outline’s tolerance', async (format, codec) => {
    const { text } = await ok('segment', photo, ...clicks, '--format', format, '--detail', '1');
    const size = { width: 451, height: 300 };
    const [runs, wanted] = [codec.parse(JSON.parse(text), { size }), await maskFromPng(png.out)];
    if (format === 'coco' || format === 'label-studio' || format === 'cvat') expect(runs).toEqual(wanted);
    else expect(Math.abs(area(runs) - area(wanted))).toBeLessThan(area(wanted) * 0.01);
  });

  it('writes an SVG path that reads back', async () => {
    const { text } = await ok('segment', photo, ...clicks, '--format', 'svg', '--detail', '1');
    const runs = svgPath.parse(text.trim(), { size: { width: 451, height: 300 } });
    const wanted = await maskFromPng(png.out);
    expect(Math.abs(area(runs) - area(wanted))).toBeLessThan(area(wanted) * 0.01);
  });

  it('gives the same bytes every time, and for two runs, to a pipe and to a file', async () => {
    const file = join(work, 'mask.png');
    await ok('segment', photo, ...clicks, '--format', 'png', '--out', file);
    expect(readFileSync(file)).toEqual(png.out);
    expect(await sharp(png.out).metadata()).toMatchObject({ format: 'png', width: 451, height: 300, channels: 1 });
  });

  it.each(['png', 'jpg', 'webp'])('draws an overlay as %s', async (kind) => {
    const file = join(work, `overlay.${kind}`);
    await ok('segment', photo, ...clicks, '--overlay', file, '--format', 'coco');
    const bytes = readFileSync(file);
    expect((await sharp(bytes).metadata()).format).toBe(kind === 'jpg' ? 'jpeg' : kind);
    const [drawn, plain] = [await decodeImage(bytes), await decodeImage(readFileSync(photo))];
    expect([drawn.width, drawn.height]).toEqual([451, 300]);
    const at = (160 * 451 + 200) * 3;
    expect(drawn.data[at + 1]).toBeGreaterThan(drawn.data[at]);
    expect(drawn.data).not.toEqual(plain.data);
  });

  it('starts from a mask', async () => {
    const file = join(work, 'start.png');
    writeFileSync(file, png.out);
    const { text } = await ok('segment', photo, '--click', '300,200', '--mask', file);
    const report = JSON.parse(text) as { area: number; changedPixels: number };
    expect(report.changedPixels).toBeLessThan(report.area);
    const small = join(work, 'small.png');
    await sharp(png.out).resize(100, 100).toFile(small);
    expect((await run(['segment', photo, '--click', '300,200', '--mask', small])).code).toBe(1);
    const large = join(work, 'large.png');
    await sharp(png.out).resize(600, 400).toFile(large);
    const refused = await run(['segment', photo, '--click', '9,9', '--mask', large, '--max-pixels', '140000']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('at most 140000 pixels') });
  });

  it('takes a box, refinement, clean-up and a model folder', async () => {
    const boxed = JSON.parse((await ok('segment', photo, '--box', '100,50,300,250', '--cfr', 'auto')).text);
    expect(boxed.area).toBeGreaterThan(0);
    const options = [
      '--cfr',
      '3',
      '--cfr-clicks',
      'every',
      '--flip',
      '--zoom',
      'on',
      '--no-sis',
      '--fill-holes',
      '100',
      '--remove-specks',
      '10',
    ];
    const cleaned = JSON.parse((await ok('segment', photo, ...clicks, ...options, '--largest')).text);
    expect(cleaned.refinement).toMatchObject({ steps: 3, flip: true });
    const off = JSON.parse((await ok('segment', photo, ...clicks, '--cfr', 'off')).text);
    expect(off.refinement.steps).toBe(0);
    const other = JSON.parse((await ok('segment', photo, ...clicks, '--model', tiny.folder)).text);
    expect(other.model).toBe('tiny 1.0.0');
  });

  it('corrects a mask part by part where the model does', async () => {
    const model = fileURLToPath(new URL('published/models/focalclick', import.meta.url));
    const { width = 0, height = 0 } = await sharp(photo).metadata();
    const data = new Uint8Array(width * height);
    for (let y = 0; y < 9; y++) data.fill(255, y * width + width - 9, (y + 1) * width);
    const mask = join(work, 'corner.png');
    await sharp(data, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(mask);
    const cornerLeft = async (...more: string[]) => {
      const out = join(work, 'corrected.png');
      await ok('segment', photo, '--model', model, '--mask', mask, ...clicks, '--format', 'png', '--out', out, ...more);
      const corner = sharp(out)
        .extract({ left: width - 9, top: 0, width: 9, height: 9 })
        .greyscale();
      return (await corner.raw().toBuffer()).filter((value) => value > 0).length;
    };
    expect(await cornerLeft()).toBe(81);
    expect(await cornerLeft('--merge', 'off')).toBeLessThan(81);
    expect((await run(['segment', photo, ...clicks, '--merge', 'all'])).code).toBe(2);
    expect((await ok('models', 'show', model)).text).toContain('starting masks merged');
  });

  it.each(['sam', 'sam2'])('gives a box to a model of the family %s as it is', async (name) => {
    const model = fileURLToPath(new URL(`published/models/${name}`, import.meta.url));
    const ask = async (...more: string[]) =>
      JSON.parse((await ok('segment', photo, '--model', model, '--no-sis', ...more)).text) as {
        model: string;
        area: number;
        bbox: number[];
      };
    const boxed = await ask('--box', '150,60,300,240');
    expect(boxed.model).toBe(`${name} 1.0.0`);
    expect(boxed.area).toBeGreaterThan(0);
    const moved = await ask('--box', '250,60,400,240');
    expect(moved.bbox).not.toEqual(boxed.bbox);
    const corrected = await ask('--box', '150,60,300,240', '--click', '225,150,-');
    expect(corrected.area).toBeLessThan(boxed.area);
  });

  it('segments by a network that fuses prompts densely', async () => {
    const model = fileURLToPath(new URL('published/models/segnext', import.meta.url));
    const one = JSON.parse((await ok('segment', photo, '--model', model, '--click', '200,150')).text);
    expect(one.model).toBe('segnext 1.0.0');
    expect(one.area).toBeGreaterThan(0);
  });

  it('says why the mask of only negative clicks is empty', async () => {
    const { code, text, err } = await run(['segment', photo, '--click', '20,20,-']);
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ area: 0, bbox: null, polygons: [], notes: [expect.any(String)] });
    expect(err).toMatch(/^Note: Only negative clicks/);
  });
});

describe('clickmask evaluate', () => {
  it('prints the measures of a data set', async () => {
    const folder = join(work, 'DAVIS');
    mkdirSync(join(folder, 'img'), { recursive: true });
    mkdirSync(join(folder, 'gt'));
    for (const name of ['a', 'b']) {
      const disc = (fill: string) =>
        Buffer.from(`<svg width="120" height="90"><circle cx="60" cy="45" r="30" fill="${fill}"/></svg>`);
      const onto = (background: string, fill: string) =>
        sharp({ create: { width: 120, height: 90, channels: 3, background } }).composite([{ input: disc(fill) }]);
      await onto('#203040', '#f0e040')
        .jpeg()
        .toFile(join(folder, 'img', `${name}.jpg`));
      await onto('#000', '#fff')
        .threshold(128)
        .png()
        .toFile(join(folder, 'gt', `${name}.png`));
    }
    const { text } = await ok('evaluate', folder, '--layout', 'davis', '--max-clicks', '3', '--json');
    const report = JSON.parse(text);
    expect(report).toMatchObject({
      samples: 2,
      noc: {
        '0.80': expect.any(Number),
        '0.85': expect.any(Number),
        '0.90': expect.any(Number),
        '0.95': expect.any(Number),
      },
      nof: {
        '0.80': expect.any(Number),
        '0.85': expect.any(Number),
        '0.90': expect.any(Number),
        '0.95': expect.any(Number),
      },
      secondsPerClick: expect.any(Number),
    });
    expect(report.miou).toHaveLength(3);
    const limited = await ok('evaluate', folder, '--layout', 'davis', '--max-clicks', '2', '--limit', '1');
    expect(limited.text).toContain('1 samples');
    expect(limited.text).toContain('IoU      NoC   NoF');
  });
});

describe('clickmask bench', () => {
  it('prints stages and overhead', async () => {
    const { text } = await ok('bench', '--image', photo, '--repeat', '2', '--json');
    const report = JSON.parse(text);
    expect(report).toMatchObject({
      width: 451,
      height: 300,
      rounds: 2,
      overhead: expect.any(Number),
      outsideShare: expect.any(Number),
      maskAndRleMs: expect.any(Number),
    });
    for (const stage of ['decode', 'encode', 'predict', 'postprocess', 'network', 'cocoRle', 'click']) {
      expect(report.next[stage]).toMatchObject({ median: expect.any(Number), min: expect.any(Number) });
    }
    expect((await ok('bench', '--image', photo, '--repeat', '1')).text).toContain('overhead');
  });
});

describe('clickmask models', () => {
  const home = () => mkdtempSync(join(work, 'home-'));

  it('lists, explains and verifies what is installed', async () => {
    expect((await ok('models')).text).toMatch(/clickmask-small .*Apache-2.0.*embedded/);
    expect(JSON.parse((await ok('models', 'list', '--json')).text)).toHaveLength(1);
    expect((await ok('models', 'show', 'clickmask-small')).text).toContain('in   image float32[batch, 3, 384, 384]');
    expect(JSON.parse((await ok('models', 'show', tiny.folder, '--json')).text).name).toBe('tiny');
    expect((await ok('models', 'verify')).text).toMatch(/^valid /);
  });

  it('tells a damaged model', async () => {
    const broken = tinyModelFolder();
    writeFileSync(join(broken.folder, 'tiny-decoder.onnx'), 'damaged');
    const { code, text } = await run(['models', 'verify', broken.folder]);
    expect(code).toBe(1);
    expect(text).toMatch(/^INVALID .*\n.*tiny-decoder\.onnx/);
    broken.remove();
  });

  it('adds from a folder, once, and only with the right hash', async () => {
    const at = home();
    const wrong = await run(['models', 'add', tiny.folder, '--sha256', '0'.repeat(64)], at);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was installed') });
    expect(existsSync(join(at, 'models', 'tiny'))).toBe(false);
    const added = await run(['models', 'add', tiny.folder, '--sha256', tiny.sha256.toUpperCase()], at);
    expect(added).toMatchObject({ code: 0, err: '' });
    expect((await run(['models', 'verify', 'tiny'], at)).code).toBe(0);
    const used = await run(['segment', photo, '--click', '9,9', '--model', 'tiny'], at);
    expect(JSON.parse(used.text).model).toBe('tiny 1.0.0');
    expect((await run(['models'], at)).text).toContain('tiny 1.0.0');
    expect((await run(['models', 'add', tiny.folder, '--sha256', tiny.sha256], at)).code).toBe(1);
  });

  it('leaves nothing behind where a graph does not fit', async () => {
    const at = home();
    const broken = tinyModelFolder(({ graphs }) => (graphs.decoder.sha256 = 'f'.repeat(64)));
    const { code, err } = await run(['models', 'add', broken.folder, '--sha256', broken.sha256], at);
    expect(code).toBe(1);
    expect(err).toContain('tiny-decoder.onnx');
    expect(JSON.parse((await run(['models', '--json'], at)).text)).toHaveLength(1);
    broken.remove();
  });

  it('does not put anything in the place of the embedded model', async () => {
    const named = tinyModelFolder((manifest) => (manifest.name = 'clickmask-small'));
    expect((await run(['models', 'add', named.folder, '--sha256', named.sha256], home())).code).toBe(1);
    named.remove();
  });

  describe('from a server', () => {
    const server = createServer((request, response) => {
      const name = /^\/models\/tiny\/([a-z.-]+)$/.exec(request.url ?? '')?.[1];
      const file = name === undefined ? '' : join(tiny.folder, name);
      if (!existsSync(file)) response.writeHead(404).end('none');
      else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(readFileSync(file));
    });
    let base = '';
    beforeAll(async () => {
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => void server.close());

    it('installs with the right hash', async () => {
      const at = home();
      const { code, text } = await run(['models', 'add', `${base}/models/tiny`, '--sha256', tiny.sha256], at);
      expect(code).toBe(0);
      expect(text).toMatch(/^Installed tiny 1\.0\.0 in /);
      expect((await run(['models', 'verify', 'tiny'], at)).code).toBe(0);
    });

    it('refuses a wrong hash, a model that is not there, and a server that is not', async () => {
      const at = home();
      for (const [url, hash] of [
        [`${base}/models/tiny/`, '0'.repeat(64)],
        [`${base}/models/none`, tiny.sha256],
        ['http://127.0.0.1:9/models/tiny', tiny.sha256],
      ]) {
        const { code, out, err } = await run(['models', 'add', url, '--sha256', hash], at);
        expect(code).toBe(1);
        expect(out).toHaveLength(0);
        expect(err.trim().split('\n')).toHaveLength(1);
      }
      expect(existsSync(join(at, 'models', 'tiny'))).toBe(false);
    });
  });
});
