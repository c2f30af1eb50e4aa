import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClickmaskAnnotatorElement } from '../src/index.js';
import { chromium, firefox, type Point, type TestBrowser, type TestPage } from './browsers/index.js';
import { htmlOf, isolation, type Route, type Server, serve, type Widget, watch, widgetOn } from './test-page.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const standalone = `${folder}../browser-widget-standalone/dist/`;
const photo = '/examples/photos/cat.jpg';

/** A situation that a page puts the widget in. */
interface Host {
  readonly name: string;
  /** Around the widget, `<!>`; default: nothing. */
  readonly body?: string;
  /** Instead of a page with that body. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Attributes of the widget. */
  readonly attributes?: string;
  /** With a real network in its worker. Default: with one that draws discs. */
  readonly isReal?: boolean;
  /** Runs in the page before the widget is used. */
  readonly act?: (element: ClickmaskAnnotatorElement) => unknown;
  /** How the widget is found, where that is not by its id. */
  readonly find?: string;
  /** Where what holds the widget lies in the window. */
  readonly offset?: Point;
  /** What an error has to name; default: it works. */
  readonly cure?: RegExp;
  /** By default: its page must not scroll sideways. */
  readonly mayScroll?: boolean;
  readonly size?: readonly [width: number, height: number];
  /** In this browser alone, as it is about what only that has. */
  readonly only?: 'Chromium';
}

const csp = (policy: string) => ({ 'content-security-policy': policy });
const real = (assets: string) => `src="${photo}" no-preview provider="wasm" assets="${assets}"`;
const wrapped = (style: string, inner = '<!>') => `<div style="${style}">${inner}</div>`;
/** Room around the widget, for what is turned and tilted. */
const turned = (transform: string) => wrapped('padding:150px 200px;width:600px', wrapped(`transform:${transform}`));

const places: readonly Host[] = [
  { name: 'a dialog', body: '<dialog><!></dialog>', act: (e) => e.closest('dialog')!.showModal() },
  {
    name: 'a popover',
    body: '<div popover id="p"><!></div>',
    act: (e) => (e.parentElement as HTMLElement).showPopover(),
  },
  { name: 'a flex item', body: wrapped('display:flex') },
  { name: 'a flex item that is centred', body: wrapped('display:flex;justify-content:center') },
  {
    name: 'a flex item of a column that is not stretched',
    body: wrapped('display:flex;flex-direction:column;align-items:center'),
  },
  { name: 'a flex item beside another', body: wrapped('display:flex', '<!><aside style="width:200px">beside</aside>') },
  { name: 'inline-block', body: wrapped('display:inline-block') },
  { name: 'itself inline-block', body: '<!>', attributes: 'style="display:inline-block"' },
  {
    name: 'a grid of columns that are as wide as what is in them',
    body: wrapped('display:grid;grid-template-columns:auto auto;justify-content:start', '<!><p>beside</p>'),
  },
  { name: 'a table cell', body: '<table><tr><td><!></td><td>beside</td></tr></table>' },
  { name: 'absolute', body: wrapped('position:absolute;left:20px;top:20px') },
  { name: 'fixed at the right', body: wrapped('position:fixed;right:0;bottom:0') },
  { name: 'a float', body: wrapped('float:left') },
  { name: 'fit-content', body: wrapped('width:fit-content') },
  { name: 'min-content, on a narrow screen', body: wrapped('width:min-content'), size: [340, 640] },
  { name: 'a flex item on a narrow screen', body: wrapped('display:flex'), size: [340, 640] },
  {
    name: 'a height of its own in a parent with one',
    body: wrapped('height:400px'),
    attributes: 'style="--clickmask-height:100%"',
  },
  {
    name: 'a tab that is hidden at first',
    body: wrapped('display:none'),
    act: (e) => {
      e.parentElement!.style.display = 'block';
    },
  },
  {
    name: 'details that are closed at first',
    body: '<details><summary>more</summary><!></details>',
    act: (e) => {
      (e.parentElement as HTMLDetailsElement).open = true;
    },
  },
  {
    name: 'moved in the tree',
    body: `<section></section>${wrapped('display:flex')}`,
    act: (e) => document.querySelector('section')!.append(e),
  },
  {
    name: 'a shadow root',
    body: '<div id="outer"></div><!>',
    act: (e) => document.querySelector('#outer')!.attachShadow({ mode: 'open' }).append(e),
    find: "(document.querySelector('#a') ?? document.querySelector('#outer').shadowRoot.querySelector('#a'))",
  },
  { name: 'a page that is scrolled', body: wrapped('padding:900px 0'), act: (e) => e.scrollIntoView() },
  { name: 'a page from right to left', body: '<div dir="rtl"><!></div>' },
  {
    name: 'a page in quirks mode',
    html: htmlOf(`<clickmask-annotator id="a" src="${photo}" no-preview></clickmask-annotator>`, true).replace(
      '<!doctype html>',
      '',
    ),
  },
];

const transforms: readonly Host[] = [
  { name: 'mirrored', body: turned('scaleX(-1)') },
  { name: 'turned', body: turned('rotate(17deg) scale(0.6)') },
  { name: 'upside down', body: turned('rotate(180deg)') },
  { name: 'skewed', body: turned('skew(12deg, 6deg) scale(0.7)') },
  { name: 'tilted in space', body: turned('perspective(900px) rotateY(30deg) rotateX(15deg)') },
  {
    name: 'transforms in transforms',
    body: wrapped('transform:scale(.8) rotate(5deg)', turned('rotate(-20deg) scaleY(.7)')),
  },
  { name: 'zoomed by the page', body: wrapped('zoom:0.7;padding:10px') },
].map((host) => ({ ...host, mayScroll: true, size: [1100, 900] as const }));

const boundaries: readonly Host[] = [
  {
    name: 'a frame',
    find: "document.querySelector('iframe').contentDocument.querySelector('#a')",
    offset: { x: 30, y: 40 },
    html: `<!doctype html><title>Frame</title><body style="margin:0"><iframe style="position:absolute;left:30px;top:40px;border:0;width:900px;height:590px" src="/page?fake&body=${encodeURIComponent(`<clickmask-annotator id="a" src="${photo}" no-preview></clickmask-annotator>`)}"></iframe>`,
  },
  {
    name: 'a sandbox without an origin',
    isReal: true,
    headers: csp('sandbox allow-scripts'),
    attributes: `src="/cors/photos/cat.jpg" no-preview provider="wasm" assets="/cors/"`,
    html: sandboxed(),
  },
  { name: 'files of another origin', isReal: true, attributes: real('OTHER/cors/') },
  {
    name: 'files of another origin that do not allow it',
    isReal: true,
    attributes: real('OTHER/plain/'),
    cure: /Access-Control-Allow-Origin/,
  },
  {
    name: 'Trusted Types',
    isReal: true,
    attributes: real('/clickmask/'),
    headers: csp("require-trusted-types-for 'script'; trusted-types clickmask"),
  },
  {
    name: 'Trusted Types of others',
    isReal: true,
    attributes: real('/clickmask/'),
    headers: csp("require-trusted-types-for 'script'; trusted-types other"),
    cure: /trusted-types clickmask/,
  },
  {
    name: 'a worker that is forbidden',
    isReal: true,
    attributes: real('/clickmask/'),
    headers: csp("worker-src 'none'"),
    cure: /worker-src 'self'/,
  },
  {
    name: 'isolation, and a worker without its header',
    isReal: true,
    attributes: real('/plain/'),
    headers: isolation,
    cure: /Cross-Origin-Embedder-Policy/,
  },
  { name: 'WebAssembly that a policy forbids', isReal: true, attributes: real('/strict/'), cure: /'wasm-unsafe-eval'/ },
  {
    name: 'WebAssembly that is switched off',
    isReal: true,
    attributes: real('/without/'),
    cure: /WebAssembly is switched off/,
  },
  { name: 'a folder that is not there', isReal: true, attributes: real('/nowhere/'), cure: /answered 404/ },
  { name: 'a server that answers with its home page', isReal: true, attributes: real('/home/'), cure: /as text\/html/ },
  { name: 'a bundle of esbuild', isReal: true, html: bundled(''), cure: /esbuild/ },
  { name: 'a bundle of esbuild that is told the folder', isReal: true, html: bundled('assets="/clickmask/"') },
  {
    name: 'a bundle of esbuild as a classic script',
    isReal: true,
    html: bundled('', 'iife'),
    cure: /import\.meta\.url/,
  },
];

function sandboxed(): string {
  return `<!doctype html><html lang="en"><title>Sandbox</title><style>body{margin:0}</style><script>${watch}</script>
    <script type="module" src="/cors/clickmask-annotator.js"></script><body><main><!></main>`;
}

function bundled(attributes: string, format = 'esm'): string {
  return `<!doctype html><html lang="en"><title>Bundle</title><style>body{margin:0}</style><script>${watch}</script>
    <body><main><clickmask-annotator id="a" src="${photo}" no-preview provider="wasm" ${attributes}></clickmask-annotator></main>
    <script ${format === 'esm' ? 'type="module"' : ''} src="/bundled/${format}.js"></script>`;
}

/** The page of a host, as its server sends it. */
function pageOf(host: Host, other: string): Response {
  const attributes = `src="${photo}" no-preview ${host.attributes ?? ''}`.replace('OTHER', other);
  const widget = `<clickmask-annotator id="a" ${host.isReal ? host.attributes?.replace('OTHER', other) : attributes}></clickmask-annotator>`;
  const html = host.html ?? htmlOf(host.body ?? '<!>', host.isReal !== true);
  return new Response(html.replace('<!>', widget), { headers: { 'content-type': 'text/html', ...host.headers } });
}

const hosts = [...places, ...transforms, ...boundaries];

/** Files of the standalone distribution, sent in other ways than they should be. */
function routes(other: () => string): Readonly<Record<string, Route>> {
  const types: Readonly<Record<string, string>> = {
    js: 'text/javascript',
    wasm: 'application/wasm',
    json: 'application/json',
  };
  const distribution =
    (headers: Readonly<Record<string, string>>): Route =>
    async (request) => {
      const path = new URL(request.url).pathname.split('/').slice(2).join('/');
      const file = path.startsWith('photos/') ? `${folder}../../examples/${path}` : standalone + path;
      const type = types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
      return new Response(await readFile(file), { headers: { 'content-type': type, ...headers } });
    };
  const policy = "script-src 'self'";
  return {
    host: async (request) => pageOf(hosts[Number(new URL(request.url).pathname.split('/')[2])], other()),
    cors: distribution({ 'access-control-allow-origin': '*' }),
    plain: distribution({ 'cross-origin-resource-policy': 'same-origin' }),
    strict: distribution(csp(policy)),
    async without(request) {
      if (!request.url.endsWith('web-worker.js')) return distribution({})(request);
      const code = request.url.endsWith('off/web-worker.js')
        ? 'delete globalThis.WebAssembly;'
        : "import '/without/off/web-worker.js'; import '/clickmask/web-worker.js';";
      return new Response(code, { headers: { 'content-type': 'text/javascript' } });
    },
    nowhere: async () => new Response('Not found', { status: 404 }),
    home: async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    async bundled(request) {
      const format = request.url.endsWith('iife.js') ? 'iife' : 'esm';
      if (!request.url.endsWith(`${format}.js`)) return new Response('Not found', { status: 404 });
      const code = `import ${JSON.stringify(`${folder}dist/define.js`)};`;
      const { outputFiles } = await build({
        stdin: { contents: code, resolveDir: folder },
        bundle: true,
        write: false,
        format,
        logLevel: 'silent',
      });
      return new Response(outputFiles[0].contents as Uint8Array<ArrayBuffer>, {
        headers: { 'content-type': 'text/javascript' },
      });
    },
  };
}

/**
 * Where a point of the image is seen, found without the widget's own way of finding it: by a mark put at the place in
 * the stage, whose place in the window the browser tells.
 */
const seenAt = (x: number, y: number) => `((element) => {
  const stage = element.shadowRoot.querySelector('.stage');
  const { width, height } = element.annotator.pictureSize;
  const scale = Math.min((stage.clientWidth - 32) / width, (stage.clientHeight - 32) / height, 8);
  const mark = document.createElement('i');
  mark.style.position = 'absolute';
  mark.style.left = (stage.clientWidth - width * scale) / 2 + ${x} * scale + 'px';
  mark.style.top = (stage.clientHeight - height * scale) / 2 + ${y} * scale + 'px';
  stage.append(mark);
  const seen = mark.getBoundingClientRect();
  mark.remove();
  return { x: seen.x, y: seen.y };
})`;

describe.each([chromium, firefox])('pages that hold the widget, in $name', (kind) => {
  if (kind.missing !== null) return test.skip(kind.missing, () => {});
  let browser: TestBrowser;
  let server: Server;
  let other: Server;
  beforeAll(async () => {
    [browser, server, other] = await Promise.all([
      kind.launch(),
      serve(routes(() => other.url.slice(0, -1))),
      serve(routes(() => '')),
    ]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), server?.close(), other?.close()]);
  });
  const inPage = async (use: (page: TestPage) => Promise<void>, host: Host) => {
    const [width, height] = host.size ?? [1000, 640];
    const page = await browser.newPage({ width, height });
    try {
      await use(page);
    } finally {
      await page.close();
    }
  };
  /** Clicks at a point of the image, and finds the click there. */
  const expectClick = async (page: TestPage, widget: Widget, find: string, { offset = { x: 0, y: 0 } }: Host) => {
    const seen = await page.evaluate<Point>(`${seenAt(300, 90)}(${find})`);
    await widget.clickAt({ x: seen.x + offset.x, y: seen.y + offset.y });
    await widget.settled();
    const [object] = (await widget.value()).objects;
    const [click] = object?.prompt.clicks ?? [];
    expect(Math.hypot((click?.x ?? 0) - 300, (click?.y ?? 0) - 90)).toBeLessThan(2.5);
    const there = await widget.at(300, 90);
    expect(Math.hypot(there.x - seen.x, there.y - seen.y)).toBeLessThan(0.5);
    expect(await widget.area()).toBeGreaterThan(1000);
  };
  const works = async (page: TestPage, host: Host) => {
    const find = host.find ?? "document.querySelector('#a')";
    const widget = widgetOn(page, find);
    await widget.ready();
    if (host.act !== undefined) await page.evaluate(`void (${host.act.toString()})(${find})`);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))');
    const room = await widget.run((element) => {
      const { clientWidth, clientHeight } = element.shadowRoot!.querySelector('.stage')!;
      return [clientWidth, clientHeight];
    });
    expect(room[0]).toBeGreaterThan(270);
    expect(room[1]).toBeGreaterThan(150);
    if (!host.mayScroll)
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThan(1);
    await expectClick(page, widget, find, host);
    expect(await widget.crashes()).toEqual([]);
  };

  test.each(hosts.filter(({ only }) => only === undefined || only === kind.name))('$name', async (host) => {
    await inPage(async (page) => {
      await page.goto(`${server.url}host/${hosts.indexOf(host)}`);
      if (host.cure === undefined) return works(page, host);
      await expect.poll(() => page.evaluate<string[]>('globalThis.failures'), { timeout: 20_000 }).toHaveLength(1);
      const [failure] = await page.evaluate<string[]>('failures');
      expect(failure).toMatch(host.cure);
      // It stands in the widget too.
      const shown = await page.evaluate(
        "document.querySelector('#a').shadowRoot.querySelector('.status .text').textContent",
      );
      expect(shown).toMatch(host.cure);
    }, host);
  });

  test('seen edge-on, it takes no click for one somewhere else', async () => {
    await inPage(async (page) => {
      const body = turned('rotateY(90deg)').replace(
        '<!>',
        `<clickmask-annotator id="a" src="${photo}" no-preview></clickmask-annotator>`,
      );
      await page.goto(`${server.url}page?fake&body=${encodeURIComponent(body)}`);
      const widget = widgetOn(page);
      await widget.ready();
      await widget.clickAt({ x: 500, y: 300 });
      expect((await widget.value()).objects).toEqual([]);
    }, {} as Host);
  });

  test('a page opened as a file, with the single file', async () => {
    await inPage(async (page) => {
      const { writeFile, mkdtemp, rm, symlink } = await import('node:fs/promises');
      const { tmpdir } = await import('node:os');
      const place = await mkdtemp(`${tmpdir()}/clickmask-file-`);
      await symlink(`${standalone}clickmask-annotator.single.js`, `${place}/clickmask.js`);
      const html = `<!doctype html><html lang="en"><title>File</title><style>body{margin:0}</style><script>${watch}</script>
        <script src="clickmask.js"></script><clickmask-annotator id="a" src="cat.jpg" no-preview></clickmask-annotator>`;
      await writeFile(`${place}/page.html`, html);
      await page.goto(pathToFileURL(`${place}/page.html`).href);
      const widget = widgetOn(page);
      await expect.poll(() => page.evaluate<string[]>('failures')).toHaveLength(1);
      expect((await page.evaluate<string[]>('failures'))[0]).toMatch(/opened as files.*drop the image/);
      const base64 = (await readFile(`${folder}../../examples/photos/cat.jpg`)).toString('base64');
      await page.evaluate(
        `document.querySelector('#a').load(Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0)))`,
      );
      await widget.ready();
      await expectClick(page, widget, "document.querySelector('#a')", {} as Host);
      await rm(place, { recursive: true });
    }, {} as Host);
  });
});
