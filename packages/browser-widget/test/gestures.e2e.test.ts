import { describe, expect, test } from 'vitest';
import { chromium, firefox } from './browsers/index.js';
import { type AnyOptions, useWidgetsIn, type Widget } from './test-page.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// Real pointer, touch and key events of a real browser, on a segmenter that draws discs: what is tested is the hand.
describe.each([chromium, firefox])('gestures in $name', (kind) => {
  if (kind.missing !== null) return test.skip(kind.missing, () => {});
  const widgets = useWidgetsIn(kind, { attributes: 'src="/examples/photos/cat.jpg"' });
  let widget: Widget;
  const open = async (attributes = '', options: AnyOptions = {}) => {
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
      await widget.run(() => {
        const style = document.createElement('style');
        style.textContent = 'clickmask-annotator::part(stage){border:4px solid red}';
        document.head.append(style);
      });
      await expect.poll(isCentred).toBe(true);
      await widget.run((element) => {
        element.style.transform = 'scale(.5)';
      });
      expect(await isCentred()).toBe(true);
      const { clientWidth, clientHeight, ...middle } = await seen();
      // The image of 451 x 300 lies in the middle of the stage, with 16 px of room around it.
      const scale = 0.5 * Math.min((clientWidth - 32) / 451, (clientHeight - 32) / 300);
      await widget.clickAt({ x: middle.x + 100 * scale, y: middle.y - 50 * scale });
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
      await widget.press('Take away from the object');
      await widget.click(215, 150);
      await widget.hand.press('x');
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

    test('a click outside the image does nothing', async () => {
      await open();
      const corner = await widget.at(0, 0);
      await widget.clickAt({ x: corner.x - 8, y: corner.y - 8 });
      expect((await widget.value()).objects).toEqual([]);
    });

    test('a box starts an object', async () => {
      await open();
      await widget.hand.press('Tab');
      await widget.press('Box around the object');
      const from = await widget.at(100, 80);
      const to = await widget.at(300, 200);
      await widget.hand.move(from);
      await widget.hand.down();
      await widget.hand.move(to, 5);
      await widget.hand.up();
      await widget.settled();
      near(await widget.area(), 200 * 120);
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('click');
    });

    test('a click can be moved by dragging and deleted by key, and all of it undone', async () => {
      await open();
      await widget.click(200, 150);
      const from = await widget.at(200, 150);
      const to = await widget.at(300, 100);
      await widget.hand.move(from);
      await widget.hand.down();
      await widget.hand.move(to, 4);
      await widget.hand.up();
      await widget.settled();
      const [moved] = await clicks();
      expect(Math.hypot(moved.x - 300, moved.y - 100)).toBeLessThan(1.5);
      await widget.clickAt(to);
      await widget.hand.press('Delete');
      await widget.settled();
      expect(await clicks()).toEqual([]);
      expect(await widget.area()).toBe(0);
      await widget.hand.press('Control+z');
      await widget.hand.press('Control+z');
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
      await widget.press('Undo');
      expect(await widget.area()).toBe(first);
      await widget.press('Redo');
      expect(await widget.area()).toBe(second);
      await widget.hand.press('Control+z');
      await widget.hand.press('Control+z');
      expect((await widget.value()).objects).toEqual([]);
      await widget.hand.press('Control+Shift+z');
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
        await widget.hand.move(from);
        await widget.hand.down();
        await widget.hand.move(to, 8);
        await widget.hand.up();
      };
      await widget.hand.press('b');
      await drag(250, 320);
      const painted = await widget.area();
      expect(painted).toBeGreaterThan(before + 70 * 8);
      await widget.hand.press('e');
      await drag(60, 140);
      const erased = await widget.area();
      expect(erased).toBeLessThan(painted - 60 * 8);
      await widget.hand.press('v');
      await widget.click(100, 250);
      const start = (await widget.value()).objects[0].prompt.start;
      expect(start).not.toBeNull();
      const holds = await widget.run((element) => {
        const mask = element.getResult('mask')!;
        return [mask.data[150 * mask.width + 100], mask.data[150 * mask.width + 290]];
      });
      expect(holds).toEqual([0, 1]);
      await widget.hand.press('Control+z');
      expect(await widget.area()).toBe(erased);
      await widget.hand.press('Control+z');
      expect(await widget.area()).toBe(painted);
    });

    test('the wheel zooms around the pointer; clicks still land where they are made', async () => {
      await open();
      // Wheel events come at whole px: the point under one of those must stay where it is.
      const exact = await widget.at(300, 200);
      const anchor = { x: Math.round(exact.x), y: Math.round(exact.y) };
      const unit = (await widget.at(301, 200)).x - exact.x;
      const under = { x: 300 + (anchor.x - exact.x) / unit, y: 200 + (anchor.y - exact.y) / unit };
      await widget.hand.move(anchor);
      for (let i = 0; i < 5; i++) await widget.hand.wheel(-200);
      await pause(50);
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
      await widget.hand.move(anchor);
      await widget.hand.wheel(-300);
      const x = (await widget.at(210, 150)).x - (await widget.at(200, 150)).x;
      await widget.hand.keyDown('Control');
      await widget.hand.wheel(-300);
      await widget.hand.keyUp('Control');
      await pause(50);
      const zoomed = (await widget.at(210, 150)).x - (await widget.at(200, 150)).x;
      expect(x).toBeLessThan(30);
      expect(zoomed).toBeGreaterThan(x * 1.2);
    });

    test('space and drag, the middle button, and dragging itself move the image without clicking', async () => {
      await open();
      const drag = async (button: 'left' | 'middle') => {
        const start = await widget.at(200, 150);
        await widget.hand.move(start);
        await widget.hand.down(button);
        await widget.hand.move({ x: start.x + 60, y: start.y + 30 }, 3);
        await widget.hand.up(button);
        const end = await widget.at(200, 150);
        return [end.x - start.x, end.y - start.y].map(Math.round);
      };
      await widget.run((element) => element.annotator!.focus());
      await widget.hand.keyDown(' ');
      expect(await drag('left')).toEqual([60, 30]);
      await widget.hand.keyUp(' ');
      expect(await drag('middle')).toEqual([60, 30]);
      expect(await drag('left')).toEqual([60, 30]);
      await widget.hand.press('0');
      expect((await widget.value()).objects).toEqual([]);
    });

    test('a click is computed while its button is down, and dragging instead makes none', async () => {
      await open('no-preview');
      const asked = () =>
        widget.run(() => (globalThis as unknown as { fakes: { calls: unknown[] }[] }).fakes[0].calls.length);
      const point = await widget.at(200, 150);
      await widget.hand.move(point);
      await widget.hand.down();
      await expect.poll(asked).toBe(1);
      expect((await widget.value()).objects).toEqual([]);
      await widget.hand.up();
      await widget.settled();
      near(await widget.area(), disc);
      expect(await asked()).toBe(1);
      const other = await widget.at(100, 100);
      await widget.hand.move(other);
      await widget.hand.down();
      await widget.hand.move({ x: other.x + 50, y: other.y }, 4);
      await widget.hand.up();
      expect(await clicks()).toHaveLength(1);
      near(await widget.area(), disc);
    });

    test('the preview shows under the pointer, and a click on it needs no second answer', async () => {
      await open();
      const point = await widget.at(200, 150);
      await widget.hand.move(point);
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
      await widget.hand.down();
      await widget.hand.up();
      await widget.settled();
      near(await widget.area(), disc);
      const asked = await widget.run(
        () => (globalThis as unknown as { fakes: { calls: unknown[] }[] }).fakes[0].calls.length,
      );
      expect(asked).toBe(1);
      await widget.hand.move({ x: 0, y: 0 });
      await expect.poll(painted).toBeGreaterThan(1000);
    });
  });

  describe('keyboard alone', () => {
    test('from the first Tab to an accepted object', async () => {
      await open('classes="cat, dog"');
      const { hand } = widget;
      await widget.run((element) => {
        (globalThis as unknown as { got: unknown[] }).got = [];
        element.addEventListener('clickmask-accept', ({ detail }) => {
          (globalThis as unknown as { got: unknown[] }).got.push({ id: detail.id, classId: detail.classId });
        });
      });
      // One stop for the toolbar, the next is the image.
      await hand.press('Tab');
      await hand.press('Tab');
      expect(await widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('role'))).toBe(
        'application',
      );
      await hand.press('ArrowRight');
      for (let i = 0; i < 4; i++) await hand.press('Shift+ArrowLeft');
      await hand.press('ArrowUp');
      await hand.press('Enter');
      await widget.settled();
      const [first] = await clicks();
      expect(first.label).toBe('positive');
      expect(first.x).toBeLessThan(225);
      expect(await widget.announced()).toMatch(/^Mask covers \d.*clicks: 1\.$/);
      await hand.press('Shift+ArrowRight');
      await hand.press('Shift+Enter');
      await widget.settled();
      expect((await clicks())[1].label).toBe('negative');
      // Select the second click, move it, delete it.
      await hand.press(',');
      expect(await widget.announced()).toContain('Click 2 of 2');
      const before = (await clicks())[1];
      await hand.press('ArrowDown');
      await widget.settled();
      expect((await clicks())[1].y).toBeGreaterThan(before.y);
      await hand.press('Delete');
      await widget.settled();
      expect(await clicks()).toHaveLength(1);
      await hand.press('2');
      await hand.press('n');
      expect(await widget.run(() => (globalThis as unknown as { got: unknown[] }).got)).toEqual([
        { id: 'object-1', classId: 'dog' },
      ]);
      expect(await widget.announced()).toBe('Object accepted.');
      expect((await widget.value()).activeId).toBeNull();
      // The class sticks to the next object.
      await hand.press('Enter');
      await widget.settled();
      expect((await widget.value()).objects[1].classId).toBe('dog');
      await hand.press('PageUp');
      expect((await widget.value()).activeId).toBe('object-1');
    });

    test('a box: Enter at one corner, Enter at the other, Escape in between lets it be', async () => {
      await open('no-preview');
      const { hand } = widget;
      await widget.run((element) => element.annotator!.focus());
      await hand.press('r');
      await hand.press('ArrowLeft');
      await hand.press('Enter');
      expect(await widget.announced()).toMatch(/^First corner set\./);
      await hand.press('Shift+ArrowRight');
      await hand.press('Escape');
      await hand.press('Shift+ArrowLeft');
      expect((await widget.value()).objects).toEqual([]);
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('box');
      await hand.press('Enter');
      for (let i = 0; i < 2; i++) await hand.press('Shift+ArrowRight');
      await hand.press('Shift+ArrowDown');
      await hand.press('Enter');
      await widget.settled();
      const { box } = (await widget.value()).objects[0].prompt;
      const scale = (await widget.at(1, 0)).x - (await widget.at(0, 0)).x;
      expect((box!.x2 - box!.x1) * scale).toBeCloseTo(120, 0);
      expect((box!.y2 - box!.y1) * scale).toBeCloseTo(60, 0);
      near(await widget.area(), (box!.x2 - box!.x1) * (box!.y2 - box!.y1));
      expect(await widget.run((element) => element.annotator!.settings.tool)).toBe('click');
      await hand.press('Control+z');
      expect((await widget.value()).objects).toEqual([]);
    });

    test('brush and eraser: Enter puts them down and lifts them, with Shift the other of the two', async () => {
      await open('no-preview');
      const { hand } = widget;
      await widget.run((element) => element.annotator!.focus());
      await hand.press('b');
      await hand.press('ArrowLeft');
      await hand.press('Enter');
      expect(await widget.announced()).toMatch(/^Brush down\./);
      for (let i = 0; i < 3; i++) await hand.press('Shift+ArrowRight');
      expect(await widget.area()).toBe(0);
      await hand.press('Enter');
      expect(await widget.announced()).toBe('Brush lifted.');
      const scale = (await widget.at(1, 0)).x - (await widget.at(0, 0)).x;
      const capsule = (length: number) => (Math.PI * 14 * 14 + 28 * length) / scale ** 2;
      near(await widget.area(), capsule(180));
      const painted = await widget.area();
      // Shift turns the brush into an eraser for one stroke.
      await hand.press('Shift+Enter');
      await hand.press('Shift+ArrowLeft');
      await hand.press('Enter');
      const erased = await widget.area();
      expect(erased).toBeLessThan(painted * 0.75);
      await hand.press('e');
      await hand.press('Enter');
      await hand.press('Shift+ArrowLeft');
      await hand.press('Enter');
      expect(await widget.area()).toBeLessThan(erased * 0.75);
      // A stroke that another tool interrupts is not made.
      await hand.press('Enter');
      await hand.press('v');
      const kept = await widget.area();
      await hand.press('Control+z');
      expect(await widget.area()).toBe(erased);
      await hand.press('Control+y');
      expect(await widget.area()).toBe(kept);
    });

    test('with the hand, arrows move the image', async () => {
      await open('no-preview');
      await widget.run((element) => element.annotator!.focus());
      await widget.hand.press('h');
      const before = await widget.at(200, 150);
      await widget.hand.press('ArrowRight');
      await widget.hand.press('ArrowDown');
      const after = await widget.at(200, 150);
      expect([after.x - before.x, after.y - before.y].map(Math.round)).toEqual([-40, -40]);
    });

    test('one key goes through the readings of a click', async () => {
      await open('no-preview');
      await widget.click(200, 150);
      const areas = [await widget.area()];
      for (let i = 0; i < 3; i++) {
        await widget.hand.press('c');
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
      await widget.hand.press('+');
      expect(await scale()).toBeGreaterThan(fitted * 1.3);
      await widget.hand.press('0');
      expect(await scale()).toBeCloseTo(fitted, 5);
      await widget.hand.press('Shift+Tab');
      const name = () => widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('aria-label'));
      expect(await name()).toBe('Add to the object');
      await widget.hand.press('ArrowRight');
      expect(await name()).toBe('Take away from the object');
      await widget.hand.press('End');
      expect(await name()).toBe('Accept object');
    });

    test('the classes are one stop, and arrows choose', async () => {
      await open('classes="cat, dog"');
      await widget.press('cat1');
      const chosen = () =>
        widget.run((element) => {
          const all = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[role="radio"]')];
          const stops = all.filter(({ tabIndex }) => tabIndex === 0);
          const checked = all.filter((chip) => chip.getAttribute('aria-checked') === 'true');
          const names = [stops, checked, [element.shadowRoot!.activeElement as HTMLElement]];
          return names.map((list) => list.map((chip) => chip.getAttribute('data-id')));
        });
      expect(await chosen()).toEqual([['cat'], ['cat'], ['cat']]);
      await widget.hand.press('ArrowDown');
      expect(await chosen()).toEqual([['dog'], ['dog'], ['dog']]);
      await widget.hand.press('End');
      expect(await chosen()).toEqual([[''], [''], ['']]);
      await widget.hand.press('ArrowRight');
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
      await widget.hand.press('Escape');
      expect([(await widget.value()).activeId, await isOpen()]).toEqual([null, true]);
      await widget.hand.press('Escape');
      await expect.poll(isOpen).toBe(false);
    });

    test('the focus goes to the image where "Try again" goes away', async () => {
      await open();
      await widget.run((element) => element.load('/examples/photos/no-such.jpg').catch(() => {}));
      await widget.run((element) => element.shadowRoot!.querySelector<HTMLElement>('.retry')!.focus());
      await widget.run((element) => element.load('/examples/photos/cat.jpg'));
      await expect.poll(() => widget.boxOf('Try again')).toBeNull();
      expect(await widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('role'))).toBe(
        'application',
      );
    });

    test('keys pressed outside the widget do nothing to it', async () => {
      await open('no-preview');
      await widget.click(200, 150);
      await widget.run(() => {
        const field = document.createElement('input');
        field.id = 'field';
        document.body.append(field);
        field.focus();
      });
      await widget.hand.press('Control+z');
      await widget.hand.press('Delete');
      expect(await clicks()).toHaveLength(1);
    });

    test('the list of keys opens and closes, and gives the focus back', async () => {
      const isOpen = () => widget.run((element) => element.shadowRoot!.querySelector('dialog')!.open);
      await open();
      await widget.run((element) => element.annotator!.focus());
      await widget.hand.press('?');
      await expect.poll(isOpen).toBe(true);
      const keys = await widget.run((element) =>
        [...element.shadowRoot!.querySelectorAll('dialog kbd')].map(({ textContent }) => textContent),
      );
      expect(keys).toEqual(expect.arrayContaining(['Escape', 'V', 'Ctrl + ←', 'Ctrl + ↓']));
      await widget.hand.press('Escape');
      await expect.poll(isOpen).toBe(false);
      expect(await widget.run((element) => element.shadowRoot!.activeElement?.getAttribute('role'))).toBe(
        'application',
      );
    });
  });

  describe('touch', () => {
    const openTouch = () => open('', { isPhone: true, width: 420, height: 700 });

    test('a tap clicks, a long press clicks with the other sign, and undo is a visible button', async () => {
      await openTouch();
      const point = await widget.at(200, 150);
      await widget.hand.fingersDown(point);
      await widget.hand.fingersUp();
      await widget.settled();
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive']);
      const other = await widget.at(260, 150);
      await widget.hand.fingersDown(other);
      await pause(700);
      await widget.hand.fingersUp();
      await widget.settled();
      expect((await clicks()).map(({ label }) => label)).toEqual(['positive', 'negative']);
      const undo = (await widget.boxOf('Undo'))!;
      expect(Math.min(undo.width, undo.height)).toBeGreaterThanOrEqual(44);
      await widget.hand.fingersDown({ x: undo.x + undo.width / 2, y: undo.y + undo.height / 2 });
      await widget.hand.fingersUp();
      await expect.poll(async () => (await clicks()).length).toBe(1);
    });

    test('two fingers zoom and move, one finger moves, and neither clicks', async () => {
      await openTouch();
      const a = await widget.at(180, 150);
      const b = await widget.at(220, 150);
      const before = b.x - a.x;
      await widget.hand.fingersDown(a, b);
      for (let i = 1; i <= 5; i++)
        await widget.hand.fingersMove({ x: a.x - 8 * i, y: a.y }, { x: b.x + 8 * i, y: b.y });
      await widget.hand.fingersUp();
      const after = (await widget.at(220, 150)).x - (await widget.at(180, 150)).x;
      expect(after / before).toBeCloseTo((before + 80) / before, 1);
      const start = await widget.at(200, 150);
      await widget.hand.fingersDown(start);
      for (let i = 1; i <= 4; i++) await widget.hand.fingersMove({ x: start.x + 10 * i, y: start.y });
      await widget.hand.fingersUp();
      expect((await widget.at(200, 150)).x - start.x).toBeCloseTo(40, 0);
      expect((await widget.value()).objects).toEqual([]);
    });

    test('the image is pinched and moved while a mask is computed, and the mask comes where it belongs', async () => {
      await openTouch();
      await widget.run(() => {
        const page = globalThis as unknown as { fakes: { segment(...asked: unknown[]): Promise<unknown> }[] };
        const [fake] = page.fakes;
        const answer = fake.segment;
        const gate = new Promise<void>((resolve) => Object.assign(globalThis, { answerNow: resolve }));
        fake.segment = async (...asked) => {
          await gate;
          return answer(...asked);
        };
      });
      const point = await widget.at(200, 150);
      await widget.hand.fingersDown(point);
      await widget.hand.fingersUp();
      await expect.poll(async () => (await clicks()).length).toBe(1);
      const a = await widget.at(180, 150);
      const b = await widget.at(220, 150);
      const distance = b.x - a.x;
      // Wider by 80 px, and all of it down by 30.
      await widget.hand.fingersDown(a, b);
      for (let i = 1; i <= 5; i++)
        await widget.hand.fingersMove({ x: a.x - 8 * i, y: a.y + 6 * i }, { x: b.x + 8 * i, y: b.y + 6 * i });
      await widget.hand.fingersUp();
      const wide = (await widget.at(220, 150)).x - (await widget.at(180, 150)).x;
      expect(wide / distance).toBeCloseTo((distance + 80) / distance, 1);
      expect((await widget.at(200, 150)).y - point.y).toBeCloseTo(30, 0);
      expect(await widget.area()).toBe(0);
      const before = await widget.at(200, 150);
      await widget.run(() => (globalThis as unknown as { answerNow(): void }).answerNow());
      await widget.settled();
      near(await widget.area(), disc);
      // The answer leaves the view as it is, and the fingers made no clicks of their own.
      expect(await widget.at(200, 150)).toEqual(before);
      expect(await clicks()).toHaveLength(1);
    });
  });
});
