import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Segmenter } from '@clickmask/core';
import { createSegmenter } from '@clickmask/core/node';
import { createSegmenterHandler } from '@clickmask/core/runtime';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { missing } from './browsers/index.js';
import { useWidgets, type ChromiumWidget as Widget } from './test-page.js';
import { violations } from './violations.js';

const pictures = fileURLToPath(new URL('../../../test-results/browser-widget/', import.meta.url));

interface PageGlobals {
  readonly fakes: { calls: unknown[]; closed: boolean; open_images: Set<unknown> }[];
  readonly makeFake: (options?: object) => never;
  readonly gc: () => void;
}

// What goes wrong, or grows large, around a widget that works.
describe.skipIf(missing !== null)('the widget under hard conditions', () => {
  let segmenter: Segmenter | undefined;
  let served = { features: 0, segment: 0, images: 0 };
  const src = 'src="/examples/photos/cat.jpg"';
  const shot = (page: Page, name: string) => page.screenshot({ path: `${pictures}${name}.png` });
  const errors = (widget: Widget) =>
    widget.page.evaluate(() => {
      const page = globalThis as unknown as { codes?: string[] };
      if (page.codes === undefined) {
        page.codes = [];
        document.querySelector('#a')!.addEventListener('clickmask-error', (event) => {
          page.codes!.push((event as CustomEvent<{ error: { code: string } }>).detail.error.code);
        });
      }
      return page.codes;
    });

  const routes = async () => {
    mkdirSync(pictures, { recursive: true });
    segmenter = await createSegmenter({ workers: 1 });
    const handle = createSegmenterHandler({ segmenter });
    const disc = '<svg width="3000" height="3000"><circle cx="1500" cy="1500" r="1400" fill="#f2b632"/></svg>';
    const huge = await sharp({ create: { width: 8000, height: 6000, channels: 3, background: '#3a6ea5' } })
      .composite([{ input: Buffer.from(disc), left: 2500, top: 1500 }])
      .jpeg({ quality: 85 })
      .toBuffer();
    return {
      async remote(request: Request) {
        const action = new URL(request.url).pathname.split('/').at(-1) as keyof typeof served;
        if (action in served) served = { ...served, [action]: served[action] + 1 };
        return handle(request);
      },
      huge: async () => new Response(huge as Uint8Array<ArrayBuffer>, { headers: { 'content-type': 'image/jpeg' } }),
    };
  };
  const widgets = useWidgets({ routes });
  afterAll(async () => segmenter?.close());

  describe('network', () => {
    test('slow: progress is told and shown, and it ends ready', async () => {
      const widget = await widgets.open(`${src} provider="wasm"`, {
        ready: false,
        async setup(page) {
          const cdp = await page.context().newCDPSession(page);
          await cdp.send('Network.enable');
          await cdp.send('Network.emulateNetworkConditions', {
            offline: false,
            latency: 40,
            downloadThroughput: 8 * 2 ** 20,
            uploadThroughput: 2 ** 20,
          });
          await page.addInitScript(() => {
            const seen: unknown[] = [];
            (globalThis as unknown as { progress: unknown[] }).progress = seen;
            addEventListener('clickmask-progress', (event) => seen.push((event as CustomEvent).detail));
          });
        },
      });
      await shot(widget.page, 'loading');
      await widget.ready();
      const told = await widget.page.evaluate(
        () => (globalThis as unknown as { progress: { phase: string; fraction: number | null }[] }).progress,
      );
      expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['model', 'picture', 'features']));
      const model = told.filter(({ phase }) => phase === 'model').map(({ fraction }) => fraction ?? -1);
      expect(model.length).toBeGreaterThan(3);
      expect([...model].sort((a, b) => a - b)).toEqual(model);
      expect(model.at(-1)).toBe(1);
    });

    test('weights missing: an error with a code and a way to try again', async () => {
      let broken = true;
      const widget = await widgets.open(`${src} provider="wasm"`, {
        ready: false,
        async setup(page) {
          await page
            .context()
            .route('**/encoder.onnx', (route) => (broken ? route.fulfill({ status: 404 }) : route.continue()));
        },
      });
      await expect
        .poll(() => widget.run((element) => element.shadowRoot!.querySelector('.status')!.textContent), {
          timeout: 20_000,
        })
        .toContain('encoder.onnx');
      await shot(widget.page, 'error');
      broken = false;
      await widget.page.getByRole('button', { name: 'Try again' }).click();
      await widget.ready();
      await widget.click(200, 150);
      expect(await widget.area()).toBeGreaterThan(1000);
    });

    test('weights damaged: refused by their hash', async () => {
      const widget = await widgets.open(`provider="wasm"`, {
        ready: false,
        async setup(page) {
          await page.context().route('**/decoder.onnx', async (route) => {
            const response = await route.fetch();
            const body = await response.body();
            body[5000] ^= 1;
            await route.fulfill({ response, body });
          });
        },
      });
      await errors(widget);
      await widget.run((element) => element.setAttribute('src', '/examples/photos/cat.jpg'));
      await expect.poll(() => errors(widget), { timeout: 20_000 }).toEqual(['bad-model']);
    });

    test('away after the first visit: the model comes from the cache', async () => {
      const context = await widgets.browser.newContext();
      const body = `<clickmask-annotator id="a" ${src} provider="wasm"></clickmask-annotator>`;
      const visit = async (offline: boolean) => {
        const page = await context.newPage();
        const asked: string[] = [];
        if (offline) {
          await page.route('**/*.onnx', (route) => {
            asked.push(route.request().url());
            return route.abort();
          });
          await page.route('**/model.json', (route) => route.abort());
        }
        await page.goto(`${widgets.server.url}page?body=${encodeURIComponent(body)}`);
        await page.waitForFunction(
          () => (document.querySelector('#a') as unknown as { annotator?: { ready: boolean } }).annotator?.ready,
          undefined,
          { timeout: 30_000 },
        );
        await page.close();
        return asked;
      };
      await visit(false);
      expect(await visit(true)).toEqual([]);
      await context.close();
    });

    test('images that fail: missing, not an image, too large', async () => {
      const widget = await widgets.open(src, { fake: true });
      const codes = await widget.run(async (element) => {
        const found: string[] = [];
        for (const source of ['/examples/photos/no-such.jpg', '/examples/demo/demo.js', new Uint8Array(0)]) {
          await element.load(source).catch((error: { code: string }) => found.push(error.code));
        }
        return found;
      });
      expect(codes).toEqual(['bad-image', 'unsupported-image', 'unsupported-image']);
      // The widget still works.
      await widget.run((element) => element.load('/examples/photos/coffee.jpg'));
      await widget.ready();
      await widget.click(100, 100);
      expect(await widget.area()).toBeGreaterThan(4000);
    });
  });

  describe('server', () => {
    test('remote: every click is answered by the server', async () => {
      served = { features: 0, segment: 0, images: 0 };
      const widget = await widgets.open(`${src} no-preview mode="remote" server="/remote"`);
      await widget.click(200, 150);
      await widget.click(60, 60, { modifier: 'Shift' });
      expect(await widget.area()).toBeGreaterThan(1000);
      expect(await widget.run((element) => element.annotator!.provider)).toBe('remote');
      expect(served).toEqual({ features: 0, segment: 2, images: 1 });
    });

    test('split: features come once, clicks cost no network, and masks are those of local mode', async () => {
      served = { features: 0, segment: 0, images: 0 };
      const masks: string[] = [];
      for (const attributes of ['mode="split" server="/remote"', '']) {
        const asked: string[] = [];
        const widget = await widgets.open(`${src} no-preview provider="wasm" ${attributes}`);
        widget.page.on('request', (request) => asked.push(request.url()));
        await widget.run(async (element) => {
          element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
          await element.annotator!.settled();
          element.annotator!.addClick({ x: 60, y: 60, label: 'negative' });
          await element.annotator!.settled();
        });
        expect(asked).toEqual([]);
        masks.push(await widget.run((element) => element.getResult('coco-rle')!.counts));
      }
      expect(served).toEqual({ features: 1, segment: 0, images: 1 });
      expect(masks[0].length).toBeGreaterThan(20);
      expect(masks[0]).toBe(masks[1]);
    });
  });

  describe('screen', () => {
    test('a resized stage and a dense screen: clicks land where they are made', async () => {
      const widget = await widgets.open(`${src} no-preview`, { fake: true, deviceScaleFactor: 3 });
      const canvas = await widget.run((element) => {
        const { width, clientWidth } = element.shadowRoot!.querySelector('canvas')!;
        return width / clientWidth;
      });
      expect(canvas).toBeCloseTo(3, 1);
      await widget.click(200, 150);
      await widget.page.setViewportSize({ width: 380, height: 640 });
      await widget.page.waitForTimeout(150);
      await shot(widget.page, 'narrow');
      await widget.click(300, 250);
      const clicks = (await widget.value()).objects[0].prompt.clicks;
      expect(Math.hypot(clicks[1].x - 300, clicks[1].y - 250)).toBeLessThan(1);
    });

    test('a hidden tab, whose frames stand still: answers come, and are painted when it shows again', async () => {
      const widget = await widgets.open(`${src} no-preview`, {
        fake: true,
        async setup(page) {
          // Headless tabs are never hidden: what hiding does is to hold back the frames.
          await page.addInitScript(() => {
            const page = globalThis as unknown as { hidden: boolean; held: FrameRequestCallback[] };
            const { requestAnimationFrame: real } = globalThis;
            page.hidden = false;
            page.held = [];
            globalThis.requestAnimationFrame = (callback) => (page.hidden ? page.held.push(callback) : real(callback));
          });
        },
      });
      await widget.ready();
      const isPainted = () =>
        widget.run((element) => {
          const canvas = element.shadowRoot!.querySelectorAll('canvas')[1];
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value, index) => index % 4 === 3 && value > 0);
        });
      await widget.page.waitForTimeout(100);
      await widget.page.evaluate(() => {
        (globalThis as unknown as { hidden: boolean }).hidden = true;
      });
      await widget.run((element) => element.annotator!.addClick({ x: 200, y: 150, label: 'positive' }));
      await widget.settled();
      expect(await widget.area()).toBeGreaterThan(4000);
      expect(await isPainted()).toBe(false);
      const frames = await widget.page.evaluate(() => {
        const page = globalThis as unknown as { hidden: boolean; held: FrameRequestCallback[] };
        page.hidden = false;
        for (const callback of page.held) callback(performance.now());
        return page.held.length;
      });
      // However much happened, one frame was asked for.
      expect(frames).toBe(1);
      expect(await isPainted()).toBe(true);
    });

    test('an image of 8000 x 6000', { timeout: 120_000 }, async () => {
      const widget = await widgets.open('src="/huge" no-preview provider="wasm"');
      expect(await widget.run((element) => element.annotator!.pictureSize)).toEqual({ width: 8000, height: 6000 });
      await widget.click(4000, 3000);
      const disc = Math.PI * 1400 * 1400;
      expect(Math.abs((await widget.area()) - disc) / disc).toBeLessThan(0.1);
      await shot(widget.page, 'huge');
      const point = await widget.at(4000, 1600);
      await widget.page.mouse.move(point.x, point.y);
      for (let i = 0; i < 12; i++) await widget.page.mouse.wheel(0, -300);
      await widget.page.waitForTimeout(200);
      await shot(widget.page, 'huge-zoomed');
    });
  });

  describe('life', () => {
    test('two widgets on one page keep to themselves', async () => {
      const page = await widgets.browser.newPage();
      const body = `<clickmask-annotator id="a" ${src} provider="wasm" no-preview></clickmask-annotator><clickmask-annotator id="b" src="/examples/photos/coffee.jpg" provider="wasm" no-preview></clickmask-annotator>`;
      await page.goto(`${widgets.server.url}page?body=${encodeURIComponent(body)}`);
      await page.waitForFunction(
        () =>
          ['#a', '#b'].every(
            (id) => (document.querySelector(id) as unknown as { annotator?: { ready: boolean } }).annotator?.ready,
          ),
        undefined,
        { timeout: 60_000 },
      );
      const counts = await page.evaluate(async () => {
        type Element = {
          annotator: {
            addClick(click: object): void;
            settled(): Promise<void>;
            focus(): void;
            value: { objects: unknown[] };
          };
        };
        const [a, b] = ['#a', '#b'].map((id) => (document.querySelector(id) as unknown as Element).annotator);
        a.addClick({ x: 200, y: 150, label: 'positive' });
        b.addClick({ x: 300, y: 200, label: 'positive' });
        await Promise.all([a.settled(), b.settled()]);
        b.focus();
        return [a.value.objects.length, b.value.objects.length];
      });
      expect(counts).toEqual([1, 1]);
      await page.keyboard.press('Control+z');
      const after = await page.evaluate(() =>
        ['#a', '#b'].map(
          (id) => (document.querySelector(id) as unknown as { value: { objects: unknown[] } }).value.objects.length,
        ),
      );
      expect(after).toEqual([1, 0]);
      await page.close();
    });

    test('removed while computing: no error, and nothing is left', async () => {
      const widget = await widgets.open(`${src} provider="wasm"`);
      await errors(widget);
      const workers = await widget.run(async (element) => {
        element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
        element.remove();
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return element.annotator;
      });
      expect(workers).toBeNull();
      await expect.poll(() => widget.page.workers().length).toBe(0);
    });

    /** Answers after a while, so that things happen meanwhile. */
    const openSlow = () =>
      widgets.open('no-preview', {
        ready: false,
        setup: (page) => page.addInitScript(() => Object.assign(globalThis, { fakeOptions: { delay: 60 } })),
        fake: true,
      });

    test('another image while a click is computed: its mask is there when the image is back', async () => {
      const widget = await openSlow();
      const found = await widget.run(async (element) => {
        const count = () => element.value.objects.map(({ prompt, result }) => [prompt.clicks.length, result !== null]);
        await element.load('/examples/photos/cat.jpg');
        element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
        element.src = '/examples/photos/coffee.jpg';
        await new Promise((resolve) => element.addEventListener('clickmask-ready', resolve, { once: true }));
        await element.annotator!.settled();
        const meanwhile = count();
        await element.load('/examples/photos/cat.jpg');
        while (!element.annotator!.ready) await new Promise((resolve) => setTimeout(resolve, 5));
        await element.annotator!.settled();
        return { meanwhile, back: count() };
      });
      expect(found).toEqual({ meanwhile: [], back: [[1, true]] });
    });

    test('taken away while a click is computed, and put back later: the click is answered then', async () => {
      const widget = await openSlow();
      const found = await widget.run(async (element) => {
        await element.load('/examples/photos/cat.jpg');
        element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
        element.remove();
        await new Promise((resolve) => setTimeout(resolve, 150));
        const away = element.value.objects.length;
        document.body.append(element);
        while (!element.annotator!.ready) await new Promise((resolve) => setTimeout(resolve, 5));
        await element.annotator!.settled();
        return { away, answered: element.value.objects.map(({ result }) => result !== null) };
      });
      expect(found).toEqual({ away: 1, answered: [true] });
    });

    test('moved into a frame, another document: it looks and works as before, with its objects', async () => {
      const widget = await openSlow();
      const found = await widget.run(async (element) => {
        await element.load('/examples/photos/cat.jpg');
        element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
        await element.annotator!.settled();
        const before = getComputedStyle(element.shadowRoot!.querySelector('.stage')!).height;
        const frame = document.createElement('iframe');
        frame.style.cssText = 'width:900px;height:700px';
        document.body.append(frame);
        frame.contentDocument!.body.style.cssText = '--clickmask-height:600px';
        frame.contentDocument!.body.append(element);
        while (!element.annotator!.ready) await new Promise((resolve) => setTimeout(resolve, 5));
        element.annotator!.addClick({ x: 60, y: 60, label: 'negative' });
        await element.annotator!.settled();
        const after = getComputedStyle(element.shadowRoot!.querySelector('.stage')!).height;
        return { before, after, clicks: element.value.objects[0].prompt.clicks.length };
      });
      expect(found.clicks).toBe(2);
      expect(Number.parseFloat(found.before)).toBeGreaterThan(300);
      expect(Math.abs(Number.parseFloat(found.after) - Number.parseFloat(found.before))).toBeLessThan(150);
    });

    test.each(['change', 'accept', 'ready', 'progress', 'picture', 'settings', 'error'])(
      'destroyed, or given another image, by a listener of %s: no error, and it works again',
      async (type) => {
        const widget = await openSlow();
        const objects = await widget.run(
          new Function(
            'element',
            `return (async () => {
              const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
              for (const hard of [() => element.destroy(), () => element.remove(), () => void element.load('/examples/photos/coffee.jpg').catch(() => {}), () => { element.value = { objects: [], activeId: null }; }]) {
                const parent = element.parentElement ?? document.body;
                if (!element.isConnected) parent.append(element);
                else if (element.annotator === null) { element.remove(); parent.append(element); }
                element.addEventListener('clickmask-${type}', hard, { once: true });
                const act = async (action) => { try { await action(element.annotator); } catch {} };
                await act(() => element.load('/examples/photos/cat.jpg'));
                await wait(100);
                await act((a) => a.addClick({ x: 200, y: 150, label: 'positive' }));
                await act((a) => a.settled());
                await act((a) => a.accept());
                await act((a) => { a.settings = { ...a.settings, opacity: 0.3 }; });
                await act(() => element.load('/nothing.jpg'));
                await wait(20);
                element.removeEventListener('clickmask-${type}', hard);
              }
              element.remove();
              document.body.append(element);
              element.value = { objects: [], activeId: null };
              await element.load('/examples/photos/cat.jpg', { key: 'fresh' });
              while (!element.annotator.ready) await wait(5);
              element.annotator.addClick({ x: 200, y: 150, label: 'positive' });
              await element.annotator.settled();
              return element.value.objects.filter(({ result }) => result !== null).length;
            })()`,
          ) as (element: unknown) => Promise<number>,
        );
        expect(objects).toBe(1);
      },
    );

    test('without room, frozen, and behind proxies: nothing is lost, and nothing breaks', async () => {
      const widget = await openSlow();
      const found = await widget.run(async (element) => {
        const freeze = (value: object): object => {
          for (const part of Object.values(value)) {
            if (typeof part === 'object' && part !== null && !ArrayBuffer.isView(part)) freeze(part as object);
          }
          return Object.freeze(value);
        };
        await element.load('/examples/photos/cat.jpg');
        element.classes = freeze([{ id: 'cat' }]) as typeof element.classes;
        element.annotator!.settings = freeze({ ...element.annotator!.settings, tool: 'click' }) as never;
        element.style.cssText = 'display:block;width:0;height:0;overflow:hidden';
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
        await element.annotator!.settled();
        const place = element.annotator!.toPage({ x: 200, y: 150 });
        element.value = freeze(element.value) as typeof element.value;
        element.value = new Proxy(element.value, {});
        element.style.cssText = '';
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        element.annotator!.addClick({ x: 60, y: 60, label: 'negative' });
        await element.annotator!.settled();
        element.annotator!.undo();
        return { finite: Number.isFinite(place.x + place.y), clicks: element.value.objects[0].prompt.clicks.length };
      });
      expect(found).toEqual({ finite: true, clicks: 1 });
      await widget.click(240, 150);
      expect((await widget.value()).objects[0].prompt.clicks).toHaveLength(2);
    });

    test('options that no worker can be sent: an error with a code, and the next click is answered', async () => {
      const widget = await widgets.open(`${src} provider="wasm" no-preview`);
      const told = await widget.run(async (element) => {
        const codes: string[] = [];
        element.addEventListener('clickmask-error', ({ detail }) => codes.push(detail.error.code));
        for (const segmentOptions of [{ refinement: { cascade: () => 1 } }, { signal: {} }, { nonsense: 1 }]) {
          element.segmentOptions = segmentOptions as never;
          element.annotator!.addClick({ x: 200, y: 150, label: 'positive' });
          await element.annotator!.settled();
        }
        element.segmentOptions = {};
        element.annotator!.addClick({ x: 210, y: 160, label: 'positive' });
        await element.annotator!.settled();
        return { codes, answered: element.value.objects[0].result !== null };
      });
      expect(told).toEqual({ codes: [expect.any(String), 'bad-option', 'bad-option'], answered: true });
    });

    test('200 mounts: memory and nodes stay flat', { timeout: 240_000 }, async () => {
      const page = await widgets.browser.newPage();
      await page.goto(`${widgets.server.url}page?body=${encodeURIComponent('<div id="place"></div>')}`);
      const cdp = await page.context().newCDPSession(page);
      const mount = (times: number) =>
        page.evaluate(async (count) => {
          const { makeFake } = globalThis as unknown as PageGlobals;
          const blob = await (await fetch('/examples/photos/cat.jpg')).blob();
          for (let i = 0; i < count; i++) {
            const element = document.createElement('clickmask-annotator') as HTMLElement & {
              segmenter: unknown;
              load(source: Blob, options: { key: string }): Promise<void>;
              destroy(): void;
              annotator: { addClick(click: object): void; settled(): Promise<void>; ready: boolean };
            };
            element.segmenter = async () => makeFake();
            element.setAttribute('persist', 'mounts');
            document.querySelector('#place')!.append(element);
            await element.load(blob, { key: `picture ${i % 20}` });
            while (!element.annotator.ready) await new Promise((resolve) => setTimeout(resolve, 1));
            element.annotator.addClick({ x: 200, y: 150, label: 'positive' });
            await element.annotator.settled();
            element.remove();
            element.destroy();
          }
        }, times);
      // What an element that is gone must not leave, a connection to what it kept included.
      const held = ['ClickmaskAnnotatorElement', 'HTMLCanvasElement', 'ImageBitmap', 'IDBDatabase', 'AbortController'];
      const countOf = async (name: string) => {
        const type = name === 'ClickmaskAnnotatorElement' ? `customElements.get('clickmask-annotator')` : name;
        const { result } = await cdp.send('Runtime.evaluate', {
          expression: `${type}.prototype`,
          objectGroup: 'count',
        });
        const { objects } = await cdp.send('Runtime.queryObjects', {
          prototypeObjectId: result.objectId!,
          objectGroup: 'count',
        });
        const { result: count } = await cdp.send('Runtime.callFunctionOn', {
          objectId: objects.objectId!,
          functionDeclaration: 'function () { return this.length; }',
          returnByValue: true,
        });
        await cdp.send('Runtime.releaseObjectGroup', { objectGroup: 'count' });
        return count.value as number;
      };
      const measure = async () => {
        await cdp.send('HeapProfiler.enable');
        // What the last one kept is still being written.
        await page.waitForTimeout(300);
        const counts = await Promise.all(held.map(countOf));
        for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
        const { usedSize } = await cdp.send('Runtime.getHeapUsage');
        const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
        return {
          usedSize,
          nodes,
          jsEventListeners,
          held: Object.fromEntries(held.map((name, i) => [name, counts[i]])),
        };
      };
      await mount(20);
      const before = await measure();
      await mount(200);
      const after = await measure();
      console.info('200 mounts:', JSON.stringify({ before, after }));
      expect(after.usedSize).toBeLessThan(before.usedSize * 1.1 + 300_000);
      expect(after.nodes).toBeLessThan(before.nodes * 1.1 + 50);
      expect(after.jsEventListeners).toBeLessThan(before.jsEventListeners * 1.1 + 20);
      for (const name of held) expect([name, after.held[name]]).toEqual([name, Math.min(after.held[name], 2)]);
      await page.close();
    });
  });

  describe('accessibility, checked with axe', () => {
    test.each(['light', 'dark'] as const)(
      'in the %s scheme, empty, in use, with settings and keys open',
      async (colorScheme) => {
        const widget = await widgets.open(`${src} classes="cat, dog" no-preview style="color-scheme: light dark"`, {
          fake: true,
          colorScheme,
        });
        expect(await violations(widget.page)).toEqual([]);
        await widget.click(200, 150);
        await widget.click(240, 150, { modifier: 'Shift' });
        expect(await violations(widget.page)).toEqual([]);
        await shot(widget.page, `in-use-${colorScheme}`);
        await widget.page.getByRole('button', { name: 'Settings' }).click();
        expect(await violations(widget.page)).toEqual([]);
        await shot(widget.page, `settings-${colorScheme}`);
        await widget.page.keyboard.press('Escape');
        await widget.page.getByRole('button', { name: 'Help' }).click();
        expect(await violations(widget.page)).toEqual([]);
        await shot(widget.page, `keys-${colorScheme}`);
      },
    );

    test('targets are at least 44 px, and motion stops where that is wished', async () => {
      const widget = await widgets.open(`${src} classes="cat, dog" no-preview`, {
        fake: true,
        reducedMotion: 'reduce',
      });
      await widget.click(200, 150);
      const small = await widget.run((element) =>
        [...element.shadowRoot!.querySelectorAll('button')]
          .map((button) => ({
            name: button.getAttribute('aria-label') ?? button.textContent,
            box: button.getBoundingClientRect(),
          }))
          .filter(({ box }) => box.width > 0 && (box.width < 44 || box.height < 44))
          .map(({ name }) => name),
      );
      expect(small).toEqual([]);
      const running = await widget.run((element) => element.shadowRoot!.getAnimations().length);
      expect(running).toBe(0);
    });
  });
});
