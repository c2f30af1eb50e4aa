import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { ClickmaskAnnotatorElement } from '../src/index.js';
import { missing } from './browsers/index.js';
import { type ChromiumWidget, useWidgets } from './test-page.js';
import { violations } from './violations.js';

const pictures = fileURLToPath(new URL('../../../test-results/browser-widget/', import.meta.url));
const src = 'src="/examples/photos/cat.jpg" no-preview';

const notice = (widget: ChromiumWidget) =>
  widget.run((element) => element.shadowRoot!.querySelector('.notice')!.textContent ?? '');
const status = (widget: ChromiumWidget) =>
  widget.run((element) => element.shadowRoot!.querySelector('.status .text')!.textContent ?? '');

describe.skipIf(missing !== null)('clear at first sight', () => {
  const widgets = useWidgets({ page: { fake: true } });

  test('hints stay until what they tell of was done once', async () => {
    const widget = await widgets.open(`${src} right-click="negative"`);
    expect(await notice(widget)).toBe('Click on an object in the image.');
    await widget.click(200, 150);
    await expect.poll(() => notice(widget)).toMatch(/^Too much\? Right-click or Shift \+ click/);
    await widget.click(100, 100);
    expect(await notice(widget)).toMatch(/^Too much/);
    await widget.click(215, 150, { modifier: 'Shift' });
    await expect.poll(() => notice(widget)).toMatch(/^Done\? Accept the object \(N\)/);
    await widget.hand.press('n');
    await widget.click(300, 200);
    await expect.poll(() => notice(widget)).toBe('');
  });

  test('the readings of a first click are small images; one key or press takes one', async () => {
    const widget = await widgets.open(src);
    const shown = () =>
      widget.run((element) =>
        [...element.shadowRoot!.querySelectorAll('.readings button')].map((one) => one.getAttribute('aria-pressed')),
      );
    await widget.click(200, 150);
    await expect.poll(shown).toEqual(['true', 'false', 'false']);
    await widget.hand.press('d');
    await widget.settled();
    expect(Math.abs((await widget.area()) / (Math.PI * 70 * 70) - 1)).toBeLessThan(0.03);
    expect(await shown()).toEqual(['false', 'false', 'true']);
    await widget.press('Candidate 2 of 3.');
    await widget.settled();
    expect(Math.abs((await widget.area()) / (Math.PI * 20 * 20) - 1)).toBeLessThan(0.03);
    await widget.hand.press('Control+z');
    expect(await shown()).toEqual(['false', 'false', 'true']);
    await widget.click(260, 150);
    expect(await shown()).toEqual([]);
  });

  test('help shows what mouse, fingers and keys do, with the keys that there are', async () => {
    const widget = await widgets.open(`${src} classes="cat, dog, bird"`);
    await widget.press('Help');
    const help = await widget.run((element) => {
      const dialog = element.shadowRoot!.querySelector('dialog')!;
      return {
        titles: [...dialog.querySelectorAll('h3')].map(({ textContent }) => textContent),
        classes: [...dialog.querySelectorAll('dd')]
          .filter(({ textContent }) => textContent === 'Choose a class')
          .map((row) => row.previousElementSibling!.textContent),
      };
    });
    expect(help).toEqual({ titles: ['Mouse', 'Touch', 'Keys'], classes: ['123'] });
  });

  test('the eraser never leaves an object without a pixel, and says why', async () => {
    const widget = await widgets.open(`${src} brush-radius="100"`);
    await widget.click(200, 150);
    const before = await widget.area();
    await widget.hand.press('e');
    const point = await widget.at(200, 150);
    await widget.clickAt(point);
    expect(await widget.area()).toBe(before);
    expect(await status(widget)).toBe('The eraser would leave nothing. Delete the object instead.');
    await widget.hand.press('b');
    await widget.clickAt(await widget.at(60, 60));
    expect(await status(widget)).toMatch(/^Mask covers \d/);
  });

  test('keyboard box: the first Enter sets the corner', async () => {
    const widget = await widgets.open(src);
    await widget.run((element) => element.annotator!.focus());
    await widget.hand.press('r');
    await widget.hand.press('Enter');
    expect(await widget.announced()).toMatch(/^First corner set\./);
    await widget.hand.press('Shift+ArrowRight');
    await widget.hand.press('Shift+ArrowDown');
    await widget.hand.press('Enter');
    await widget.settled();
    expect((await widget.value()).objects[0].prompt.box).not.toBeNull();
  });
});

describe.skipIf(missing !== null)('no work lost', () => {
  const widgets = useWidgets({ page: { fake: true } });

  /** Hands a file to the widget as a drop or a paste would; tells whether the page was kept from leaving for it. */
  const give = (widget: ChromiumWidget, how: 'drop' | 'paste', address = '/examples/photos/coffee.jpg') =>
    widget.page.evaluate(
      async ([type, from]) => {
        const element = document.querySelector('#a') as ClickmaskAnnotatorElement;
        const target = element.shadowRoot!.querySelector('.stage')!;
        const data = new DataTransfer();
        data.items.add(
          new File([await (await fetch(from)).blob()], 'coffee.jpg', { type: 'image/jpeg', lastModified: 1 }),
        );
        const options = { bubbles: true, cancelable: true, composed: true };
        const event =
          type === 'drop'
            ? new DragEvent('drop', { ...options, dataTransfer: data })
            : new ClipboardEvent('paste', { ...options, clipboardData: data });
        target.dispatchEvent(event);
        return event.defaultPrevented;
      },
      [how, address] as const,
    );
  const width = (widget: ChromiumWidget) => widget.run((element) => element.annotator!.pictureSize!.width);

  test.each(['drop', 'paste'] as const)('an image by %s is shown, told, and has its objects back', async (how) => {
    const widget = await widgets.open(src);
    await widget.run((element) => {
      (globalThis as unknown as { told: string[] }).told = [];
      element.addEventListener('clickmask-picture', ({ detail }) =>
        (globalThis as unknown as { told: string[] }).told.push(detail.source.name),
      );
    });
    await widget.click(200, 150);
    expect(await give(widget, how)).toBe(true);
    await expect.poll(() => width(widget)).toBe(600);
    await widget.ready();
    await widget.click(100, 100);
    expect(await widget.run(() => (globalThis as unknown as { told: string[] }).told)).toEqual(['coffee.jpg']);
    await widget.run((element) => element.load('/examples/photos/cat.jpg'));
    expect((await widget.value()).objects[0].prompt.clicks[0].x).toBeCloseTo(200, 0);
    await give(widget, how);
    await expect.poll(() => width(widget)).toBe(600);
    expect((await widget.value()).objects[0].prompt.clicks[0].x).toBeCloseTo(100, 0);
  });

  test('the page decides what becomes of dropped files', async () => {
    const widget = await widgets.open(`${src} files="ignore"`);
    expect(await give(widget, 'drop')).toBe(true);
    await widget.run((element) => element.setAttribute('files', 'page'));
    expect(await give(widget, 'drop')).toBe(false);
    await widget.run((element) => element.setAttribute('files', 'load'));
    await widget.run((element) => element.setAttribute('readonly', ''));
    expect(await give(widget, 'drop')).toBe(true);
    await widget.page.waitForTimeout(100);
    expect(await width(widget)).toBe(451);
  });

  test('with persist, each image has its objects back on the next visit', async () => {
    const widget = await widgets.open(`${src} persist="work"`);
    await widget.click(200, 150);
    const area = await widget.area();
    await widget.run((element) => element.load('/examples/photos/coffee.jpg'));
    await widget.ready();
    await widget.click(100, 100);
    await widget.page.reload();
    await widget.ready();
    expect(await widget.area()).toBe(area);
    // What was brought back is gone on from.
    await widget.click(215, 150, { modifier: 'Shift' });
    expect((await widget.value()).objects).toHaveLength(1);
    expect(await widget.area()).toBeLessThan(area);
    await widget.run((element) => element.load('/examples/photos/coffee.jpg'));
    expect((await widget.value()).objects[0].prompt.clicks[0].x).toBeCloseTo(100, 0);
    // What the user deletes stays deleted; without persist nothing comes back.
    await widget.run((element) => element.annotator!.remove(element.value.objects[0].id));
    await widget.run((element) => element.load('/examples/photos/cat.jpg'));
    await widget.page.reload();
    await widget.ready();
    await widget.run((element) => element.load('/examples/photos/coffee.jpg'));
    expect((await widget.value()).objects).toEqual([]);
    await widget.run((element) => {
      element.removeAttribute('persist');
      return element.load('/examples/photos/rocket.jpg');
    });
    expect((await widget.value()).objects).toEqual([]);
  });

  test('asks before the page is left with unsaved changes, where that is wished', async () => {
    const widget = await widgets.open(`${src} warn-before-leaving`);
    const isAsked = () =>
      widget.run(() => {
        const event = new Event('beforeunload', { cancelable: true });
        globalThis.dispatchEvent(event);
        return event.defaultPrevented;
      });
    expect(await isAsked()).toBe(false);
    await widget.click(200, 150);
    expect(await isAsked()).toBe(true);
    await widget.run((element) => element.markSaved());
    expect(await isAsked()).toBe(false);
    await widget.run((element) => {
      element.annotator!.undo();
      element.removeAttribute('warn-before-leaving');
    });
    expect(await isAsked()).toBe(false);
  });

  test('an image that cannot be opened says why', async () => {
    const widget = await widgets.open(src);
    const wide = await sharp({ create: { width: 66_000, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const jpeg = await sharp({ create: { width: 40, height: 40, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const whys = async (bytes: Uint8Array) =>
      widget.page.evaluate(
        async (list) => {
          const element = document.querySelector('#a') as ClickmaskAnnotatorElement;
          return element.load(Uint8Array.from(list)).then(
            () => 'opened',
            (error: Error) => error.message,
          );
        },
        [...bytes],
      );
    const text = (words: string) => new TextEncoder().encode(words);
    expect(await whys(new Uint8Array(0))).toMatch(/is empty/);
    expect(await whys(text('\n<!DOCTYPE html><title>Log in'))).toMatch(/returned a web page/);
    expect(await whys(jpeg.subarray(0, 200))).toMatch(/damaged JPEG/);
    expect(await whys(text('II*\0 and more'))).toMatch(/is a TIFF file, which this browser cannot read/);
    expect(await whys(text('hello'))).toMatch(/no known format/);
    expect(await whys(wide)).toMatch(
      /sides that a canvas of this browser can hold for the image but received "66000 x 4/,
    );
    expect(await status(widget)).toMatch(/66000/);
  });
});

describe.skipIf(missing !== null)('small screens', () => {
  const widgets = useWidgets({ page: { fake: true } });
  mkdirSync(pictures, { recursive: true });
  const sizes = [
    ['phone', 360, 640, 'en'],
    ['large-phone', 390, 844, 'ar'],
    ['landscape', 844, 390, 'en'],
    ['tablet', 820, 1180, 'de'],
  ] as const;

  test.each(sizes)('%s, %i x %i, in %s', async (name, width, height, lang) => {
    const attributes = `${src} classes="cat, dog, a class with a long name" lang="${lang}" style="--clickmask-height:100dvh"`;
    const widget = await widgets.open(attributes, { viewport: { width, height }, hasTouch: true, isMobile: true });
    const shot = (state: string) => widget.page.screenshot({ path: `${pictures}${name}-${state}.png` });
    const stageNow = () =>
      widget.run((element) => {
        const { x, y, width: w, height: h } = element.shadowRoot!.querySelector('.stage')!.getBoundingClientRect();
        return { x, y, w, h };
      });
    const before = await stageNow();
    expect(before.h).toBeGreaterThan(height * 0.5);
    expect(await violations(widget.page)).toEqual([]);
    await shot('empty');
    const tap = async (x: number, y: number) => {
      const point = await widget.at(x, y);
      await widget.page.touchscreen.tap(point.x, point.y);
      await widget.settled();
    };
    await tap(200, 150);
    await expect
      .poll(() => widget.run((element) => element.shadowRoot!.querySelectorAll('.readings button').length))
      .toBe(3);
    await shot('readings');
    expect(await violations(widget.page)).toEqual([]);
    // Many objects leave the image where it is.
    await widget.run((element) => {
      const { annotator } = element;
      for (let i = 0; i < 12; i++)
        annotator!.addObject([{ outer: Float64Array.of(10, 10, 20, 10, 20, 20), holes: [] }]);
    });
    await widget.page.waitForTimeout(50);
    expect(await stageNow()).toEqual(before);
    // One row of tools where it is narrow; what is not in it is in the sheet.
    const rows = await widget.run((element) => {
      const all = [...element.shadowRoot!.querySelectorAll('[role="toolbar"] button')];
      return [...new Set(all.map((one) => Math.round(one.getBoundingClientRect().y)))].filter((y) => y > 0).length;
    });
    expect(rows).toBe(1);
    if (width < 700) {
      const [more, brush, settings] =
        lang === 'ar' ? ['أدوات أخرى', 'فرشاة', 'الإعدادات'] : ['More tools', 'Brush', 'Settings'];
      await widget.press(more);
      await shot('sheet');
      expect(await violations(widget.page)).toEqual([]);
      await widget.press(brush);
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('brush');
      expect(await widget.boxOf(brush)).toBeNull();
      await widget.press(more);
      await widget.press(settings);
      await shot('settings');
      expect(await violations(widget.page)).toEqual([]);
      await widget.hand.press('Escape');
    }
    expect(await widget.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await widget.run((element) => element.annotator!.command('help'));
    await expect.poll(() => widget.run((element) => element.shadowRoot!.querySelector('dialog')!.open)).toBe(true);
    await shot('help');
    expect(await violations(widget.page)).toEqual([]);
  });
});
