import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { zipSource } from '@clickmask/core/datasets';
import { CODECS } from '@clickmask/core/formats';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launch, missing } from './browsers/index.js';
import { type Server, serve } from './test-page.js';
import { violations } from './violations.js';

const shots = fileURLToPath(new URL('../../../test-results/browser-widget/', import.meta.url));

// Each example is built where it needs to be, opened, and used.
describe.skipIf(missing !== null)('the examples', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  let crashes: string[];

  beforeAll(async () => {
    browser = await launch();
    server = await serve();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    crashes = [];
    page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
    page.on('pageerror', (error) => crashes.push(String(error)));
  });
  afterEach(async () => {
    await page.close();
    expect(crashes).toEqual([]);
  });

  /** Clicks in the middle of the stage and accepts what comes. */
  const acceptOne = async () => {
    const accept = page.getByRole('button', { name: 'Accept object' });
    const stage = page.getByRole('application', { name: 'Picture' });
    await stage.scrollIntoViewIfNeeded();
    await expect.poll(() => page.locator('.status').first().textContent(), { timeout: 60_000 }).toContain('Ready');
    await stage.click();
    await expect.poll(() => accept.getAttribute('aria-disabled'), { timeout: 20_000 }).toBe('false');
    await accept.click();
  };
  test("demo: a result in each format, the log, snippets, images of one's own", { timeout: 120_000 }, async () => {
    await page.goto(server.url);
    await acceptOne();
    const save = async (button: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator(button).click()]);
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
    };
    // Every format of the widget, and the object cut out of its image.
    const formats = await page
      .locator('#format option')
      .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
    expect(formats).toEqual([...CODECS.map(({ name }) => name), 'png', 'bbox', 'cut-out']);
    for (const format of formats) {
      await page.locator('#format').selectOption(format);
      await expect.poll(() => page.locator('#output').inputValue()).toMatch(/\d/);
    }
    expect((await save('#download')).name).toBe('mask-cut-out.png');
    await page.locator('#format').selectOption('png');
    const { name, bytes } = await save('#download');
    expect([name, bytes.subarray(1, 4).toString()]).toEqual(['mask-png.png', 'PNG']);
    expect(await page.locator('#cutout canvas').count()).toBe(1);
    await page.locator('#dataset').selectOption('coco');
    const zip = await save('#download-all');
    expect(zip.name).toBe('clickmask-coco.zip');
    const [file] = await zipSource(zip.bytes).list();
    const { images, annotations } = JSON.parse(new TextDecoder().decode(await zipSource(zip.bytes).read(file)));
    expect([images[0].file_name, annotations.length]).toEqual(['cat.jpg', 1]);
    await page.locator('summary').click();
    await page.locator('#replay').click();
    await expect
      .poll(() => page.locator('#replayed').textContent())
      .toBe('1 answers asked for again: 1 are the same to the pixel.');
    for (const name of ['Terminal', 'Label Studio', 'CVAT', 'Node', 'Bundler', 'HTML']) {
      await page.getByRole('tab', { name }).click();
      expect((await page.locator('#snippet code').textContent())!.length).toBeGreaterThan(40);
    }
    await page
      .locator('.pictures input')
      .setInputFiles(fileURLToPath(new URL('../../../examples/photos/rocket.jpg', import.meta.url)));
    await expect.poll(() => page.locator('.pictures button').count()).toBe(5);
    await page.getByRole('button', { name: 'Coffee cup' }).click();
    await acceptOne();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  test('the first snippet of the demo works as it is printed, saved as a file', { timeout: 60_000 }, async () => {
    await page.goto(server.url);
    const code = (await page.locator('#snippet code').textContent())!;
    const folder = await mkdtemp(join(tmpdir(), 'clickmask-snippet-'));
    await writeFile(join(folder, 'page.html'), code);
    await page.goto(pathToFileURL(join(folder, 'page.html')).href);
    await acceptOne();
    await rm(folder, { recursive: true });
  });

  test('the demo as it looks: on a desk, in the dark, on a phone and a tablet', { timeout: 120_000 }, async () => {
    for (const [name, width, height, colorScheme] of [
      ['desk', 1280, 800, 'light'],
      ['small-phone', 360, 640, 'dark'],
      ['phone-on-its-side', 740, 360, 'light'],
      ['tablet', 820, 1180, 'light'],
    ] as const) {
      const small = await browser.newPage({ viewport: { width, height }, colorScheme });
      await small.goto(server.url);
      await expect
        .poll(() => small.locator('.status .text').first().textContent(), { timeout: 60_000 })
        .toContain('Ready');
      await small.getByRole('application', { name: 'Picture' }).click();
      await expect.poll(() => small.locator('#output').inputValue(), { timeout: 20_000 }).toContain('counts');
      await small.waitForTimeout(600);
      await small.screenshot({ path: `${shots}demo-${name}.png`, fullPage: true });
      expect(await small.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      // One's own image is the first in the row, and seen whole.
      const own = (await small.locator('.own').boundingBox())!;
      expect(own.x >= 0 && own.x + own.width <= width).toBe(true);
      // All tools in one row, whatever the width.
      const bar = (await small.getByRole('toolbar').boundingBox())!;
      expect(bar.height).toBeLessThan(60);
      expect(await violations(small)).toEqual([]);
      await small.close();
    }
  });

  test('a first visit is compressed, and a second costs next to nothing', { timeout: 120_000 }, async () => {
    const seen = new Map<string, { readonly etag: string; readonly bytes: number }>();
    page.on('response', (response) => {
      const { etag = '', 'content-length': bytes = '0' } = response.headers();
      seen.set(response.url(), { etag, bytes: Number(bytes) });
    });
    await page.goto(`${server.url}examples/plain/`);
    await expect
      .poll(() => page.locator('.status .text').first().textContent(), { timeout: 60_000 })
      .toContain('Ready');
    const ours = [...seen].filter(([address]) => address.startsWith(server.url));
    const first = ours.reduce((sum, [, { bytes }]) => sum + bytes, 0);
    let second = 0;
    for (const [address, { etag }] of ours) {
      // Photos are not compressed, all else is; and what did not change is not sent again.
      expect(/-br"$/.test(etag) || /\.jpg$/.test(address), address).toBe(true);
      const again = await fetch(address, { headers: { 'accept-encoding': 'br', 'if-none-match': etag } });
      expect(again.status, address).toBe(304);
      second += (await again.arrayBuffer()).byteLength + JSON.stringify([...again.headers]).length;
    }
    console.info('bytes of a first and a second visit:', JSON.stringify({ first, second, files: ours.length }));
    expect(ours.length).toBeGreaterThan(6);
    expect(first).toBeLessThan(9_000_000);
    expect(second).toBeLessThan(50_000);
  });

  test('plain page', async () => {
    await page.goto(`${server.url}examples/plain/`);
    await acceptOne();
    expect(JSON.parse(await page.locator('#objects').inputValue())).toMatchObject({
      bbox: {},
      segmentation: { size: [400, 600] },
    });
  });

  test('existing image', async () => {
    await page.goto(`${server.url}examples/image/`);
    await page.getByRole('button', { name: 'Cut something' }).click();
    await acceptOne();
    expect(await page.locator('img').evaluate((image) => image.style.clipPath)).toContain('path(evenodd, "M');
    expect(await page.locator('[part="root"]').count()).toBe(0);
  });

  test.each(['react', 'vue', 'svelte'])(
    '%s, built with Vite, model and worker found without being told',
    { timeout: 120_000 },
    async (name) => {
      await page.goto(`${server.url}examples/${name}`);
      await acceptOne();
      await expect.poll(() => page.locator('#count').textContent()).toBe('Accepted objects: 1');
    },
  );

  test('Annotorious', { timeout: 120_000 }, async () => {
    await page.goto(`${server.url}examples/annotorious/`);
    await acceptOne();
    await expect.poll(() => page.locator('#count').textContent()).toBe('Annotations: 1');
  });
});
