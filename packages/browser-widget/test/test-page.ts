import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { serveExamples } from '../../../examples/serve.mjs';
import type { AnnotatorValue, ClickmaskAnnotatorElement } from '../src/index.js';
import {
  type BrowserKind,
  type Hand,
  launch,
  type PageOptions,
  type Point,
  type TestBrowser,
  type TestPage,
  testPage,
} from './browsers/index.js';

/** Folders that the server shows beside the examples: models made for tests, and the built core. */
const models = fileURLToPath(new URL('./fixtures', import.meta.url));
const core = fileURLToPath(new URL('../../core/dist', import.meta.url));

const fakes = await readFile(fileURLToPath(new URL('./fake-segmenter.js', import.meta.url)), 'utf8');

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** What makes a page cross-origin isolated, so that it may use threads. */
export const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export type Route = (request: Request) => Promise<Response>;

/** Notes what goes wrong in a page, for the test to see. */
export const watch = `
  globalThis.crashes = [];
  globalThis.failures = [];
  addEventListener('error', ({ message }) => crashes.push(String(message)));
  addEventListener('unhandledrejection', ({ reason }) => crashes.push(String(reason)));
  addEventListener('clickmask-error', ({ detail }) => failures.push(detail.error.code + ': ' + detail.error.message));`;

/** Gives every widget of a page the segmenter that draws discs. */
export const useFakes = `
  import '/fakes/fake-segmenter.js';
  for (const element of document.querySelectorAll('clickmask-annotator')) element.segmenter = fakeSegmenter;`;

/** A page of the markup that a test asks for. */
export function htmlOf(body: string, fake = false): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,"><style>body{margin:0}clickmask-annotator{--clickmask-height:600px}</style>
    <script>${watch}</script>
    <script type="module">${fake ? useFakes : "import '/fakes/fake-segmenter.js';"}</script>
    <script type="module" src="/clickmask/clickmask-annotator.js"></script></head><body><main>${body}</main></body></html>`;
}

/** Serves the built widget, the sample photos, and pages made of the markup that a test asks for. */
export function serve(routes: Readonly<Record<string, Route>> = {}, isolated = false): Promise<Server> {
  const page: Route = async (request) => {
    const { searchParams } = new URL(request.url);
    return new Response(htmlOf(searchParams.get('body') ?? '', searchParams.has('fake')), {
      headers: { 'content-type': 'text/html', ...(isolated ? isolation : {}) },
    });
  };
  const fake: Route = async () =>
    new Response(fakes, { headers: { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' } });
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

/** What tests of one widget need at hand. */
export interface Widget {
  readonly hand: Hand;
  /** Centre of the window's px of a point in image px. */
  at(x: number, y: number): Promise<Point>;
  /** Presses and lets go there; waits for the answer. */
  click(x: number, y: number, options?: { modifier?: string; button?: 'left' | 'right' }): Promise<void>;
  /** Presses and lets go at a point of the window. */
  clickAt(point: Point): Promise<void>;
  /** Presses a button of the widget, by its name. */
  press(name: string): Promise<void>;
  /** Where a button is; null: it cannot be seen. */
  boxOf(name: string): Promise<{ x: number; y: number; width: number; height: number } | null>;
  /** Runs in the page with the element. */
  run<T>(action: (element: ClickmaskAnnotatorElement) => T | Promise<T>): Promise<T>;
  value(): Promise<AnnotatorValue>;
  /** Set pixels of the active, else the last object. */
  area(): Promise<number>;
  settled(): Promise<void>;
  /** Waits until clicks are answered; fails at once where the widget tells of an error. */
  ready(): Promise<void>;
  /** What screen readers were told last. */
  announced(): Promise<string>;
  /** Errors that nobody caught. */
  crashes(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The first widget of a page that a browser shows. */
export function widgetOn(page: TestPage, find = "document.querySelector('#a')"): Widget {
  const { hand } = page;
  const run: Widget['run'] = (action) => page.evaluate(`(${action.toString()})(${find})`);
  const at: Widget['at'] = (x, y) =>
    page.evaluate(`(({ x, y }) => ({ x, y }))(${find}.annotator.toPage({ x: ${x}, y: ${y} }))`);
  const boxOf: Widget['boxOf'] = (name) =>
    page.evaluate(`(() => {
      const named = (button) => (button.getAttribute('aria-label') ?? button.textContent).trim() === ${JSON.stringify(name)};
      const button = [...${find}.shadowRoot.querySelectorAll('button')].find((one) => named(one) && one.checkVisibility());
      if (button === undefined) return null;
      button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      const { x, y, width, height } = button.getBoundingClientRect();
      return { x, y, width, height };
    })()`);
  const clickAt = async (point: Point, button: 'left' | 'right' = 'left') => {
    await hand.move(point);
    await hand.down(button);
    await hand.up(button);
  };
  const widget: Widget = {
    hand,
    at,
    run,
    clickAt,
    boxOf,
    async click(x, y, { modifier, button = 'left' } = {}) {
      const point = await at(x, y);
      if (modifier !== undefined) await hand.keyDown(modifier);
      await clickAt(point, button);
      if (modifier !== undefined) await hand.keyUp(modifier);
      await widget.settled();
    },
    async press(name) {
      const box = await boxOf(name);
      if (box === null) throw new Error(`Expected a button '${name}' to be seen.`);
      await clickAt({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
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
    async ready() {
      const failure = await page.evaluate<string | null>(`(async () => {
        const end = performance.now() + 200_000;
        while (${find}?.annotator?.ready !== true) {
          const failed = ${find}?.shadowRoot?.querySelector('.status[data-error] .text');
          if (failed != null) return failed.textContent;
          if (performance.now() > end) return 'no answer in 200 s';
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        return null;
      })()`);
      if (failure !== null) throw new Error(`The widget did not become ready. ${failure}`);
    },
    announced: () =>
      run((element) => (element.shadowRoot!.querySelector('[aria-live]')?.textContent ?? '').replace(/\u00a0$/, '')),
    crashes: () => page.evaluate('globalThis.crashes ?? []'),
    close: () => page.close(),
  };
  return widget;
}

/** A page's address with a widget in it, `#a`. */
function addressOf(server: Server, attributes: string, fake: boolean): string {
  const body = encodeURIComponent(`<clickmask-annotator id="a" ${attributes}></clickmask-annotator>`);
  return `${server.url}page?${fake ? 'fake&' : ''}body=${body}`;
}

/** A browser and a server for the tests of one file. */
interface Bench<Options, W extends Widget> {
  readonly server: Server;
  /** Opens a page with a widget; it is closed after the test, which fails where an error was caught by nobody. */
  open(attributes?: string, options?: Options): Promise<W>;
}

/** Called inside `describe`: starts browser and server before its tests and ends them after. */
function useBench<B extends { close(): Promise<void> }, Options, W extends Widget>(how: {
  readonly launch: () => Promise<B>;
  readonly serve: () => Promise<Server>;
  readonly open: (browser: B, server: Server, attributes: string, options: Options | undefined) => Promise<W>;
}): Bench<Options, W> & { readonly browser: B } {
  const held: { browser?: B; server?: Server } = {};
  let widgets: W[] = [];
  beforeAll(async () => {
    [held.browser, held.server] = await Promise.all([how.launch(), how.serve()]);
  });
  afterEach(async () => {
    const opened = widgets;
    widgets = [];
    for (const widget of opened) {
      const crashes = await widget.crashes();
      await widget.close();
      expect(crashes).toEqual([]);
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
    async open(attributes = '', options) {
      const widget = await how.open(held.browser!, held.server!, attributes, options);
      widgets.push(widget);
      return widget;
    },
  };
}

export interface AnyOptions extends PageOptions {
  /** With a segmenter that draws discs. Default true. */
  readonly fake?: boolean;
}

/** Widgets in any of the browsers. */
export function useWidgetsIn(
  kind: BrowserKind,
  { attributes = '', routes }: Pick<WidgetsOptions, 'attributes' | 'routes'> = {},
): Bench<AnyOptions, Widget> & { readonly browser: TestBrowser } {
  return useBench({
    launch: () => kind.launch(),
    serve: async () => serve(await routes?.()),
    async open(browser, server, more, { fake = true, ...options }: AnyOptions = {}) {
      const page = await browser.newPage(options);
      await page.goto(addressOf(server, `${attributes} ${more}`, fake));
      const widget = widgetOn(page);
      await widget.ready();
      return widget;
    },
  });
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

export type OpenOptions = BrowserContextOptions & {
  /** With a segmenter that draws discs. */
  readonly fake?: boolean;
  /** Before the page is opened. */
  readonly setup?: (page: Page) => Promise<unknown>;
  /** Waits until clicks are answered. */
  readonly ready?: boolean;
};

/** A widget in Chromium, with all that Playwright can do. */
export interface ChromiumWidget extends Widget {
  readonly page: Page;
}

export type Widgets = Bench<OpenOptions, ChromiumWidget> & { readonly browser: Browser };

/** Widgets in Chromium. */
export function useWidgets({ args = [], routes, isolated, attributes = '', page: all }: WidgetsOptions = {}): Widgets {
  return useBench({
    launch: () => launch(args),
    serve: async () => serve(await routes?.(), isolated),
    async open(browser, server, more, options: OpenOptions = {}) {
      const { fake = false, ready = true, setup, ...context } = { ...all, ...options };
      const page = await browser.newPage({ viewport: { width: 1000, height: 640 }, ...context });
      await setup?.(page);
      await page.goto(addressOf(server, `${attributes} ${more}`, fake));
      const widget = { ...widgetOn(testPage(page)), page };
      if (ready) await widget.ready();
      return widget;
    },
  });
}
