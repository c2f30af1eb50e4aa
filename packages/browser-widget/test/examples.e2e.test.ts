import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launch, missing } from './browsers/index.js';
import { type Server, serve } from './test-page.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

// Each example is built where it needs to be, opened, and used.
describe.skipIf(missing !== null)('the examples', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  let built: string;
  let crashes: string[];

  beforeAll(async () => {
    browser = await launch();
    built = await mkdtemp(join(tmpdir(), 'clickmask-examples-'));
    server = await serve({
      built: async (request) => {
        const path = normalize(join(built, new URL(request.url).pathname.replace('/built/', '')));
        if (relative(built, path).startsWith('..')) return new Response(null, { status: 404 });
        const bytes = await readFile(path.endsWith('/') ? `${path}index.html` : path).catch(() => null);
        if (bytes === null) return new Response(null, { status: 404 });
        return new Response(bytes, {
          headers: { 'content-type': types[extname(path) || '.html'] ?? 'application/octet-stream' },
        });
      },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(built, { recursive: true, force: true });
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
  const bundle = async (name: string) => {
    await build({
      root: join(root, 'examples', name),
      configFile: join(root, 'examples/vite.config.mjs'),
      logLevel: 'error',
      build: { outDir: join(built, name), emptyOutDir: true, minify: false, reportCompressedSize: false },
    });
    await page.goto(`${server.url}built/${name}/`);
  };

  test('demo', async () => {
    await page.goto(server.url);
    await acceptOne();
    await page.locator('summary').click();
    await expect.poll(() => page.locator('#output').inputValue()).toContain('"counts"');
    await page.getByRole('button', { name: 'Coffee cup' }).click();
    await acceptOne();
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

  test.each(['react', 'vue'])(
    '%s, built with Vite, model and worker found without being told',
    { timeout: 120_000 },
    async (name) => {
      await bundle(name);
      await acceptOne();
      await expect.poll(() => page.locator('#count').textContent()).toBe('Accepted objects: 1');
    },
  );

  test('Annotorious', { timeout: 120_000 }, async () => {
    await bundle('annotorious');
    await acceptOne();
    await expect.poll(() => page.locator('#count').textContent()).toBe('Annotations: 1');
  });
});
