import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Segmenter } from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import { difference, maskIou, rectRuns } from '@clickmask/core/masks';
import { createSegmenter } from '@clickmask/core/node';
import {
  type CvatShape,
  createFileMemory,
  initBundle,
  type RefineChange,
  type RefineOptions,
  readReply,
  refineJob,
  undoRefine,
} from '@clickmask/cvat-serverless';
import * as fc from 'fast-check';
import { type Browser, chromium } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { createFakeSegmenter } from '../../packages/cvat-serverless/test/support/fake-segmenter.js';
import { deepDisc } from '../../packages/cvat-serverless/test/support/pictures.js';
import { findChromium } from '../../scripts/find-browsers.mjs';
import { type AnnotationPage, openAnnotationPage } from './annotation-page.js';
import { type CvatServer, namedCvat, type UploadedFile } from './cvat-server.js';
import { type NuclioDashboard, startDashboard } from './nuclio-dashboard.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const artifacts = join(root, 'test-results/cvat');
const photo = (name: string): UploadedFile => ({
  name,
  bytes: readFileSync(join(root, 'examples/photos', name)),
});

const cvat = namedCvat();
const missing = 'CVAT_URL, CVAT_USERNAME and CVAT_PASSWORD name no running CVAT';
const work = mkdtempSync(join(tmpdir(), 'clickmask-cvat-'));
const tasks: number[] = [];
let dashboard: NuclioDashboard | undefined;

/** A second of video: the cat, seen by a camera that moves. */
function makeVideo(): UploadedFile | null {
  const path = join(work, 'cat.mp4');
  const picture = join(root, 'examples/photos/cat.jpg');
  const filter = "crop=w='floor(iw*0.8/2)*2':h='floor(ih*0.8/2)*2':x='n*3':y=0,format=yuv420p";
  const args = ['-v', 'error', '-y', '-loop', '1', '-i', picture, '-vf', filter, '-frames:v', '10', '-r', '10', path];
  try {
    execFileSync('ffmpeg', args);
  } catch {
    return null;
  }
  return { name: 'cat.mp4', bytes: readFileSync(path) };
}

function needsCvat(context: TestContext): void {
  if (cvat === null) context.skip(missing);
}

/** In the order in which they were made; the server has none. */
async function shapesIn(job: number): Promise<readonly CvatShape[]> {
  const { shapes } = await (cvat as CvatServer).client.jobs.annotations(job);
  return [...shapes].sort((a, b) => (a.id as number) - (b.id as number));
}

/** A new task of images. */
async function makeJob(files: readonly UploadedFile[]): Promise<{ task: number; job: number }> {
  const made = await (cvat as CvatServer).createTask(`clickmask ${files[0].name}`, files);
  tasks.push(made.task);
  return made;
}

beforeAll(async () => {
  if (cvat === null) return;
  mkdirSync(artifacts, { recursive: true });
  const port = process.env.CVAT_NUCLIO_PORT;
  // Without it, the function was deployed before.
  if (port === undefined) return;
  const { version } = await cvat.client.about();
  const folder = join(work, 'function');
  await initBundle({ out: folder, cvat: version });
  dashboard = await startDashboard(folder, Number(port));
}, 120_000);

afterAll(async () => {
  for (const task of tasks) await cvat?.deleteTask(task).catch(() => {});
  await dashboard?.close();
  rmSync(work, { recursive: true, force: true });
});

it('is found by check to fit, and not with another reply', async (context) => {
  if (cvat === null) return context.skip(missing);
  if (dashboard === undefined) return context.skip('the function was deployed before: its folder is not here');
  const program = join(root, 'packages/cvat-serverless/dist/bin/clickmask-cvat.js');
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [program, 'check', ...args, '--cvat-url', cvat.url]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  expect(await run(join(work, 'function'))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing is wrong.'),
  });
  const other = join(work, 'other-function');
  const { release } = JSON.parse((await run('--json')).stdout) as { release: { replies: string[] } };
  const wrong = release.replies.includes('shapes') ? 'mask-bounds' : 'shapes';
  await initBundle({ out: other, reply: wrong as 'shapes', name: 'other' });
  const { code, stdout } = await run(other);
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`error: CLICKMASK_REPLY: CVAT .* cannot read ${wrong}`));
  expect(stdout).toMatch(/CVAT lists no other, but .*clickmask/);
});

describe('a whole CVAT, in a browser', { timeout: 300_000 }, () => {
  let browser: Browser | undefined;
  let page: AnnotationPage;

  beforeAll(async () => {
    const executablePath = findChromium();
    if (cvat === null || executablePath === null) return;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 120_000);
  beforeEach(async () => {
    if (cvat !== null && browser !== undefined) page = await openAnnotationPage(browser, cvat);
  }, 180_000);
  afterEach(async () => {
    await page?.page.close();
  });
  afterAll(async () => {
    await browser?.close();
  });

  const needsBrowser = (context: TestContext): void => {
    needsCvat(context);
    if (browser === undefined) context.skip('there is no Chromium');
  };
  const look = (name: string) => page.page.screenshot({ path: join(artifacts, `${name}.png`) });
  /** The saved shape is the function's last reply, pixel by pixel. */
  const expectLastReply = (shape: CvatShape, size: { width: number; height: number }): void => {
    const { runs } = readReply(page.calls[page.calls.length - 1].reply, size);
    expect(maskIou(cvatMask.parse([...shape.points], { size }), runs)).toBe(1);
  };

  it('clicks, clicks on the background, takes the mask, saves it, and finds it stored', async (context) => {
    needsBrowser(context);
    const { task, job } = await makeJob([photo('cat.jpg')]);
    await page.openJob(task, job);
    await page.interact();
    await page.click([0.5, 0.5]);
    await look('click');
    await page.click([0.05, 0.05], { right: true });
    await look('right-click');
    await page.done();
    await page.save();
    await look('saved');
    const [shape, ...others] = await shapesIn(job);
    expect(others).toEqual([]);
    expect(shape).toMatchObject({ type: 'mask', frame: 0, source: 'semi-auto' });
    expect(page.calls.map(({ sent }) => [sent.pos_points.length, sent.neg_points.length])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    const [meta] = (await (cvat as CvatServer).client.jobs.meta(job)).frames;
    expectLastReply(shape, meta);
    expect(await page.notes()).toEqual([]);
  });

  it('makes a mask of a box alone, and of a box and a click', async (context) => {
    needsBrowser(context);
    const { task, job } = await makeJob([photo('cat.jpg')]);
    const [meta] = (await (cvat as CvatServer).client.jobs.meta(job)).frames;
    await page.openJob(task, job);
    await page.interact({ box: true });
    await page.drawBox([0.2, 0.1], [0.85, 0.9]);
    await look('box');
    expect(page.calls[0].sent).toMatchObject({ pos_points: [], neg_points: [] });
    expect(page.calls[0].sent.obj_bbox).toHaveLength(2);
    await page.done();
    await page.save();
    const [alone] = await shapesIn(job);
    expectLastReply(alone, meta);

    await page.interact({ box: true });
    await page.drawBox([0.2, 0.1], [0.85, 0.9]);
    await page.click([0.5, 0.5]);
    await look('box-and-click');
    expect(page.calls[page.calls.length - 1].sent).toMatchObject({ pos_points: [expect.anything()] });
    await page.done();
    await page.save();
    const shapes = await shapesIn(job);
    expect(shapes).toHaveLength(2);
    expectLastReply(shapes.find(({ id }) => id !== alone.id) as CvatShape, meta);
    expect(await page.notes()).toEqual([]);
  });

  it('stays silent at a click on the background alone, and converts a mask to a polygon', async (context) => {
    needsBrowser(context);
    const { task, job } = await makeJob([photo('cat.jpg')]);
    await page.openJob(task, job);
    await page.interact({ polygons: true });
    // This user interface asks for nothing until there is a positive click or a box.
    await page.click([0.05, 0.05], { right: true, answered: false });
    await look('background-first');
    expect(page.calls).toEqual([]);
    expect(await page.notes()).toEqual([]);
    await page.click([0.5, 0.5]);
    await look('polygon');
    await page.done();
    await page.save();
    const [shape, ...others] = await shapesIn(job);
    expect(others).toEqual([]);
    expect(shape.type).toBe('polygon');
    expect(shape.points.length).toBeGreaterThan(16);
    expect(await page.notes()).toEqual([]);
  });
});

describe('refining jobs of a whole CVAT', { timeout: 180_000 }, () => {
  let segmenter: Segmenter;
  beforeAll(async () => {
    if (cvat !== null) segmenter = await createSegmenter();
  });
  afterAll(async () => {
    await segmenter?.close();
  });

  const box = (frame: number, label_id: number, points: readonly number[]): CvatShape => ({
    type: 'rectangle',
    frame,
    label_id,
    points,
    occluded: false,
    z_order: 0,
    group: 0,
    source: 'manual',
    attributes: [],
  });

  it('answers deep frames as CVAT stores them', async (context) => {
    needsCvat(context);
    if (dashboard === undefined) return context.skip('the function was deployed before');
    const { client } = cvat as CvatServer;
    const { task, job } = await makeJob([{ name: 'deep.tiff', bytes: await deepDisc() }]);
    const [{ width, height }] = (await client.jobs.meta(job)).frames;
    const reply = await client.functions.call(dashboard.id, {
      task,
      frame: 0,
      pos_points: [[120, 80]],
      neg_points: [],
    });
    const { area } = readReply(reply, { width, height });
    expect(Math.abs(area / (Math.PI * 40 ** 2) - 1)).toBeLessThan(0.05);
  });

  it('makes masks of boxes, replaces what nobody changed, and brings it back', async (context) => {
    needsCvat(context);
    const { client, updateShapes } = cvat as CvatServer;
    const { job } = await makeJob([photo('cat.jpg'), photo('coffee.jpg')]);
    const [{ id: label }, { id: other }] = await client.jobs.labels(job);
    const { frames } = await client.jobs.meta(job);
    const inner = (frame: number) => {
      const { width, height } = frames[frame];
      return [0.2 * width, 0.1 * height, 0.8 * width, 0.9 * height];
    };
    await client.jobs.createShapes(job, [
      box(0, label, inner(0)),
      box(0, other, inner(0)),
      { ...box(0, label, inner(0)), group: 5 },
      box(1, label, inner(1)),
    ]);
    const before = await shapesIn(job);
    const url = (cvat as CvatServer).url;
    const memory = createFileMemory(join(work, `job-${job}.jsonl`), url, job);
    const run = (options: Partial<RefineOptions> = {}) =>
      refineJob({ client, segmenter, job, memory, minOverlap: 0, ...options });

    expect(await run()).toMatchObject({ saved: 4, deleted: 0, failed: [] });
    expect(await run()).toMatchObject({ saved: 0, skipped: 4 });
    const masks = (await shapesIn(job)).filter(({ type }) => type === 'mask');
    expect(masks).toHaveLength(4);

    // A person turns one box, gives another one a new label, and erases a part of the mask of a third one.
    await updateShapes(job, [
      { ...before[0], rotation: 20 },
      { ...before[1], label_id: label },
    ]);
    const third = masks.find(({ group }) => group === 5) as CvatShape;
    const { width, height } = frames[0];
    const size = { width, height };
    const erased = rectRuns(size, { x: 0, y: 0, width: Math.floor(width / 2), height });
    const rest = difference(cvatMask.parse([...third.points], { size }), erased);
    await updateShapes(job, [{ ...third, points: cvatMask.serialize(rest) as number[] }]);

    const replaced = await run({ replace: true });
    expect(replaced).toMatchObject({ saved: 0, deleted: 1 });
    expect(replaced.changed).toHaveLength(3);
    const left = await shapesIn(job);
    expect(left.filter(({ type }) => type === 'rectangle').map(({ id }) => id)).toEqual(
      before.slice(0, 3).map(({ id }) => id),
    );
    expect(left.filter(({ type }) => type === 'mask')).toHaveLength(4);

    expect(await undoRefine({ client, job, memory })).toMatchObject({ restored: 1 });
    const back = (await shapesIn(job)).filter(({ type }) => type === 'rectangle');
    expect(back).toHaveLength(4);
    expect(back.find(({ frame }) => frame === 1)?.points).toEqual(before[3].points);
    expect(await run()).toMatchObject({ saved: 0 });
  });

  it('loses nothing that was edited, and makes nothing twice, whatever is edited', async (context) => {
    needsCvat(context);
    const { client, call, updateShapes } = cvat as CvatServer;
    const { job } = await makeJob([photo('cat.jpg')]);
    const [{ id: label }, { id: other }] = await client.jobs.labels(job);
    const [{ width, height }] = (await client.jobs.meta(job)).frames;
    const shapesOf = () => shapesIn(job);
    const edits = {
      rotation: () => ({ rotation: 15 }),
      // The other label has no attributes.
      label: () => ({ label_id: other, attributes: [] }),
      occluded: () => ({ occluded: true }),
      points: ({ points }: CvatShape) => ({ points: points.map((value, i) => (i === 0 ? value + 1 : value)) }),
      attribute: ({ attributes }: CvatShape) => ({ attributes: attributes.map((one) => ({ ...one, value: 'true' })) }),
    };
    const boxes = fc.array(fc.nat(2), { minLength: 1, maxLength: 5 });
    const steps = fc.array(
      fc.oneof(
        fc.record({ replace: fc.boolean() }),
        fc.record({
          target: fc.nat(20),
          edit: fc.constantFrom(...Object.keys(edits)) as fc.Arbitrary<keyof typeof edits>,
        }),
        fc.record({ erase: fc.nat(20) }),
        fc.constant({ undo: true as const }),
      ),
      { minLength: 2, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(boxes, steps, async (places, script) => {
        await call('DELETE', `/api/jobs/${job}/annotations/`);
        // A group each: boxes at one place stay objects of their own, and masks tell whose they are.
        await client.jobs.createShapes(
          job,
          places.map((place, i) => ({ ...box(0, label, [20 * place, 10, 20 * place + 90, 90]), group: i + 1 })),
        );
        const changes: RefineChange[] = [];
        const memory = {
          load: async () => changes,
          append: async (more: readonly RefineChange[]) => void changes.push(...more),
        };
        const segmenter = createFakeSegmenter({ width, height });
        const edited = new Set<number>();
        const run = async (replace: boolean) => {
          const before = await shapesOf();
          await refineJob({ client, segmenter, job, memory, replace });
          const after = await shapesOf();
          const isNew = ({ id }: CvatShape) => !before.some((shape) => shape.id === id);
          const made = new Set(after.filter(isNew).map(({ group }) => group));
          // Its mask was made of what it is now.
          for (const { id, group } of before) if (made.has(group)) edited.delete(id as number);
          const gone = before.filter(({ id }) => !after.some((shape) => shape.id === id));
          expect(gone.filter(({ id }) => edited.has(id as number))).toEqual([]);
          for (const { group } of gone)
            expect(after.some((one) => one.type === 'mask' && one.group === group)).toBe(true);
          const masks = after.filter(({ type }) => type === 'mask').map(({ group }) => group);
          expect(new Set(masks).size).toBe(masks.length);
          return after;
        };
        for (const step of script) {
          const shapes = await shapesOf();
          if ('replace' in step) await run(step.replace);
          else if ('undo' in step) await undoRefine({ client, job, memory });
          else if (shapes.length === 0) continue;
          else if ('erase' in step) await client.jobs.deleteShapes(job, [shapes[step.erase % shapes.length]]);
          else {
            const shape = shapes[step.target % shapes.length];
            // What is edited after its mask was made may not go; what has no mask yet is only another source.
            if (shapes.some(({ type, group }) => type === 'mask' && group === shape.group))
              edited.add(shape.id as number);
            await updateShapes(job, [{ ...shape, ...edits[step.edit](shape) }]);
          }
        }
        const settled = await run(true);
        expect(await run(true)).toEqual(settled);
      }),
      { numRuns: Number(process.env.CVAT_REFINE_JOBS ?? 8) },
    );
  }, 600_000);

  it('makes masks of the keyframes of a video, and leaves its tracks', async (context) => {
    needsCvat(context);
    const video = makeVideo();
    if (video === null) return context.skip('there is no ffmpeg, which makes the video');
    const { client, call } = cvat as CvatServer;
    const { job } = await makeJob([video]);
    const [{ id: label }] = await client.jobs.labels(job);
    const [{ width, height }] = (await client.jobs.meta(job)).frames;
    const points = [0.2 * width, 0.1 * height, 0.8 * width, 0.9 * height];
    const keyframe = (frame: number, outside = false) => ({
      type: 'rectangle',
      frame,
      points,
      outside,
      occluded: false,
      z_order: 0,
      attributes: [],
    });
    const track = { frame: 0, label_id: label, group: 0, source: 'manual', attributes: [] };
    const tracks = [{ ...track, shapes: [keyframe(0), keyframe(4), keyframe(6, true)] }];
    await call('PATCH', `/api/jobs/${job}/annotations/?action=create`, { version: 0, tags: [], shapes: [], tracks });
    const before = await client.jobs.annotations(job);
    const options: RefineOptions = { client, segmenter, job, minOverlap: 0, replace: true };
    expect(await refineJob(options)).toMatchObject({ keyframes: 2, saved: 2, deleted: 0, failed: [] });
    const after = await client.jobs.annotations(job);
    expect(after.tracks).toEqual(before.tracks);
    expect(after.shapes.map(({ type, frame }) => [type, frame])).toEqual([
      ['mask', 0],
      ['mask', 4],
    ]);
    expect(await refineJob(options)).toMatchObject({ saved: 0, deleted: 0 });
  });
});
