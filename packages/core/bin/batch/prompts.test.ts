import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelMe, masks } from '../../src/datasets.js';
import { area, rectRuns } from '../../src/mask/index.js';
import { createInputReader } from '../read-input.js';
import { toPrompt } from './prompts.js';
import { type PromptOptions, readPrompts } from './read-prompts.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickmask-prompts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(name: string, content: string | object, options: Partial<PromptOptions> = {}) {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return (await readPrompts(join(folder, name), createInputReader(), { use: 'auto', ...options })).pictures;
}

const plus = (x: number, y: number) => ({ x, y, label: 'positive' });
const minus = (x: number, y: number) => ({ x, y, label: 'negative' });

describe('prompts as CSV', () => {
  const cat = [{ picture: 'a.jpg', objects: [{ className: 'cat', id: '7', clicks: [plus(1.5, 2), minus(3, 4)] }] }];

  it.each([
    ['commas', 'picture,x,y,label,object,class\na.jpg,1.5,2,positive,7,cat\na.jpg,3,4,negative,7,cat\n'],
    [
      'semicolons, a byte order mark and CRLF',
      '\ufeffpicture;x;y;label;object;class\r\na.jpg;1.5;2;1;7;cat\r\na.jpg;3;4;0;7;cat',
    ],
    [
      'tabs, in another order',
      'class\tobject\tlabel\ty\tx\tPicture\ncat\t7\t+\t2\t1.5\ta.jpg\ncat\t7\t-\t4\t3\ta.jpg\n',
    ],
    ['no names of columns', 'a.jpg,1.5,2,,7,cat\n\na.jpg,3,4,-1,7,cat\n'],
  ])('come with %s', async (_, text) => {
    expect(await read('p.csv', text)).toEqual(cat);
  });

  it('make one object of each class where none is named, and hold boxes and quoted names', async () => {
    const text =
      'picture,x,y,class,x1,y1,x2,y2\n"a, b.jpg",1,2,cat,,,,\n"a, b.jpg",,,dog,9,8,1,2\n"a, b.jpg",3,4,cat,,,,\n';
    expect(await read('p.csv', text)).toEqual([
      {
        picture: 'a, b.jpg',
        objects: [
          { className: 'cat', clicks: [plus(1, 2), plus(3, 4)] },
          { className: 'dog', clicks: [], box: { x1: 9, y1: 8, x2: 1, y2: 2 } },
        ],
      },
    ]);
  });

  it.each([
    ['no image', 'picture,x,y\n,1,2\n', /line 2/],
    ['words for numbers', 'picture,x,y\na.jpg,1,2\na.jpg,one,2\n', /line 3.*"one"/],
    ['another label', 'picture,x,y,label\na.jpg,1,2,maybe\n', /"maybe"/],
    ['nothing to click', 'picture,x,y\na.jpg,,\n', /line 2/],
    ['half a click', 'picture,x,y\na.jpg,1,\n', /line 2/],
    ['other columns', 'file,left,top\na.jpg,1,2\n', /picture,x,y,label,object,class/],
    ['an open quote', 'picture,x,y\n"a.jpg,1,2\n', /no table/],
  ])('are refused with %s', async (_, text, message) => {
    await expect(read('p.csv', text)).rejects.toThrow(message);
  });
});

describe('prompts as JSON', () => {
  it('come a line an image, in every form that a click has', async () => {
    const lines = [
      { picture: 'a.jpg', clicks: [[1, 2], [3, 4, '-'], { x: 5, y: 6, label: 'positive' }], class: 'cat' },
      { picture: 'b.jpg', objects: [{ click: [1, 2] }, { box: [1, 2, 3, 4], object: 5 }] },
      { picture: 'a.jpg', click: { x: 7, y: 8, label: 0 }, class: 'cat' },
    ];
    expect(await read('p.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))).toEqual([
      { picture: 'a.jpg', objects: [{ className: 'cat', clicks: [plus(1, 2), minus(3, 4), plus(5, 6), minus(7, 8)] }] },
      {
        picture: 'b.jpg',
        objects: [
          { className: 'object', clicks: [plus(1, 2)] },
          { className: 'object', clicks: [], id: '5', box: { x1: 1, y1: 2, x2: 3, y2: 4 } },
        ],
      },
    ]);
  });

  it.each([
    ['no JSON', '{"picture"', /line 1/],
    ['no image', '{"clicks": [[1, 2]]}', /image in line 1/],
    ['nothing said', '{"picture": "a.jpg"}', /clicks, a box or an rle/],
    ['a click of one number', '{"picture": "a.jpg", "clicks": [[1]]}', /clicks\[0\] in line 1/],
    ['NaN', '{"picture": "a.jpg", "clicks": [["NaN", 1]]}', /clicks\[0\] in line 1/],
    ['a broken mask', '{"picture": "a.jpg", "rle": {"size": [1, 1], "counts": "x"}}', /./],
  ])('is refused with %s', async (_, text, message) => {
    await expect(read('p.jsonl', text)).rejects.toThrow(message);
  });

  it('is COCO: points, keypoints, boxes, masks', async () => {
    const file = {
      images: [{ id: 3, file_name: 'a.jpg', width: 20, height: 10 }],
      categories: [{ id: 9, name: 'cat' }],
      annotations: [
        {
          image_id: 3,
          category_id: 9,
          points: [
            [1, 2],
            [3, 4, '-'],
          ],
        },
        { image_id: 3, category_id: 9, keypoints: [5, 6, 2, 0, 0, 0, 7, 8, 1], bbox: [1, 1, 2, 2] },
        { image_id: 3, category_id: 9, bbox: [1, 2, 3, 4], segmentation: [[0, 0, 5, 0, 5, 5]] },
        { image_id: 3, category_id: 9, segmentation: [[0, 0, 5, 0, 5, 5, 0, 5]], iscrowd: 0 },
      ],
    };
    const [{ picture, objects }] = await read('c.json', file);
    expect(picture).toBe('a.jpg');
    expect(objects.map(({ clicks, box, mask }) => [clicks, box, mask?.size])).toEqual([
      [[plus(1, 2), minus(3, 4)], undefined, undefined],
      [[plus(5, 6)], undefined, undefined],
      [[], { x1: 1, y1: 2, x2: 4, y2: 6 }, undefined],
      [[], undefined, [10, 20]],
    ]);
    const boxes = await read('c.json', { ...file, annotations: file.annotations.slice(2, 3) }, { use: 'masks' });
    expect(boxes[0].objects[0].box).toBeUndefined();
    expect(boxes[0].objects[0].mask).toBeDefined();
  });

  it('is LabelMe: points, boxes, masks, groups, and points beside objects', async () => {
    const shape = (type: string, points: number[][], more = {}) => ({
      label: 'cat',
      points,
      shape_type: type,
      ...more,
    });
    const file = {
      imagePath: 'a.jpg',
      imageWidth: 20,
      imageHeight: 10,
      shapes: [
        shape('point', [[1, 2]], { group_id: 1 }),
        shape('point', [[3, 4]], { group_id: 1, flags: { negative: true } }),
        shape('rectangle', [
          [9, 8],
          [1, 2],
        ]),
        shape('point', [[5, 6]], { description: 'negative' }),
        shape(
          'polygon',
          [
            [1, 1],
            [5, 1],
            [5, 5],
          ],
          { label: 'dog', description: 'Rex' },
        ),
      ],
    };
    const [{ objects }] = await read('a.json', file);
    expect(objects.map(({ className, id, clicks, box, mask }) => [className, id, clicks, box, mask?.size])).toEqual([
      ['cat', undefined, [plus(1, 2), minus(3, 4), minus(5, 6)], undefined, undefined],
      ['cat', undefined, [minus(5, 6)], { x1: 1, y1: 2, x2: 9, y2: 8 }, undefined],
      ['dog', 'Rex', [], undefined, [10, 20]],
    ]);
  });
});

describe('prompts from masks', () => {
  const runs = rectRuns({ width: 30, height: 20 }, { x: 4, y: 5, width: 9, height: 7 });
  const picture = { name: 'a.jpg', width: 30, height: 20, objects: [{ runs, className: 'cat' }] };

  it.each([labelMe, masks])('of $name are refined from a click in their middle, or boxed', async (format) => {
    for await (const { path, content } of format.write([picture])) {
      const target = join(folder, path.replaceAll('/', '-'));
      if (path.endsWith('masks.json')) continue;
      writeFileSync(target, content);
    }
    const reader = createInputReader();
    const refined = await readPrompts(folder, reader, { use: 'auto' });
    const prompt = toPrompt(refined.pictures[0].objects[0]);
    expect(area(prompt.mask as typeof runs)).toBe(63);
    expect(prompt.clicks).toEqual([{ x: 7.5, y: 8.5, label: 'positive' }]);
    const boxed = await readPrompts(folder, reader, { use: 'boxes' });
    expect(boxed.pictures[0].objects[0]).toMatchObject({ box: { x1: 4, y1: 5, x2: 13, y2: 12 }, clicks: [] });
  });

  it('are looked for in vain where there is nothing', async () => {
    const reader = createInputReader();
    await expect(readPrompts(folder, reader, { use: 'auto' })).rejects.toThrow(/JSON lines, CSV, COCO/);
    await expect(readPrompts(join(folder, 'no'), reader, { use: 'auto' })).rejects.toThrow(/no such file/);
    await expect(readPrompts(join(folder, '*.csv'), reader, { use: 'auto' })).rejects.toThrow(/No file matches/);
    await expect(readPrompts('http://127.0.0.1:9/p.csv', reader, { use: 'auto' })).rejects.toThrow(/public address/);
  });
});
