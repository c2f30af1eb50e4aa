import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Click, MaskRuns, Segmenter, SegmenterImage } from '@clickmask/core';
import { maskIou } from '@clickmask/core/masks';
import { createSegmenter } from '@clickmask/core/node';
import type { CDPSession } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, softwareGpu } from './browsers/index.js';
import { useWidgets, type ChromiumWidget as Widget } from './test-page.js';

const model = fileURLToPath(new URL('./fixtures/three-readings', import.meta.url));
const photo = fileURLToPath(new URL('../../../examples/photos/cat.jpg', import.meta.url));

const places = [
  { provider: 'wasm', args: [], isolated: false },
  { provider: 'wasm', args: [], isolated: true },
  { provider: 'webgpu', args: softwareGpu, isolated: false },
] as const;

// The hand on a real network, small but with three readings of a click and their scores: what is tested is the way from
// the hand to the runtime and back, on every runtime.
describe.skipIf(missing !== null).each(places)('a network on $provider, isolated: $isolated', (place) => {
  const { provider, args, isolated } = place;
  const widgets = useWidgets({
    args,
    isolated,
    attributes: `src="/examples/photos/cat.jpg" model="/models/three-readings/" provider="${provider}"`,
  });
  let segmenter: Segmenter;
  let image: SegmenterImage;
  let widget: Widget;
  const open = async (attributes = 'no-preview', options: Parameters<typeof widgets.open>[1] = {}) => {
    widget = await widgets.open(attributes, options);
    expect(await widget.run((element) => element.annotator!.provider)).toBe(provider);
  };
  const mask = async (): Promise<MaskRuns> => {
    const plain = await widget.run((element) => {
      const { width, height, rows, spans } = element.getResult('runs')!;
      return { width, height, rows: [...rows], spans: [...spans] };
    });
    return { ...plain, rows: Uint32Array.from(plain.rows), spans: Uint32Array.from(plain.spans) };
  };
  const clicks = async () => (await widget.value()).objects[0].prompt.clicks;
  const drag = async (x1: number, y1: number, x2: number, y2: number) => {
    const from = await widget.at(x1, y1);
    const to = await widget.at(x2, y2);
    await widget.page.mouse.move(from.x, from.y);
    await widget.page.mouse.down();
    await widget.page.mouse.move(to.x, to.y, { steps: 6 });
    await widget.page.mouse.up();
    await widget.settled();
  };
  /** The mask of Node for what the widget was asked. */
  const expectNodes = async (candidate: number | 'best' = 'best') => {
    const { prompt } = (await widget.value()).objects[0];
    const { runs } = await segmenter.segment(
      image,
      { clicks: prompt.clicks as Click[], ...(prompt.box === null ? {} : { box: prompt.box }) },
      { candidate },
    );
    expect(maskIou(await mask(), runs)).toBeGreaterThanOrEqual(0.995);
  };

  beforeAll(async () => {
    segmenter = await createSegmenter({ model, workers: 0, provider: 'cpu' });
    image = await segmenter.open(await readFile(photo));
  });
  afterAll(async () => segmenter?.close());

  test('mouse: clicks of both signs, a box, a moved click, undo and redo', async () => {
    await open();
    await widget.click(200, 150);
    await expectNodes();
    const one = await widget.area();
    await widget.click(330, 150, { modifier: 'Shift' });
    expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative']);
    await expectNodes();
    await drag(200, 150, 150, 120);
    await expectNodes();
    for (let i = 0; i < 2; i++) await widget.page.keyboard.press('Control+z');
    expect(await widget.area()).toBe(one);
    await widget.page.keyboard.press('Control+Shift+z');
    await expectNodes();
    await widget.page.keyboard.press('n');
    await widget.page.keyboard.press('r');
    await drag(60, 60, 220, 200);
    expect((await widget.value()).objects[1].prompt.box).not.toBeNull();
    expect(await widget.area()).toBeGreaterThan(1000);
  });

  test('the first pass is shown at once, and is no result', async () => {
    await open();
    await widget.run((element) => {
      const page = globalThis as unknown as { told: string[] };
      page.told = [];
      element.annotator!.on('draft', ({ runs, prompt }) => {
        const { prompt: wanted, result } = element.value.objects[0];
        page.told.push(
          `draft ${runs.spans.length > 0} ${JSON.stringify(prompt) === JSON.stringify(wanted)} ${result === null}`,
        );
      });
      element.addEventListener('clickmask-change', ({ detail }) => page.told.push(detail.origin));
    });
    await widget.click(200, 150);
    const told = await widget.run(() => (globalThis as unknown as { told: string[] }).told);
    expect(told).toEqual(['user', 'draft true true true', 'model']);
  });

  test('the readings of a click: by key and by button, undone and redone, and gone on from', async () => {
    await open();
    const { page } = widget;
    const another = page.getByRole('button', { name: 'Another candidate for the click' });
    expect(await another.getAttribute('aria-disabled')).toBe('true');
    await widget.click(200, 150);
    const { candidates } = (await widget.value()).objects[0].result!;
    expect(candidates.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(candidates.map(({ score }) => Math.round(score * 10))).toEqual([9, 7, 5]);
    const areas = [await widget.area()];
    for (const [place, turn] of [
      [1, () => page.keyboard.press('c')],
      [2, () => another.click()],
      [0, () => page.keyboard.press('c')],
      [1, () => page.keyboard.press('c')],
      [2, () => page.keyboard.press('c')],
    ] as const) {
      await turn();
      await widget.settled();
      expect((await widget.value()).objects[0].result!.candidate).toBe(place);
      await expectNodes(place);
      expect(await widget.announced()).toMatch(new RegExp(`^Candidate ${place + 1} of 3\\. Mask covers`));
      areas.push(await widget.area());
    }
    const [best, small, large] = areas;
    expect(small).toBeLessThan(best * 0.6);
    expect(large).toBeGreaterThan(best * 1.6);
    // Undo and redo go through the readings, and nothing is computed again.
    for (const wanted of [small, best, large, small, best]) {
      await page.keyboard.press('Control+z');
      expect(await widget.area()).toBe(wanted);
    }
    await page.keyboard.press('Control+z');
    expect((await widget.value()).objects).toEqual([]);
    for (const wanted of [best, small, large]) {
      await page.keyboard.press('Control+y');
      expect(await widget.area()).toBe(wanted);
    }
    // The next click goes on from the reading that was chosen, not from the best one.
    await widget.click(205, 155);
    expect(await widget.area()).toBeGreaterThan(best * 1.5);
    await page.keyboard.press('Control+z');
    expect(await widget.area()).toBe(large);
  });

  test('keyboard alone: a click, a box and strokes by the crosshair', async () => {
    await open();
    const { page } = widget;
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await widget.settled();
    await expectNodes();
    await page.keyboard.press('b');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
    const before = await widget.area();
    await page.keyboard.press('Enter');
    expect(await widget.area()).toBeGreaterThan(before);
    await page.keyboard.press('v');
    await page.keyboard.press('Enter');
    await widget.settled();
    expect((await widget.value()).objects[0].prompt.start).not.toBeNull();
  });

  test('the preview under the pointer is the mask of the click made there', async () => {
    await open('');
    await widget.run((element) => {
      const page = globalThis as unknown as { shown: number[] };
      page.shown = [];
      element.annotator!.on('preview', (preview) => {
        if (preview !== null) page.shown.push(preview.result.runs.spans.length);
      });
    });
    const point = await widget.at(200, 150);
    await widget.page.mouse.move(point.x, point.y);
    const shown = () => widget.run(() => (globalThis as unknown as { shown: number[] }).shown);
    await expect.poll(async () => (await shown()).length, { timeout: 30_000 }).toBeGreaterThan(0);
    await widget.page.mouse.down();
    await widget.page.mouse.up();
    await widget.settled();
    await expectNodes();
  });

  test('touch: a tap, and a long press for the other sign', async () => {
    await open('no-preview', { hasTouch: true, isMobile: true, viewport: { width: 420, height: 700 } });
    const cdp: CDPSession = await widget.page.context().newCDPSession(widget.page);
    const touch = async (x: number, y: number, held: number) => {
      const point = await widget.at(x, y);
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
      await widget.page.waitForTimeout(held);
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await widget.settled();
    };
    await touch(200, 150, 30);
    await touch(320, 150, 700);
    expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative']);
    await expectNodes();
  });

  test('threads where the page is isolated, and one where it is not', async () => {
    await open('no-preview', {
      async setup(page) {
        // Every thread of the runtime is a worker of its own, made inside of ours.
        const telling = `{
          const told = new BroadcastChannel('threads');
          const Plain = self.Worker;
          self.Worker = class extends Plain {
            constructor(...given) {
              super(...given);
              told.postMessage('one more');
            }
          };
        }`;
        await page.context().route('**/web-worker.js', async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: `${telling}\n${await response.text()}` });
        });
        await page.addInitScript(() => {
          const counter = globalThis as unknown as { threads: number; channel: BroadcastChannel };
          counter.threads = 1;
          counter.channel = new BroadcastChannel('threads');
          counter.channel.onmessage = () => counter.threads++;
        });
      },
    });
    await widget.click(200, 150);
    await expectNodes();
    const seen = await widget.run(() => ({
      threads: (globalThis as unknown as { threads: number }).threads,
      isolated: crossOriginIsolated,
      cores: navigator.hardwareConcurrency,
    }));
    expect(seen.isolated).toBe(isolated);
    expect(seen.threads).toBe(isolated ? Math.min(4, seen.cores) : 1);
  });
});
