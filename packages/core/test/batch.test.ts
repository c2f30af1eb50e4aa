import { execFile, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../dist/bin/clickmask.js', import.meta.url));
const photos = fileURLToPath(new URL('../../../examples/photos/', import.meta.url));
if (!existsSync(bin)) throw new Error('The command line is not built: npm run build.');

let work = '';
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'clickmask-batch-'));
  for (const name of ['cat.jpg', 'coffee.jpg']) copyFileSync(join(photos, name), join(work, name));
  const clicks =
    'picture,x,y,label,object,class\ncat.jpg,200,160,+,1,cat\ncoffee.jpg,300,200,,2,cup\ncoffee.jpg,520,60,,3,table\n';
  writeFileSync(join(work, 'clicks.csv'), clicks);
  mkdirSync(join(work, 'odd'));
  writeFileSync(join(work, 'odd/odd.json'), '[[[]]]');
  writeFileSync(join(work, 'odd/a.png'), '');
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A line that batch prints. */
interface Line {
  readonly picture: string;
  readonly objects: readonly { readonly area: number }[];
  readonly error?: { readonly code: string };
}

interface Run {
  readonly code: number;
  readonly lines: readonly Line[];
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], input = ''): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [bin, ...args], { cwd: work, maxBuffer: 2 ** 26 }, (error, out, err) => {
      const code = error === null ? 0 : Number(error.code);
      const lines =
        args[0] === 'batch' && code < 2
          ? out
              .split('\n')
              .filter(Boolean)
              .map((line) => JSON.parse(line) as Line)
          : [];
      resolve({ code, lines, out, err });
    });
    child.stdin?.end(input);
  });
}

const json = (...path: string[]) => JSON.parse(readFileSync(join(work, ...path), 'utf8'));

describe('clickmask batch', () => {
  it('segments images, several objects on one, and writes several data sets', async () => {
    const { code, lines, err } = await run(['batch', 'clicks.csv', '--out', 'a', '--format', 'coco,yolo-seg']);
    expect(code).toBe(0);
    expect(lines.map(({ picture }) => picture).sort()).toEqual(['cat.jpg', 'coffee.jpg']);
    const coffee = lines.find(({ picture }) => picture === 'coffee.jpg') as Line;
    expect(coffee).toMatchObject({
      width: 600,
      height: 400,
      objects: [{ object: '2', class: 'cup' }, { class: 'table' }],
    });
    expect(coffee.objects[0].area).toBeGreaterThan(1000);
    const { images, categories, annotations } = json('a', 'coco', 'annotations.json');
    expect(images.map((image: { file_name: string }) => image.file_name)).toEqual(['cat.jpg', 'coffee.jpg']);
    expect(categories.map(({ name }: { name: string }) => name)).toEqual(['cat', 'cup', 'table']);
    expect(annotations[1].area).toBe(coffee.objects[0].area);
    expect(readdirSync(join(work, 'a', 'yolo-seg', 'labels'))).toEqual(['cat.txt', 'coffee.txt']);
    expect(err).toMatch(/2 images, 3 objects in .* a (second|minute); 0 failed/);

    // Nothing is left to do, and what it wrote itself may be written again.
    const again = await run(['batch', 'clicks.csv', '--out', 'a', '--format', 'coco,yolo-seg', '--quiet']);
    expect([again.code, again.out, again.err]).toEqual([0, '', '']);
    expect((await run(['batch', 'clicks.csv', '--out', 'a', '--threshold', '0.6'])).code).toBe(2);
  });

  it('goes on after kill -9, and loses at most the images in hand', async () => {
    const many = Array.from({ length: 12 }, (_, i) => `${i}.jpg`);
    mkdirSync(join(work, 'many'));
    for (const name of many) copyFileSync(join(work, 'cat.jpg'), join(work, 'many', name));
    const prompts = many
      .map((picture) => `${JSON.stringify({ picture, clicks: [[200, 160]], class: 'cat' })}\n`)
      .join('');
    writeFileSync(join(work, 'many', 'prompts.jsonl'), prompts);
    const args = ['batch', 'many/prompts.jsonl', '--out', 'b', '--workers', '2'];
    const child = spawn(process.execPath, [bin, ...args], { cwd: work, stdio: ['ignore', 'pipe', 'ignore'] });
    const told = await new Promise<number>((resolve) => {
      let text = '';
      child.stdout.on('data', (part: Buffer) => {
        text += part.toString();
        if (text.split('\n').length > 4) child.kill('SIGKILL');
      });
      child.once('close', () => resolve(text.split('\n').length - 1));
    });
    const again = await run(args);
    expect(again.code).toBe(0);
    expect(again.lines.length).toBeLessThanOrEqual(12 - told);
    expect(json('b', 'annotations.json').annotations).toHaveLength(12);
  });

  it('tells of images that fail and goes on, or stops', async () => {
    const rows =
      'picture,x,y\nno.jpg,1,1\ncat.jpg,9000,10\nclicks.csv,1,1\nhttp://127.0.0.1/a.jpg,1,1\ncoffee.jpg,300,200\n';
    const bad = await run(['batch', '-', '--out', 'c', '--workers', '1'], rows);
    expect(bad.code).toBe(1);
    expect(bad.lines.map(({ picture, error }) => [picture, error?.code])).toEqual([
      ['no.jpg', 'not-found'],
      ['cat.jpg', 'bad-click'],
      ['clicks.csv', 'unsupported-image'],
      ['http://127.0.0.1/a.jpg', 'request-failed'],
      ['coffee.jpg', undefined],
    ]);
    expect(json('c', 'annotations.json').images).toHaveLength(1);
    const stopped = await run(['batch', '-', '--out', 'd', '--workers', '1', '--on-error', 'stop'], rows);
    expect([stopped.code, stopped.lines.length]).toEqual([1, 1]);
    expect(stopped.err).toContain('4 images left');
    expect(existsSync(join(work, 'd', 'annotations.json'))).toBe(false);
  });

  it('fetches images, from private addresses only where that is allowed', async () => {
    const server = createServer((_, response) => response.end(readFileSync(join(work, 'cat.jpg'))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/p/cat.jpg`;
    const line = JSON.stringify({ picture: url, box: [400, 290, 5, 5] });
    const { code, lines } = await run(['batch', '-', '--out', 'e', '--format', 'masks', '--private-addresses'], line);
    server.close();
    expect([code, lines[0].error]).toEqual([0, undefined]);
    expect(json('e', 'masks.json')[0].picture).toBe(url);
  });

  it.each([
    ['no folder', ['batch', 'clicks.csv']],
    ['a folder of others', ['batch', 'clicks.csv', '--out', '.']],
    ['another format', ['batch', 'clicks.csv', '--out', 'x', '--format', 'excel']],
    ['a pattern that nothing fits', ['batch', 'no*.csv', '--out', 'x']],
    ['a data set and no place', ['convert', 'clicks.csv', '--format', 'coco']],
    ['JSON of no data set, beside images', ['convert', 'odd/odd.json', 'x', '--format', 'coco']],
    ['what is no data set', ['convert', 'clicks.csv', 'x', '--format', 'coco']],
  ])('is refused with %s', async (_, args) => {
    const { code, err } = await run(args);
    expect([code, err.split('\n')[0]]).toEqual([2, expect.stringMatching(/^clickmask \w+: .*\.$/)]);
    expect(existsSync(join(work, 'x'))).toBe(false);
  });
});

describe('clickmask convert', () => {
  it('goes there and back, says what was lost, and overwrites nothing', async () => {
    const box = (x: number) => [[x, 10, x + 50, 10, x + 50, 90, x, 90]];
    const source = {
      images: [{ id: 1, file_name: 'cat.jpg', width: 451, height: 300 }],
      categories: [
        { id: 2, name: 'unused' },
        { id: 5, name: 'cat' },
      ],
      annotations: [10, 80].map((x, i) => ({ id: i, image_id: 1, category_id: 5, segmentation: box(x), score: 0.5 })),
    };
    writeFileSync(join(work, 'source.json'), JSON.stringify(source));
    const there = await run(['convert', 'source.json', 'yolo', '--format', 'yolo-seg', '--json']);
    expect(there.code).toBe(0);
    expect(JSON.parse(there.out)).toMatchObject({ from: 'coco', to: 'yolo-seg', pictures: 1, objects: 2, files: 2 });
    expect(JSON.parse(there.out).writeNotes).toMatchObject([{ code: 'scores-lost', times: 2, pictures: 1 }]);
    const back = await run(['convert', 'yolo', 'back.zip', '--format', 'coco', '--pictures', '.']);
    expect([back.code, back.out]).toEqual([0, expect.stringContaining('nothing was lost')]);
    const last = await run(['convert', 'back.zip', 'back', '--format', 'coco']);
    expect(last.code).toBe(0);
    const { categories, annotations } = json('back', 'annotations.json');
    expect(categories.map(({ name }: { name: string }) => name)).toEqual(['unused', 'cat']);
    expect(annotations.map(({ bbox, area }: { bbox: number[]; area: number }) => [bbox, area])).toEqual([
      [[10, 10, 50, 80], 4000],
      [[80, 10, 50, 80], 4000],
    ]);
    expect((await run(['convert', 'source.json', 'back', '--format', 'coco'])).code).toBe(2);
    expect((await run(['convert', 'source.json', 'back.zip', '--format', 'coco'])).code).toBe(2);
  });
});
