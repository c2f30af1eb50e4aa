import type { CDPSession } from 'playwright';
import { describe, expect, test } from 'vitest';
import { missing } from './chromium.js';
import { type OpenOptions, useWidgets, type Widget } from './test-page.js';

// Real pointer, touch and key events of a real browser, on a segmenter that draws discs: what is tested is the hand.
describe.skipIf(missing !== null)('gestures', () => {
  const widgets = useWidgets({ attributes: 'src="/examples/photos/cat.jpg"', page: { fake: true } });
  let widget: Widget;
  const open = async (attributes = '', options: OpenOptions = {}) => {
    widget = await widgets.open(attributes, options);
  };
  const clicks = async () => (await widget.value()).objects[0]?.prompt.clicks ?? [];
  const disc = Math.PI * 40 * 40;
  const near = (value: number, expected: number) => expect(Math.abs(value - expected) / expected).toBeLessThan(0.03);

  describe('mouse', () => {
    test('a click makes a mask where it was made', async () => {
      await open();
      await widget.click(200, 150);
      const [click] = await clicks();
      expect(click.label).toBe('positive');
      expect(Math.hypot(click.x - 200, click.y - 150)).toBeLessThan(1);
      near(await widget.area(), disc);
    });

    test('under a transform that comes later, and a border, a click lands where it was made', async () => {
      await open();
      const seen = () =>
        widget.run((element) => {
          const canvas = element.shadowRoot!.querySelector('canvas')!;
          const { left, top, width, height } = canvas.getBoundingClientRect();
          const { clientWidth, clientHeight } = canvas;
          return { x: left + width / 2, y: top + height / 2, clientWidth, clientHeight };
        });
      const isCentred = async () => Math.abs((await widget.at(225.5, 150)).x - (await seen()).x) < 0.5;
      await widget.page.addStyleTag({ content: 'clickmask-annotator::part(stage){border:4px solid red}' });
      await expect.poll(isCentred).toBe(true);
      await widget.run((element) => {
        element.style.transform = 'scale(.5)';
      });
      expect(await isCentred()).toBe(true);
      const { clientWidth, clientHeight, ...middle } = await seen();
      // The picture of 451 x 300 lies in the middle of the stage, with 16 px of room around it.
      const scale = 0.5 * Math.min((clientWidth - 32) / 451, (clientHeight - 32) / 300);
      await widget.page.mouse.click(middle.x + 100 * scale, middle.y - 50 * scale);
      await widget.settled();
      const [click] = await clicks();
      expect(Math.hypot(click.x - 325.5, click.y - 100)).toBeLessThan(1.5);
      const there = await widget.at(325.5, 100);
      expect(Math.hypot(there.x - middle.x - 100 * scale, there.y - middle.y + 50 * scale)).toBeLessThan(0.6);
    });

    test('Shift and Alt turn the sign of a click round', async () => {
      await open();
      await widget.click(200, 150);
      await widget.click(215, 150, { modifier: 'Shift' });
      await widget.click(100, 150, { modifier: 'Alt' });
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative', 'negative']);
      expect(await widget.area()).toBeLessThan(disc);
    });

    test('the visible toggle changes what a plain click means', async () => {
      await open();
      await widget.click(200, 150);
      await widget.page.getByRole('button', { name: 'Take away from the object' }).click();
      await widget.click(215, 150);
      await widget.page.keyboard.press('x');
      await widget.click(100, 100);
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative', 'positive']);
    });

    test('the right button makes negative clicks where the page wants it, and none where not', async () => {
      await open('right-click="negative"');
      await widget.click(200, 150);
      await widget.click(215, 150, { button: 'right' });
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative']);
      await widget.run((element) => element.removeAttribute('right-click'));
      await widget.click(100, 100, { button: 'right' });
      expect(await clicks()).toHaveLength(2);
    });

    test('a click outside the picture does nothing', async () => {
      await open();
      const corner = await widget.at(0, 0);
      await widget.page.mouse.click(corner.x - 8, corner.y - 8);
      expect((await widget.value()).objects).toEqual([]);
    });

    test('a box starts an object', async () => {
      await open();
      await widget.page.keyboard.press('Tab');
      await widget.page.getByRole('button', { name: 'Box around the object' }).click();
      const from = await widget.at(100, 80);
      const to = await widget.at(300, 200);
      await widget.page.mouse.move(from.x, from.y);
      await widget.page.mouse.down();
      await widget.page.mouse.move(to.x, to.y, { steps: 5 });
      await widget.page.mouse.up();
      await widget.settled();
      near(await widget.area(), 200 * 120);
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('click');
    });

    test('a click can be moved by dragging and deleted by key, and all of it undone', async () => {
      await open();
      await widget.click(200, 150);
      const from = await widget.at(200, 150);
      const to = await widget.at(300, 100);
      await widget.page.mouse.move(from.x, from.y);
      await widget.page.mouse.down();
      await widget.page.mouse.move(to.x, to.y, { steps: 4 });
      await widget.page.mouse.up();
      await widget.settled();
      const [moved] = await clicks();
      expect(Math.hypot(moved.x - 300, moved.y - 100)).toBeLessThan(1.5);
      await widget.page.mouse.click(to.x, to.y);
      await widget.page.keyboard.press('Delete');
      await widget.settled();
      expect(await clicks()).toEqual([]);
      expect(await widget.area()).toBe(0);
      await widget.page.keyboard.press('Control+z');
      await widget.page.keyboard.press('Control+z');
      const [back] = await clicks();
      expect(Math.hypot(back.x - 200, back.y - 150)).toBeLessThan(1);
    });

    test('undo and redo bring back clicks and masks without asking the segmenter', async () => {
      await open('no-preview');
      await widget.click(100, 100);
      const first = await widget.area();
      await widget.click(300, 200);
      const second = await widget.area();
      const asked = () =>
        widget.run(() => (globalThis as unknown as { fakes: { calls: unknown[] }[] }).fakes[0].calls.length);
      const before = await asked();
      await widget.page.getByRole('button', { name: 'Undo', exact: true }).click();
      expect(await widget.area()).toBe(first);
      await widget.page.getByRole('button', { name: 'Redo' }).click();
      expect(await widget.area()).toBe(second);
      await widget.page.keyboard.press('Control+z');
      await widget.page.keyboard.press('Control+z');
      expect((await widget.value()).objects).toEqual([]);
      await widget.page.keyboard.press('Control+Shift+z');
      expect(await widget.area()).toBe(first);
      expect(await asked()).toBe(before);
    });

    test('brush and eraser change the mask, hold against later clicks, and feed them', async () => {
      await open('no-preview');
      await widget.click(100, 150);
      const before = await widget.area();
      const drag = async (x1: number, x2: number) => {
        const from = await widget.at(x1, 150);
        const to = await widget.at(x2, 150);
        await widget.page.mouse.move(from.x, from.y);
        await widget.page.mouse.down();
        await widget.page.mouse.move(to.x, to.y, { steps: 8 });
        await widget.page.mouse.up();
      };
      await widget.page.keyboard.press('b');
      await drag(250, 320);
      const painted = await widget.area();
      expect(painted).toBeGreaterThan(before + 70 * 8);
      await widget.page.keyboard.press('e');
      await drag(60, 140);
      const erased = await widget.area();
      expect(erased).toBeLessThan(painted - 60 * 8);
      await widget.page.keyboard.press('v');
      await widget.click(100, 250);
      const start = (await widget.value()).objects[0].prompt.start;
      expect(start).not.toBeNull();
      const holds = await widget.run((element) => {
        const mask = element.getResult('mask')!;
        return [mask.data[150 * mask.width + 100], mask.data[150 * mask.width + 290]];
      });
      expect(holds).toEqual([0, 1]);
      await widget.page.keyboard.press('Control+z');
      expect(await widget.area()).toBe(erased);
      await widget.page.keyboard.press('Control+z');
      expect(await widget.area()).toBe(painted);
    });

    test('the wheel zooms around the pointer; clicks still land where they are made', async () => {
      await open();
      // Wheel events come at whole px: the point under one of those must stay where it is.
      const exact = await widget.at(300, 200);
      const anchor = { x: Math.round(exact.x), y: Math.round(exact.y) };
      const unit = (await widget.at(301, 200)).x - exact.x;
      const under = { x: 300 + (anchor.x - exact.x) / unit, y: 200 + (anchor.y - exact.y) / unit };
      await widget.page.mouse.move(anchor.x, anchor.y);
      for (let i = 0; i < 5; i++) await widget.page.mouse.wheel(0, -200);
      await widget.page.waitForTimeout(50);
      const after = await widget.at(under.x, under.y);
      expect(Math.hypot(after.x - anchor.x, after.y - anchor.y)).toBeLessThan(0.01);
      const other = await widget.at(under.x + 10, 200);
      expect(other.x - after.x).toBeGreaterThan(30);
      await widget.click(310, 205);
      const [click] = await clicks();
      expect(Math.hypot(click.x - 310, click.y - 205)).toBeLessThan(0.5);
    });

    test('with wheel="modifier" the plain wheel is left to the page', async () => {
      await open('wheel="modifier"');
      const anchor = await widget.at(200, 150);
      await widget.page.mouse.move(anchor.x, anchor.y);
      await widget.page.mouse.wheel(0, -300);
      const x = (await widget.at(210, 150)).x - (await widget.at(200, 150)).x;
      await widget.page.keyboard.down('Control');
      await widget.page.mouse.wheel(0, -300);
      await widget.page.keyboard.up('Control');
      await widget.page.waitForTimeout(50);
      const zoomed = (await widget.at(210, 150)).x - (await widget.at(200, 150)).x;
      expect(x).toBeLessThan(30);
      expect(zoomed).toBeGreaterThan(x * 1.2);
    });

    test('space and drag, the middle button, and dragging itself move the picture without clicking', async () => {
      await open();
      const drag = async (button: 'left' | 'middle') => {
        const start = await widget.at(200, 150);
        await widget.page.mouse.move(start.x, start.y);
        await widget.page.mouse.down({ button });
        await widget.page.mouse.move(start.x + 60, start.y + 30, { steps: 3 });
        await widget.page.mouse.up({ button });
        const end = await widget.at(200, 150);
        return [end.x - start.x, end.y - start.y].map(Math.round);
      };
      await widget.run((element) => element.annotator!.focus());
      await widget.page.keyboard.down(' ');
      expect(await drag('left')).toEqual([60, 30]);
      await widget.page.keyboard.up(' ');
      expect(await drag('middle')).toEqual([60, 30]);
      expect(await drag('left')).toEqual([60, 30]);
      await widget.page.keyboard.press('0');
      expect((await widget.value()).objects).toEqual([]);
    });

    test('a click is computed while its button is down, and dragging instead makes none', async () => {
      await open('no-preview');
      const asked = () =>
        widget.run(() => (globalThis as unknown as { fakes: { calls: unknown[] }[] }).fakes[0].calls.length);
      const point = await widget.at(200, 150);
      await widget.page.mouse.move(point.x, point.y);
      await widget.page.mouse.down();
      await expect.poll(asked).toBe(1);
      expect((await widget.value()).objects).toEqual([]);
      await widget.page.mouse.up();
      await widget.settled();
      near(await widget.area(), disc);
      expect(await asked()).toBe(1);
      const other = await widget.at(100, 100);
      await widget.page.mouse.move(other.x, other.y);
      await widget.page.mouse.down();
      await widget.page.mouse.move(other.x + 50, other.y, { steps: 4 });
      await widget.page.mouse.up();
      expect(await clicks()).toHaveLength(1);
      near(await widget.area(), disc);
    });

    test('the preview shows under the pointer, and a click on it needs no second answer', async () => {
      await open();
      const point = await widget.at(200, 150);
      await widget.page.mouse.move(point.x, point.y);
      const painted = () =>
        widget.run((element) => {
          const canvas = element.shadowRoot!.querySelectorAll('canvas')[1];
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
          return count;
        });
      await expect.poll(painted).toBeGreaterThan(1000);
      expect((await widget.value()).objects).toEqual([]);
      await widget.page.mouse.down();
      await widget.page.mouse.up();
      await widget.settled();
      near(await widget.area(), disc);
      const asked = await widget.run(
        () => (globalThis as unknown as { fakes: { calls: unknown[] }[] }).fakes[0].calls.length,
      );
      expect(asked).toBe(1);
      await widget.page.mouse.move(0, 0);
      await expect.poll(painted).toBeGreaterThan(1000);
    });
  });

  describe('keyboard alone', () => {
    test('from the first Tab to an accepted object', async () => {
      await open('classes="cat, dog"');
      const { page } = widget;
      await widget.run((element) => {
        (globalThis as unknown as { got: unknown[] }).got = [];
        element.addEventListener('clickmask-accept', ({ detail }) => {
          (globalThis as unknown as { got: unknown[] }).got.push({ id: detail.id, classId: detail.classId });
        });
      });
      // One stop for the toolbar, the next is the picture.
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      expect(await widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('role'))).toBe(
        'application',
      );
      await page.keyboard.press('ArrowRight');
      for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await widget.settled();
      const [first] = await clicks();
      expect(first.label).toBe('positive');
      expect(first.x).toBeLessThan(225);
      expect(await widget.announced()).toMatch(/^Mask covers \d.*clicks: 1\.$/);
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+Enter');
      await widget.settled();
      expect((await clicks())[1].label).toBe('negative');
      // Select the second click, move it, delete it.
      await page.keyboard.press(',');
      expect(await widget.announced()).toContain('Click 2 of 2');
      const before = (await clicks())[1];
      await page.keyboard.press('ArrowDown');
      await widget.settled();
      expect((await clicks())[1].y).toBeGreaterThan(before.y);
      await page.keyboard.press('Delete');
      await widget.settled();
      expect(await clicks()).toHaveLength(1);
      await page.keyboard.press('2');
      await page.keyboard.press('n');
      expect(await widget.run(() => (globalThis as unknown as { got: unknown[] }).got)).toEqual([
        { id: 'object-1', classId: 'dog' },
      ]);
      expect(await widget.announced()).toBe('Object accepted.');
      expect((await widget.value()).activeId).toBeNull();
      // The class sticks to the next object.
      await page.keyboard.press('Enter');
      await widget.settled();
      expect((await widget.value()).objects[1].classId).toBe('dog');
      await page.keyboard.press('PageUp');
      expect((await widget.value()).activeId).toBe('object-1');
    });

    test('a box: Enter at one corner, Enter at the other, Escape in between lets it be', async () => {
      await open('no-preview');
      const { page } = widget;
      await widget.run((element) => element.annotator!.focus());
      await page.keyboard.press('r');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Enter');
      expect(await widget.announced()).toMatch(/^First corner set\./);
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+ArrowLeft');
      expect((await widget.value()).objects).toEqual([]);
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('box');
      await page.keyboard.press('Enter');
      for (let i = 0; i < 2; i++) await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+ArrowDown');
      await page.keyboard.press('Enter');
      await widget.settled();
      const { box } = (await widget.value()).objects[0].prompt;
      const scale = (await widget.at(1, 0)).x - (await widget.at(0, 0)).x;
      expect((box!.x2 - box!.x1) * scale).toBeCloseTo(120, 0);
      expect((box!.y2 - box!.y1) * scale).toBeCloseTo(60, 0);
      near(await widget.area(), (box!.x2 - box!.x1) * (box!.y2 - box!.y1));
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('click');
      await page.keyboard.press('Control+z');
      expect((await widget.value()).objects).toEqual([]);
    });

    test('brush and eraser: Enter puts them down and lifts them, with Shift the other of the two', async () => {
      await open('no-preview');
      const { page } = widget;
      await widget.run((element) => element.annotator!.focus());
      await page.keyboard.press('b');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Enter');
      expect(await widget.announced()).toMatch(/^Brush down\./);
      for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
      expect(await widget.area()).toBe(0);
      await page.keyboard.press('Enter');
      expect(await widget.announced()).toBe('Brush lifted.');
      const scale = (await widget.at(1, 0)).x - (await widget.at(0, 0)).x;
      const capsule = (length: number) => (Math.PI * 14 * 14 + 28 * length) / scale ** 2;
      near(await widget.area(), capsule(180));
      const painted = await widget.area();
      // Shift turns the brush into an eraser for one stroke.
      await page.keyboard.press('Shift+Enter');
      await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('Enter');
      const erased = await widget.area();
      expect(erased).toBeLessThan(painted * 0.75);
      await page.keyboard.press('e');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('Enter');
      expect(await widget.area()).toBeLessThan(erased * 0.75);
      // A stroke that another tool interrupts is not made.
      await page.keyboard.press('Enter');
      await page.keyboard.press('v');
      const kept = await widget.area();
      await page.keyboard.press('Control+z');
      expect(await widget.area()).toBe(erased);
      await page.keyboard.press('Control+y');
      expect(await widget.area()).toBe(kept);
    });

    test('with the hand, arrows move the picture', async () => {
      await open('no-preview');
      await widget.run((element) => element.annotator!.focus());
      await widget.page.keyboard.press('h');
      const before = await widget.at(200, 150);
      await widget.page.keyboard.press('ArrowRight');
      await widget.page.keyboard.press('ArrowDown');
      const after = await widget.at(200, 150);
      expect([after.x - before.x, after.y - before.y].map(Math.round)).toEqual([-40, -40]);
    });

    test('one key goes through the readings of a click', async () => {
      await open('no-preview');
      await widget.click(200, 150);
      const areas = [await widget.area()];
      for (let i = 0; i < 3; i++) {
        await widget.page.keyboard.press('c');
        await widget.settled();
        areas.push(await widget.area());
      }
      near(areas[1], Math.PI * 20 * 20);
      near(areas[2], Math.PI * 70 * 70);
      expect(areas[3]).toBe(areas[0]);
    });

    test('keys zoom, and the toolbar is one stop with arrows inside', async () => {
      await open();
      await widget.run((element) => element.annotator!.focus());
      const scale = async () => (await widget.at(100, 0)).x - (await widget.at(0, 0)).x;
      const fitted = await scale();
      await widget.page.keyboard.press('+');
      expect(await scale()).toBeGreaterThan(fitted * 1.3);
      await widget.page.keyboard.press('0');
      expect(await scale()).toBeCloseTo(fitted, 5);
      await widget.page.keyboard.press('Shift+Tab');
      const name = () => widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('aria-label'));
      expect(await name()).toBe('Add to the object');
      await widget.page.keyboard.press('ArrowRight');
      expect(await name()).toBe('Take away from the object');
      await widget.page.keyboard.press('End');
      expect(await name()).toBe('Accept object');
    });

    test('the classes are one stop, and arrows choose', async () => {
      await open('classes="cat, dog"');
      await widget.page.getByRole('radio', { name: 'cat' }).click();
      const chosen = () =>
        widget.run((element) => {
          const all = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[role="radio"]')];
          const stops = all.filter(({ tabIndex }) => tabIndex === 0);
          const checked = all.filter((chip) => chip.getAttribute('aria-checked') === 'true');
          const names = [stops, checked, [element.shadowRoot!.activeElement as HTMLElement]];
          return names.map((list) => list.map((chip) => chip.getAttribute('data-id')));
        });
      expect(await chosen()).toEqual([['cat'], ['cat'], ['cat']]);
      await widget.page.keyboard.press('ArrowDown');
      expect(await chosen()).toEqual([['dog'], ['dog'], ['dog']]);
      await widget.page.keyboard.press('End');
      expect(await chosen()).toEqual([[''], [''], ['']]);
      await widget.page.keyboard.press('ArrowRight');
      expect(await chosen()).toEqual([['cat'], ['cat'], ['cat']]);
      expect(await widget.run((element) => element.annotator!.classId)).toBe('cat');
    });

    test('in a dialog, Escape takes back what there is and then closes it', async () => {
      await open('no-preview');
      await widget.run((element) => {
        const dialog = document.createElement('dialog');
        dialog.style.width = '800px';
        document.body.append(dialog);
        dialog.append(element);
        dialog.showModal();
      });
      await widget.click(200, 150);
      expect((await widget.value()).activeId).toBe('object-1');
      const isOpen = () => widget.run((element) => (element.parentElement as HTMLDialogElement).open);
      await widget.page.keyboard.press('Escape');
      expect([(await widget.value()).activeId, await isOpen()]).toEqual([null, true]);
      await widget.page.keyboard.press('Escape');
      await expect.poll(isOpen).toBe(false);
    });

    test('the focus goes to the picture where "Try again" goes away', async () => {
      await open();
      await widget.run((element) => element.load('/examples/photos/no-such.jpg').catch(() => {}));
      const retry = widget.page.getByRole('button', { name: 'Try again' });
      await retry.focus();
      await widget.run((element) => element.load('/examples/photos/cat.jpg'));
      await expect.poll(() => retry.isVisible()).toBe(false);
      expect(await widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('role'))).toBe(
        'application',
      );
    });

    test('keys pressed outside the widget do nothing to it', async () => {
      await open('no-preview');
      await widget.click(200, 150);
      await widget.page.evaluate(() => {
        const field = document.createElement('input');
        field.id = 'field';
        document.body.append(field);
      });
      await widget.page.locator('#field').focus();
      await widget.page.keyboard.press('Control+z');
      await widget.page.keyboard.press('Delete');
      expect(await clicks()).toHaveLength(1);
    });

    test('the list of keys opens and closes, and gives the focus back', async () => {
      await open();
      await widget.run((element) => element.annotator!.focus());
      await widget.page.keyboard.press('?');
      await expect.poll(() => widget.page.getByRole('dialog').isVisible()).toBe(true);
      const keys = await widget.page.getByRole('dialog').locator('kbd').allTextContents();
      expect(keys).toEqual(expect.arrayContaining(['Escape', 'V', 'Ctrl + ←', 'Ctrl + ↓']));
      await widget.page.keyboard.press('Escape');
      await expect.poll(() => widget.page.getByRole('dialog').isVisible()).toBe(false);
      expect(await widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('role'))).toBe(
        'application',
      );
    });
  });

  describe('touch', () => {
    let cdp: CDPSession;
    const touch = (type: string, ...points: { x: number; y: number }[]) =>
      cdp.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: points.map(({ x, y }, id) => ({ x, y, id })),
      });
    const openTouch = async () => {
      await open('', { hasTouch: true, isMobile: true, viewport: { width: 420, height: 700 } });
      cdp = await widget.page.context().newCDPSession(widget.page);
    };

    test('a tap clicks, a long press clicks with the other sign, and undo is a visible button', async () => {
      await openTouch();
      const point = await widget.at(200, 150);
      await touch('touchStart', point);
      await touch('touchEnd');
      await widget.settled();
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive']);
      const other = await widget.at(260, 150);
      await touch('touchStart', other);
      await widget.page.waitForTimeout(700);
      await touch('touchEnd');
      await widget.settled();
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative']);
      const undo = widget.page.getByRole('button', { name: 'Undo', exact: true });
      const box = (await undo.boundingBox())!;
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
      await undo.tap();
      expect(await clicks()).toHaveLength(1);
    });

    test('two fingers zoom and move, one finger moves, and neither clicks', async () => {
      await openTouch();
      const a = await widget.at(180, 150);
      const b = await widget.at(220, 150);
      const before = b.x - a.x;
      await touch('touchStart', a, b);
      for (let i = 1; i <= 5; i++) await touch('touchMove', { x: a.x - 8 * i, y: a.y }, { x: b.x + 8 * i, y: b.y });
      await touch('touchEnd');
      const after = (await widget.at(220, 150)).x - (await widget.at(180, 150)).x;
      expect(after / before).toBeCloseTo((before + 80) / before, 1);
      const start = await widget.at(200, 150);
      await touch('touchStart', start);
      for (let i = 1; i <= 4; i++) await touch('touchMove', { x: start.x + 10 * i, y: start.y });
      await touch('touchEnd');
      expect((await widget.at(200, 150)).x - start.x).toBeCloseTo(40, 0);
      expect((await widget.value()).objects).toEqual([]);
    });
  });
});
