import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launch, missing } from './browsers/index.js';
import { type Server, serve } from './test-page.js';

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
  test("demo: a result in each format, the log, snippets, pictures of one's own", { timeout: 120_000 }, async () => {
    await page.goto(server.url);
    await acceptOne();
    for (const format of ['coco-rle', 'polygon', 'geojson', 'svg-path', 'bbox']) {
      await page.locator('#format').selectOption(format);
      await expect.poll(() => page.locator('#output').inputValue()).toMatch(/\d/);
    }
    await page.locator('#format').selectOption('png');
    await page.locator('#shape img').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
    expect(download.suggestedFilename()).toBe('mask-png.png');
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

  test('the demo as it looks: on a desk, in the dark, on a phone', { timeout: 120_000 }, async () => {
    for (const [name, width, height, colorScheme] of [
      ['desk', 1280, 800, 'light'],
      ['dark', 1280, 800, 'dark'],
      ['phone', 390, 844, 'light'],
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
      await small.close();
    }
  });

  test('a second visit costs little, and the first is compressed', { timeout: 120_000 }, async () => {
    const context = await browser.newContext();
    const visit = async () => {
      const visited = await context.newPage();
      const cdp = await context.newCDPSession(visited);
      await cdp.send('Network.enable');
      let bytes = 0;
      cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      // What the worker fetches is counted by the server's own headers.
      const workers: number[] = [];
      visited.on('response', async (response) => {
        if (/\.(wasm|onnx)$|model\.json$|web-worker|chunks/.test(response.url()) && response.status() === 200)
          workers.push(Number(response.headers()['content-length']));
      });
      await visited.goto(`${server.url}examples/plain/`);
      await expect
        .poll(() => visited.locator('.status .text').first().textContent(), { timeout: 60_000 })
        .toContain('Ready');
      await visited.waitForTimeout(300);
      await visited.close();
      return { page: bytes, worker: workers.reduce((sum, one) => sum + one, 0) };
    };
    const [first, second] = [await visit(), await visit()];
    console.info('bytes of a first and a second visit:', JSON.stringify({ first, second }));
    expect(second.page + second.worker).toBeLessThan(50_000);
    await context.close();
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
