import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { serveExamples } from '../../../examples/serve.mjs';
import type { AnnotatorValue, ClickmaskAnnotatorElement } from '../src/index.js';
import { launch } from './chromium.js';

/** Folders that the server shows beside the examples: models made for tests, and the built core. */
const models = fileURLToPath(new URL('./fixtures', import.meta.url));
const core = fileURLToPath(new URL('../../core/dist', import.meta.url));

const fakes = await readFile(fileURLToPath(new URL('./fake-segmenter.js', import.meta.url)), 'utf8');

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** What makes a page cross-origin isolated, so that it may use threads. */
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

export type Route = (request: Request) => Promise<Response>;

/** Serves the built widget, the sample photos, and pages made of the markup that a test asks for. */
export function serve(routes: Readonly<Record<string, Route>> = {}, isolated = false): Promise<Server> {
  const page: Route = async (request) => {
    const body = new URL(request.url).searchParams.get('body') ?? '';
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title>
      <link rel="icon" href="data:,"><style>body{margin:0}clickmask-annotator{--clickmask-height:600px}</style>
      <script type="module" src="/fakes/fake-segmenter.js"></script>
      <script type="module" src="/clickmask/clickmask-annotator.js"></script></head><body><main>${body}</main></body></html>`;
    return new Response(html, { headers: { 'content-type': 'text/html', ...(isolated ? isolation : {}) } });
  };
  const fake: Route = async () => new Response(fakes, { headers: { 'content-type': 'text/javascript' } });
  return serveExamples({
    port: 0,
    isolated,
    routes: { page, fakes: fake, models: files(models), core: files(core), ...routes },
  });
}

/** Serves what lies in a folder of this repository. */
function files(folder: string): Route {
  return async (request) => {
    const [, , ...path] = new URL(request.url).pathname.split('/');
    const type = path.at(-1)?.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
    return new Response(await readFile(join(folder, ...path)), { headers: { 'content-type': type, ...isolation } });
  };
}

export interface WidgetsOptions {
  /** Of the browser. */
  readonly args?: readonly string[];
  readonly routes?: () => Readonly<Record<string, Route>> | Promise<Readonly<Record<string, Route>>>;
  /** Serves pages that may use threads. */
  readonly isolated?: boolean;
  /** What every widget of these tests is opened with. */
  readonly attributes?: string;
  readonly page?: OpenOptions;
}

/** A browser and a server for the tests of one file. */
export interface Widgets {
  readonly browser: Browser;
  readonly server: Server;
  /** Opens a page with a widget; it is closed after the test, which fails where an error was caught by nobody. */
  open(attributes?: string, options?: OpenOptions): Promise<Widget>;
}

/** Called inside `describe`: starts browser and server before its tests and ends them after. */
export function useWidgets({ args = [], routes, isolated, attributes = '', page }: WidgetsOptions = {}): Widgets {
  const held: { browser?: Browser; server?: Server } = {};
  let widgets: Widget[] = [];
  beforeAll(async () => {
    held.browser = await launch(args);
    held.server = await serve(await routes?.(), isolated);
  });
  afterEach(async () => {
    const opened = widgets;
    widgets = [];
    for (const widget of opened) {
      await widget.close();
      expect(widget.crashes).toEqual([]);
    }
  });
  afterAll(async () => {
    await held.browser?.close();
    await held.server?.close();
  });
  return {
    get browser() {
      return held.browser!;
    },
    get server() {
      return held.server!;
    },
    async open(more = '', options = {}) {
      const widget = await openWidget(held.browser!, held.server!, `${attributes} ${more}`, { ...page, ...options });
      widgets.push(widget);
      return widget;
    },
  };
}

/** What tests of one widget need at hand. */
export interface Widget {
  readonly page: Page;
  /** Errors that nobody caught. */
  readonly crashes: string[];
  /** Centre of the page's px of a point in image px. */
  at(x: number, y: number): Promise<{ x: number; y: number }>;
  click(x: number, y: number, options?: { modifier?: string; button?: 'left' | 'right' }): Promise<void>;
  /** Runs in the page with the element. */
  run<T>(action: (element: ClickmaskAnnotatorElement) => T | Promise<T>): Promise<T>;
  value(): Promise<AnnotatorValue>;
  /** Set pixels of the active, else the last object. */
  area(): Promise<number>;
  settled(): Promise<void>;
  ready(): Promise<void>;
  /** What screen readers were told last. */
  announced(): Promise<string>;
  close(): Promise<void>;
}

export type OpenOptions = BrowserContextOptions & {
  /** With a segmenter that draws discs. */
  readonly fake?: boolean;
  /** Before the page is opened. */
  readonly setup?: (page: Page) => Promise<unknown>;
  /** Waits until clicks are answered. */
  readonly ready?: boolean;
};

async function openWidget(
  browser: Browser,
  server: Server,
  attributes: string,
  options: OpenOptions = {},
): Promise<Widget> {
  const { fake = false, ready = true, setup, ...context } = options;
  const page = await browser.newPage({ viewport: { width: 1000, height: 640 }, ...context });
  const crashes: string[] = [];
  page.on('pageerror', (error) => crashes.push(String(error)));
  await setup?.(page);
  const body = `<clickmask-annotator id="a" ${attributes}></clickmask-annotator>`;
  if (fake) {
    await page.addInitScript(() => {
      document.addEventListener('DOMContentLoaded', () => {
        const element = document.querySelector('#a') as ClickmaskAnnotatorElement | null;
        if (element !== null) {
          element.segmenter = (globalThis as unknown as { fakeSegmenter: () => never }).fakeSegmenter;
        }
      });
    });
  }
  await page.goto(`${server.url}page?body=${encodeURIComponent(body)}`);
  const run: Widget['run'] = (action) =>
    page.evaluate(`(${action.toString()})(document.querySelector('#a'))`) as Promise<never>;
  const at: Widget['at'] = (x, y) =>
    page.evaluate(
      ([ix, iy]) => {
        const element = document.querySelector('#a') as ClickmaskAnnotatorElement;
        const point = element.annotator!.toPage({ x: ix, y: iy });
        return { x: point.x, y: point.y };
      },
      [x, y],
    );
  const widget: Widget = {
    page,
    crashes,
    at,
    run,
    async click(x, y, { modifier, button = 'left' } = {}) {
      const point = await at(x, y);
      if (modifier !== undefined) await page.keyboard.down(modifier);
      await page.mouse.click(point.x, point.y, { button });
      if (modifier !== undefined) await page.keyboard.up(modifier);
      await widget.settled();
    },
    value: () => run((element) => element.value),
    area: () =>
      run((element) => {
        const runs = element.getResult('runs');
        let sum = 0;
        for (let i = 0; i < (runs?.spans.length ?? 0); i += 2) sum += runs!.spans[i + 1] - runs!.spans[i];
        return sum;
      }),
    settled: () => run((element) => element.annotator!.settled()),
    ready: async () => {
      await page.waitForFunction(
        () => {
          const element = document.querySelector('#a') as ClickmaskAnnotatorElement | null;
          return element?.annotator?.ready === true;
        },
        undefined,
        { timeout: 200_000 },
      );
    },
    announced: () =>
      run((element) => (element.shadowRoot!.querySelector('[aria-live]')?.textContent ?? '').replace(/\u00a0$/, '')),
    close: () => page.close(),
  };
  if (ready) await widget.ready();
  return widget;
}
