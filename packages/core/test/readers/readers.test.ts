import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATASET_FORMATS, type LabeledPicture, type Note } from '../../src/datasets/index.js';
import { area, type MaskRuns, maskFromRuns, runsFromMask } from '../../src/mask/index.js';
import { arbitraryMask, linesOf } from '../arbitrary-masks.js';

/**
 * Data sets read by other programs: pycocotools, LabelMe, OpenCV as Ultralytics uses it, scikit-image, Pillow, Datumaro. They are
 * looked for in a virtual environment, `.cache/readers` or the one CLICKMASK_READERS_VENV names; made by
 * `python3 -m venv .cache/readers && .cache/readers/bin/pip install -r packages/core/test/readers/requirements.txt`.
 */
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const python = join(process.env.CLICKMASK_READERS_VENV ?? join(root, '.cache/readers'), 'bin/python');
const script = fileURLToPath(new URL('readers.py', import.meta.url));
const isThere = existsSync(python);

interface Report {
  readonly format: string;
  readonly masks?: number;
  readonly differing?: number;
  readonly worstPixels?: number;
  readonly error?: string;
}

let folder = '';
const reports = new Map<string, Report>();
/** Objects whose parts YOLO's writer says it joined, and the pixels of the lines. */
const joined: number[] = [];

/** 300 masks that do not overlap, in images of one, two or three. */
function makePictures(): LabeledPicture[] {
  const pictures: LabeledPicture[] = [];
  let count = 0;
  for (const [i, mask] of fc.sample(arbitraryMask(48), { numRuns: 600, seed: 7 }).entries()) {
    if (count === 300) break;
    const runs = runsFromMask(mask);
    if (area(runs) === 0) continue;
    // Two thirds of the images have a second or third object, in stripes of the first.
    const layers = i % 3 === 0 ? [runs] : stripes(runs, (i % 3) + 1);
    const objects = layers.map((layer, k) => ({ runs: layer, className: k === 1 ? 'person' : 'car' }));
    count += objects.length;
    pictures.push({ name: `p${i}.jpg`, width: mask.width, height: mask.height, objects });
  }
  return pictures;
}

function stripes(runs: MaskRuns, count: number): MaskRuns[] {
  const mask = maskFromRuns(runs);
  return Array.from({ length: count }, (_, k) =>
    runsFromMask({
      ...mask,
      data: mask.data.map((value, i) => (Math.floor((i % mask.width) / 7) % count === k ? value : 0)),
    }),
  ).filter((layer) => area(layer) > 0);
}

beforeAll(async () => {
  if (!isThere) return;
  folder = mkdtempSync(join(tmpdir(), 'clickmask-readers-'));
  const pictures = makePictures();
  const truth = pictures.map(({ objects, ...picture }) => ({
    ...picture,
    objects: objects.map(({ runs, className }) => ({ class: className, pixels: linesOf(maskFromRuns(runs)) })),
  }));
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
  const onNote = ({ code, pixels }: Note) => void (code === 'parts-joined' && joined.push(pixels as number));
  for (const format of DATASET_FORMATS) {
    for await (const { path, content } of format.write(pictures, { onNote })) {
      const target = join(folder, format.name, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
  }
  const { stdout } = await promisify(execFile)(python, [script, folder], { maxBuffer: 2 ** 24 });
  for (const line of stdout.trim().split('\n')) {
    const report = JSON.parse(line) as Report;
    reports.set(report.format, report);
  }
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it
  .skipIf(!isThere)
  .each([
    'coco',
    'coco-panoptic',
    'labelme',
    'voc',
    'voc by datumaro',
    'cityscapes',
    'label-map',
    'via',
    'svg',
    'masks',
    'results',
  ])('%s is read by another program to the pixel', (name) => {
  expect(reports.get(name)).toEqual({ format: name, masks: expect.any(Number), differing: 0, worstPixels: 0 });
  expect(reports.get(name)?.masks).toBeGreaterThan(200);
});

it.skipIf(!isThere)('yolo-seg is read to the pixel but for the lines between parts, of which it tells', () => {
  const { masks = 0, differing, worstPixels } = reports.get('yolo-seg') as Report;
  expect(masks).toBeGreaterThan(200);
  expect(differing).toBe(joined.length);
  // Where a line lies between two pixels, OpenCV may take the other.
  expect(Math.abs((worstPixels as number) - Math.max(...joined))).toBeLessThanOrEqual(8);
});
