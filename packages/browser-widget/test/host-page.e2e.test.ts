import { describe, expect, test } from 'vitest';
import type { AnnotatorValue, ClickmaskAnnotatorElement, SegmenterFactory } from '../src/index.js';
import { missing } from './browsers/index.js';
import { type OpenOptions, useWidgets, type ChromiumWidget as Widget } from './test-page.js';

// What the page around the widget can do with it.
describe.skipIf(missing !== null)('the element and its page', () => {
  const widgets = useWidgets({ attributes: 'src="/examples/photos/cat.jpg" no-preview', page: { fake: true } });
  let widget: Widget;
  const open = async (attributes = '', options: OpenOptions = {}) => {
    widget = await widgets.open(attributes, options);
  };

  test('tells of every change, with its origin', async () => {
    await open();
    await widget.run((element) => {
      const seen: string[] = [];
      (globalThis as unknown as Record<string, unknown>).seen = seen;
      element.addEventListener('clickmask-change', ({ detail }) => seen.push(detail.origin));
    });
    await widget.click(200, 150);
    await widget.run((element) => {
      element.annotator!.undo();
      element.value = { objects: [], activeId: null };
    });
    const seen = await widget.run(() => (globalThis as unknown as { seen: string[] }).seen);
    expect(seen).toEqual(['user', 'model', 'history']);
  });

  test('in controlled mode nothing holds until the page sets it', async () => {
    await open('controlled');
    await widget.click(200, 150);
    expect((await widget.value()).objects).toEqual([]);
    await widget.run((element) => {
      element.addEventListener('clickmask-change', ({ detail }) => {
        if (detail.value.objects.length <= 1) element.value = detail.value;
      });
    });
    await widget.click(200, 150);
    expect((await widget.value()).objects).toHaveLength(1);
    expect(await widget.area()).toBeGreaterThan(4000);
    await widget.run((element) => element.annotator!.undo());
    expect((await widget.value()).objects).toEqual([]);
    await widget.run((element) => element.annotator!.redo());
    await widget.run((element) => element.annotator!.accept());
    await widget.click(100, 100);
    expect((await widget.value()).objects).toHaveLength(1);
  });

  /** For the page: makes an element of its own, values with one click each, and waits. */
  const helpers = () => {
    const page = globalThis as unknown as Record<string, unknown>;
    page.make = () => {
      const element = document.createElement('clickmask-annotator');
      element.segmenter = page.fakeSegmenter as SegmenterFactory;
      return element;
    };
    page.valueAt = (id: string, x: number) => ({
      objects: [
        {
          id,
          classId: null,
          accepted: false,
          prompt: { clicks: [{ x, y: 20, label: 'positive' }], box: null, start: null, candidate: null },
          result: null,
          painted: null,
          erased: null,
          strokesPending: false,
        },
      ],
      activeId: null,
    });
    page.until = async (test: () => boolean) => {
      while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    page.idsOf = (element: ClickmaskAnnotatorElement) => element.value.objects.map(({ id }) => id);
  };
  interface Helpers {
    make(): ClickmaskAnnotatorElement;
    valueAt(id: string, x: number): AnnotatorValue;
    until(test: () => boolean): Promise<void>;
    idsOf(element: ClickmaskAnnotatorElement): string[];
  }

  test('a value set before its image is there is shown and answered with it, whatever was first', async () => {
    await open();
    await widget.page.evaluate(helpers);
    const found = await widget.run(async () => {
      const { make, valueAt, until, idsOf } = globalThis as unknown as Helpers;
      const [early, late] = [make(), make()];
      early.value = valueAt('before', 30);
      early.src = '/examples/photos/cat.jpg';
      document.body.append(early, late);
      early.value = valueAt('meanwhile', 40);
      late.value = valueAt('without-picture', 50);
      const atOnce = [idsOf(early), idsOf(late)];
      await until(() => early.annotator!.ready);
      await early.annotator!.settled();
      const shown = [idsOf(early), early.getResult('bbox')!.x];
      await late.load(await (await fetch('/examples/photos/cat.jpg')).blob());
      const loaded = idsOf(late);
      // A point that only the wider image has.
      late.src = '/examples/photos/coffee.jpg';
      late.value = valueAt('of-the-next', 590);
      await until(() => late.annotator!.pictureSize!.width === 600);
      const swapped = idsOf(late);
      const errors: string[] = [];
      late.addEventListener('clickmask-error', ({ detail }) => errors.push(detail.error.code));
      late.src = '/examples/photos/cat.jpg';
      late.value = valueAt('beside', 590);
      await until(() => late.annotator!.pictureSize!.width === 451);
      return { atOnce, shown, loaded, swapped, refused: [idsOf(late), errors] };
    });
    expect(found).toEqual({
      atOnce: [['meanwhile'], ['without-picture']],
      shown: [['meanwhile'], 0],
      loaded: ['without-picture'],
      swapped: ['of-the-next'],
      refused: [[], ['bad-click']],
    });
  });

  test('what is remembered off the page is of the image that comes back, and no other', async () => {
    await open();
    await widget.page.evaluate(helpers);
    await widget.click(200, 150);
    const found = await widget.run(async (element) => {
      const { until, idsOf } = globalThis as unknown as Helpers;
      const parent = element.parentElement!;
      const away = async (meanwhile: () => void) => {
        element.remove();
        element.destroy();
        meanwhile();
        parent.append(element);
        await until(() => element.annotator!.pictureSize !== null);
        return [element.annotator!.pictureSize!.width, idsOf(element)];
      };
      const same = await away(() => {});
      element.annotator!.remove('object-1');
      const emptied = await away(() => {});
      element.annotator!.addObject([{ outer: Float64Array.of(10, 10, 20, 10, 20, 20), holes: [] }]);
      const other = await away(() => element.setAttribute('src', '/examples/photos/coffee.jpg'));
      await element.load('/examples/photos/cat.jpg', { key: 'given' });
      element.annotator!.addObject([{ outer: Float64Array.of(10, 10, 20, 10, 20, 20), holes: [] }]);
      const loaded = await away(() => {});
      await until(() => element.annotator!.ready);
      const { key } = element.exportLog().image;
      element.setAttribute('provider', 'wasm');
      await until(() => element.annotator!.pictureSize !== null);
      const restarted = idsOf(element);
      const addressed = await away(() => element.setAttribute('src', '/examples/photos/rocket.jpg'));
      return { same, emptied, other, loaded, key, restarted, addressed: addressed[1] };
    });
    expect(found).toEqual({
      same: [451, ['object-1']],
      emptied: [451, []],
      other: [600, []],
      loaded: [451, ['object-1']],
      key: 'given',
      restarted: ['object-1'],
      addressed: [],
    });
  });

  test('a content security policy without inline styles: styled, and a click works', async () => {
    await open(`provider="wasm" classes='[{"id":"cat","colour":"#0b7285"}]'`, {
      fake: false,
      ready: false,
      setup: (page) =>
        page.context().route('**/*', async (route) => {
          const response = await route.fetch();
          const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
          await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
        }),
    });
    await expect.poll(() => widget.run((element) => element.annotator?.ready), { timeout: 30_000 }).toBe(true);
    await widget.click(200, 150);
    expect(await widget.area()).toBeGreaterThan(1000);
    const styles = await widget.run((element) => {
      const style = (selector: string) => getComputedStyle(element.shadowRoot!.querySelector(selector)!);
      return [style('.stage').touchAction, style('.stage-frame').display, style('.chips .dot').backgroundColor];
    });
    expect(styles).toEqual(['none', 'grid', 'rgb(11, 114, 133)']);
  });

  test('hands the mask out in every format, and they agree', async () => {
    await open();
    await widget.click(200, 150);
    const results = await widget.run((element) => {
      const names = [
        'bbox',
        'coco-rle',
        'coco-rle-uncompressed',
        'coco-polygon',
        'label-studio-rle',
        'cvat-mask',
        'polygon',
        'geojson',
        'svg-path',
      ] as const;
      return Object.fromEntries(names.map((name) => [name, element.getResult(name)]));
    });
    for (const [name, value] of Object.entries(results)) expect(value, name).not.toBeNull();
    const { bbox, ...rest } = results as unknown as { bbox: { x: number; width: number }; 'cvat-mask': number[] };
    expect(rest['cvat-mask'].slice(-4)[0]).toBe(bbox.x);
    expect(await widget.run((element) => element.getResult('runs', 'no-such-object'))).toBeNull();
    const message = await widget.run((element) => {
      try {
        return String(element.getResult('tiff' as 'runs'));
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(message).toContain('coco-rle');
  });

  test('hands out PNGs: the mask of an object, and a label map of all', async () => {
    await open('classes="cat, dog"');
    expect(await widget.run((element) => element.getResult('png'))).toBeNull();
    await widget.click(100, 100);
    await widget.page.keyboard.press('2');
    await widget.page.keyboard.press('n');
    await widget.click(300, 200);
    const pictures = await widget.run(async (element) => {
      const read = async (blob: Blob | null) => {
        const bitmap = await createImageBitmap(blob!);
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        const counts: Record<number, number> = {};
        for (let i = 0; i < data.length; i += 4) counts[data[i]] = (counts[data[i]] ?? 0) + 1;
        return { type: blob!.type, size: [bitmap.width, bitmap.height], counts };
      };
      return {
        mask: await read(await element.getResult('png', 'object-1')),
        objects: await read(await element.getLabelMap()),
        classes: await read(await element.getLabelMap('class')),
      };
    });
    const areas = await widget.run((element) =>
      ['object-1', 'object-2'].map((id) =>
        element.getResult('mask', id)!.data.reduce((sum: number, value: number) => sum + value, 0),
      ),
    );
    for (const { type, size } of Object.values(pictures)) {
      expect(type).toBe('image/png');
      expect(size).toEqual([451, 300]);
    }
    expect(pictures.mask.counts[255]).toBe(areas[0]);
    expect(pictures.mask.counts[0]).toBe(451 * 300 - areas[0]);
    expect([pictures.objects.counts[1], pictures.objects.counts[2]]).toEqual(areas);
    // The class sticks: both objects are dogs, the second of the classes.
    expect(Object.keys(pictures.classes.counts)).toEqual(['0', '2']);
    await widget.run((element) => element.annotator!.setClass('object-2', null));
    const left = await widget.run(async (element) => (await element.getLabelMap('class')!).size > 0);
    expect(left).toBe(true);
  });

  test('goes on from a polygon and from a mask', async () => {
    await open();
    const id = await widget.run((element) =>
      element.annotator!.addObject([{ outer: Float64Array.of(100, 100, 200, 100, 200, 180, 100, 180), holes: [] }], {
        classId: 'given',
      }),
    );
    expect(await widget.area()).toBe(8000);
    await widget.click(300, 200);
    expect(await widget.area()).toBeGreaterThan(12000);
    const { objects } = await widget.value();
    expect(objects).toHaveLength(1);
    expect(objects[0].id).toBe(id);
    await widget.page.keyboard.press('Control+z');
    expect(await widget.area()).toBe(8000);
    const code = await widget.run((element) => {
      try {
        element.annotator!.addObject({ width: 3, height: 3, data: new Uint8Array(9) });
        return 'none';
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(code).toBe('bad-mask');
  });

  test('cleans masks reversibly: detail, largest part, specks, holes', async () => {
    await open();
    await widget.click(100, 100);
    await widget.click(300, 200);
    const raw = await widget.area();
    const set = (change: object) =>
      widget.page.evaluate((part) => {
        const { annotator } = document.querySelector('#a') as unknown as { annotator: { settings: object } };
        annotator.settings = part;
      }, change);
    await set({ largestPart: true });
    expect(await widget.area()).toBeLessThan(raw * 0.6);
    await set({ largestPart: false, detail: 0.2 });
    const points = await widget.run((element) => element.getResult('polygon')!.flat(2).length);
    await set({ detail: 1 });
    expect(await widget.run((element) => element.getResult('polygon')!.flat(2).length)).toBeGreaterThan(points * 2);
    expect(await widget.area()).toBe(raw);
    await widget.run((element) => element.annotator!.stroke([{ x: 100, y: 100 }], 5, 'erase'));
    const holed = await widget.area();
    await set({ fillHoles: true });
    expect(await widget.area()).toBe(raw);
    await set({ fillHoles: false });
    expect(await widget.area()).toBe(holed);
    await widget.run((element) => element.annotator!.stroke([{ x: 10, y: 280 }], 1, 'paint'));
    const specked = await widget.area();
    expect(specked).toBeGreaterThan(holed);
    await set({ removeSpecks: true });
    expect(await widget.area()).toBe(holed);
  });

  test('keeps a log that gives the same masks again, and notices when they differ', async () => {
    await open();
    await widget.click(200, 150);
    await widget.click(260, 150, { modifier: 'Shift' });
    const report = await widget.run(async (element) => {
      const log = JSON.parse(JSON.stringify(element.exportLog()));
      const same = await element.replayLog(log);
      log.entries[0].clicks[0].x += 30;
      return { same, different: await element.replayLog(log), entries: log.entries.length };
    });
    expect(report.entries).toBe(2);
    expect(report.same).toEqual({ total: 2, identical: 2, different: [] });
    expect(report.different.different).toEqual([0]);
  });

  test('speaks six languages, and takes texts and keys of the page', async () => {
    await open('lang="de"');
    const label = () =>
      widget.run((element) => element.shadowRoot!.querySelector('[part~="undo"]')!.getAttribute('aria-label'));
    expect(await label()).toBe('Rückgängig');
    for (const [lang, text] of [
      ['fr', 'Annuler'],
      ['zh-CN', '撤销'],
      ['ja', '元に戻す'],
      ['ar-EG', 'تراجع'],
      ['en', 'Undo'],
      ['xx', 'Undo'],
    ]) {
      await widget.page.evaluate((tag) => document.querySelector('#a')!.setAttribute('lang', tag), lang);
      expect(await label()).toBe(text);
    }
    await widget.run((element) => {
      element.messages = { undo: 'Take back' };
      element.shortcuts = { q: 'undo' };
    });
    expect(await label()).toBe('Take back');
    await widget.click(200, 150);
    await widget.page.keyboard.press('Control+z');
    expect((await widget.value()).objects).toHaveLength(1);
    await widget.page.keyboard.press('q');
    expect((await widget.value()).objects).toHaveLength(0);
  });

  test('a wrong attribute is an error with a code, not a crash', async () => {
    await open();
    const code = await widget.run(
      (element) =>
        new Promise<string>((resolve) => {
          element.addEventListener('clickmask-error', ({ detail }) => resolve(detail.error.code));
          element.setAttribute('classes', '[{"id":');
        }),
    );
    expect(code).toBe('bad-option');
    const again = await widget.run(
      (element) =>
        new Promise<string>((resolve) => {
          element.addEventListener('clickmask-error', ({ detail }) => resolve(detail.error.message));
          element.setAttribute('opacity', '7');
        }),
    );
    expect(again).toContain('a number from 0 to 1');
  });

  test('read-only shows and changes nothing', async () => {
    await open();
    await widget.click(200, 150);
    await widget.run((element) => element.setAttribute('readonly', ''));
    await widget.click(100, 100);
    await widget.page.keyboard.press('Control+z');
    expect((await widget.value()).objects[0].prompt.clicks).toHaveLength(1);
    const added = await widget.run((element) =>
      element.annotator!.addObject([{ outer: Float64Array.of(10, 10, 20, 10, 20, 20), holes: [] }]),
    );
    expect(added).toBeNull();
  });

  test('takes images as address, file, bytes, <img>, canvas and pixels', async () => {
    await open();
    const sizes = await widget.run(async (element) => {
      const response = await fetch('/examples/photos/coffee.jpg');
      const blob = await response.blob();
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const image = new Image();
      image.src = '/examples/photos/cat.jpg';
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = 70;
      canvas.height = 50;
      canvas.getContext('2d')!.fillRect(0, 0, 10, 10);
      const pixels = canvas.getContext('2d')!.getImageData(0, 0, 20, 30);
      const found: string[] = [];
      for (const source of [blob, bytes, image, canvas, pixels]) {
        await element.load(source);
        const size = element.annotator!.pictureSize!;
        found.push(`${size.width}x${size.height}`);
      }
      return found;
    });
    expect(sizes).toEqual(['600x400', '600x400', '451x300', '70x50', '20x30']);
  });

  test('loads the next image ahead', async () => {
    await open('next-src="/examples/photos/coffee.jpg"');
    const opened = () => widget.run(() => (globalThis as unknown as { fakes: { opened: number }[] }).fakes[0].opened);
    await expect.poll(opened).toBe(2);
    await widget.run((element) => element.setAttribute('src', '/examples/photos/coffee.jpg'));
    await widget.ready();
    await expect.poll(() => widget.run((element) => element.annotator!.pictureSize!.width)).toBe(600);
    expect(await opened()).toBe(2);
  });

  test('taking it off the page frees all; putting it back shows the same value', async () => {
    await open();
    await widget.click(200, 150);
    const before = await widget.area();
    await widget.run(async (element) => {
      const parent = element.parentElement!;
      element.remove();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const page = globalThis as unknown as { fakes: { closed: boolean }[]; wasClosed: boolean };
      page.wasClosed = page.fakes[0].closed;
      parent.append(element);
    });
    expect(await widget.run(() => (globalThis as unknown as { wasClosed: boolean }).wasClosed)).toBe(true);
    await widget.ready();
    await expect.poll(() => widget.area()).toBe(before);
  });

  test('moving it inside the page keeps everything', async () => {
    await open();
    await widget.click(200, 150);
    const kept = await widget.run(async (element) => {
      const { annotator } = element;
      document.body.prepend(element);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return element.annotator === annotator && element.value.objects.length === 1;
    });
    expect(kept).toBe(true);
  });
});
