import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { serveExamples } from '../../../examples/serve.mjs';
import type { AnnotatorValue, ClickmaskAnnotatorElement } from '../src/index.js';

const fakes = await readFile(fileURLToPath(new URL('./fake-segmenter.js', import.meta.url)), 'utf8');

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

type Route = (request: Request) => Promise<Response>;

/** Serves the built widget, the sample photos, and pages made of the markup that a test asks for. */
export function serve(routes: Readonly<Record<string, Route>> = {}, isolated = false): Promise<Server> {
  const page: Route = async (request) => {
    const body = new URL(request.url).searchParams.get('body') ?? '';
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title>
      <link rel="icon" href="data:,"><style>body{margin:0}clickmask-annotator{--clickmask-height:600px}</style>
      <script type="module" src="/fakes/fake-segmenter.js"></script>
      <script type="module" src="/clickmask/clickmask-annotator.js"></script></head><body><main>${body}</main></body></html>`;
    return new Response(html, { headers: { 'content-type': 'text/html' } });
  };
  const fake: Route = async () => new Response(fakes, { headers: { 'content-type': 'text/javascript' } });
  return serveExamples({ port: 0, isolated, routes: { page, fakes: fake, ...routes } });
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

export async function openWidget(
  browser: Browser,
  server: Server,
  attributes: string,
  options: BrowserContextOptions & { readonly fake?: boolean; readonly setup?: (page: Page) => Promise<void> } = {},
): Promise<Widget> {
  const { fake = false, setup, ...context } = options;
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
  return widget;
}
