import { execFile } from 'node:child_process';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { findChromium } from '../../scripts/find-browsers.mjs';

/** The documentation site: it builds without a dead link, works from a sub-path, and is there for everybody. */
const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const dist = join(root, 'docs/.vitepress/dist');
const base = '/clickmask/';
const browser = findChromium();
const isBuilt = existsSync(join(root, 'packages/core/dist/node.js'));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.runIf(isBuilt && browser !== null && process.env.CLICKMASK_SITE !== 'off')('the documentation site', () => {
  beforeAll(async () => {
    const args = ['scripts/docs.mjs', '--build', '--built', '--base', base];
    const failed = await new Promise<string | null>((done) => {
      execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 }, (error, out, err) =>
        done(error === null ? null : out + err),
      );
    });
    expect(failed).toBeNull();
  });

  it.each([
    ['on a desk', { width: 1280, height: 900 }],
    ['on a phone', { width: 390, height: 844 }],
  ])('has nothing for axe to say, nor a page wider than the screen, %s', async (_, viewport) => {
    const server = await serve();
    const chrome = await chromium.launch({ executablePath: browser ?? undefined, args: ['--no-sandbox'] });
    try {
      const found: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await chrome.newPage({ viewport, colorScheme });
        page.on('pageerror', (error) => found.push(error.message));
        page.on('response', (answer) => answer.status() >= 400 && found.push(`${answer.status()} ${answer.url()}`));
        // The theme's colours are those of every page.
        for (const name of colorScheme === 'light' ? pages : pages.slice(0, 4)) {
          await page.goto(`${server.url}${name}.html`);
          if (name === 'demo') await page.waitForSelector('clickmask-annotator');
          await page.addScriptTag({ content: axe });
          found.push(...(await page.evaluate(examine)).map((text) => `${name}, ${colorScheme}: ${text}`));
        }
        await page.close();
      }
      expect(found).toEqual([]);
    } finally {
      await chrome.close();
      await server.close();
    }
  });

  const pages = [
    'index',
    'start',
    'how-it-works',
    'demo',
    'formats',
    'troubleshooting',
    'comparison',
    'benchmarks',
    'guides/label-studio',
    'guides/label-studio-operations',
    'guides/cvat',
    'guides/widget',
    'guides/models',
    'reference/core',
    'reference/label-studio-backend',
    'reference/clickmask-small',
    'api/@clickmask/core/masks',
  ];
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs in the page: what axe finds, and how much wider than the screen the page is. */
async function examine(): Promise<string[]> {
  interface Found {
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  }
  const { axe: checker } = window as unknown as { readonly axe: { run(): Promise<Found> } };
  const { violations } = await checker.run();
  const wider = document.documentElement.scrollWidth - window.innerWidth;
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`),
    ...(wider > 0 ? [`${wider} px wider than the screen`] : []),
  ];
}

/** The built site under its sub-path, and nothing beside it. */
async function serve(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = join(dist, decodeURIComponent(pathname.slice(base.length)));
    if (!pathname.startsWith(base) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
