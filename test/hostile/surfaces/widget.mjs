// The widget in a real browser: markup in every text, addresses, configurations, images, and what storage holds.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { chromium } from 'playwright';
import { serveExamples } from '../../../examples/serve.mjs';
import { findChromium } from '../../../scripts/find-browsers.mjs';
import { forbiddenServer, innerAddresses, number, odd } from '../support.mjs';

/** Resolves to null without a browser. */
export async function start() {
  const executablePath = findChromium();
  if (executablePath === null) return null;
  const secret = await forbiddenServer();
  const fakes = await readFile(new URL('../../../packages/browser-widget/test/fake-segmenter.js', import.meta.url));
  const attacker = await readFile(new URL('../widget-page.js', import.meta.url));
  const script = (body) => async () => new Response(body, { headers: { 'content-type': 'text/javascript' } });
  const server = await serveExamples({
    port: 0,
    routes: {
      fakes: script(fakes),
      attacker: script(attacker),
      page: async () => new Response(page, { headers: { 'content-type': 'text/html' } }),
    },
  });
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
  });
  const tab = await browser.newPage();
  const inspector = await tab.context().newCDPSession(tab);
  let foreign = 0;
  let dialogs = 0;
  let pages = 0;
  let crashed = 0;
  tab.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!protocol.startsWith('http') || origin === new URL(server.url).origin) return;
    foreign++;
    if (foreign <= 5) console.error(`  widget: asked for ${request.url().slice(0, 200)}`);
  });
  tab.on('dialog', (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  tab.on('popup', () => pages++);
  tab.on('framenavigated', () => pages++);
  tab.on('crash', () => crashed++);
  tab.on('pageerror', (error) => console.error(`  widget: ${error.message}`));
  await tab.goto(`${server.url}page`);
  await tab.waitForFunction(() => globalThis.attack !== undefined);
  pages = 0;

  const evil = `${server.url}evil?`;
  const markup = [
    '<img src=x onerror="pwned++">',
    '<svg/onload=pwned++>',
    '"><script>pwned++</script>',
    "' onclick='pwned++' x='",
    'javascript:pwned++',
    '</style><script>pwned++</script>',
    '{{constructor.constructor("pwned++")()}}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as templates of others have it
    '${pwned++}',
    `url(${secret.url})`,
    `red;background:url(${secret.url})`,
    `image-set("${secret.url}" 1x)`,
    `@import "${secret.url}"`,
    '\u202e\u0000\ud800',
    'x'.repeat(50_000),
  ];
  const addresses = [
    'javascript:pwned++',
    'data:text/html,<script>pwned++</script>',
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"><script>pwned++</script></svg>',
    `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${secret.url}"/></svg>`,
    'data:image/png;base64,AAAA',
    'blob:null/x',
    'file:///etc/passwd',
    'about:blank',
    'http://[',
    '//',
    '/examples/demo/demo.js',
    `${evil}${'y'.repeat(5000)}`,
  ];
  const text = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...markup) }, fc.string(), odd.map(String));
  const value = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...markup) }, odd, number);
  const attribute = fc.constantFrom(
    ...['classes', 'class-id', 'tool', 'label', 'brush-radius', 'opacity', 'detail', 'wheel', 'right-click', 'lang'],
    ...['files', 'persist', 'controlled', 'readonly', 'outline-only', 'no-preview', 'dir', 'title', 'style-name'],
  );
  const colour = fc.oneof(fc.constantFrom(...markup), fc.string());
  const classes = fc.array(fc.record({ id: value, name: value, colour }, { requiredKeys: ['id'] }), { maxLength: 5 });
  const click = fc.oneof(
    fc.record({ x: number, y: number, label: fc.constantFrom('positive', 'negative', '__proto__') }),
    odd,
  );
  const runs = fc.record({ width: number, height: number, rows: odd, spans: odd });
  const object = fc.oneof(
    odd,
    fc.record(
      {
        id: value,
        classId: value,
        accepted: odd,
        prompt: fc.oneof(odd, fc.record({ clicks: fc.array(click, { maxLength: 3 }), box: odd, start: runs })),
        result: fc.oneof(odd, fc.record({ runs, score: number, candidates: odd, candidate: odd, prompt: odd })),
        painted: fc.oneof(fc.constant(null), runs),
        erased: fc.oneof(fc.constant(null), runs),
      },
      { requiredKeys: [] },
    ),
  );
  const stored = fc.oneof(odd, fc.record({ objects: fc.array(object, { maxLength: 3 }), activeId: value }));
  const property = fc.oneof(
    fc.record({
      name: fc.constantFrom('value', 'messages', 'shortcuts', 'segmentOptions', 'settings', 'classes'),
      value: fc.oneof(
        stored,
        classes,
        fc.dictionary(
          fc.constantFrom('undo', 'box', 'error', 'tool', 'opacity', 'refinement', '__proto__', 'a', 'Mod+z'),
          value,
        ),
      ),
    }),
  );
  const method = fc.oneof(
    fc.record({ name: fc.constant('addClick'), args: fc.tuple(click) }),
    fc.record({ name: fc.constant('setBox'), args: fc.tuple(odd) }),
    fc.record({
      name: fc.constantFrom('moveClick', 'stroke'),
      args: fc.tuple(fc.oneof(odd, fc.array(click)), number, odd),
    }),
    fc.record({ name: fc.constant('addObject'), args: fc.tuple(fc.oneof(runs, odd), odd) }),
    fc.record({
      name: fc.constantFrom('select', 'remove', 'setClass', 'removeClick', 'command'),
      args: fc.tuple(value, value),
    }),
    fc.record({ name: fc.constantFrom('getResult', 'getLabelMap', 'getPictures'), args: fc.tuple(text) }),
    fc.record({
      name: fc.constant('replayLog'),
      args: fc.tuple(fc.oneof(odd, fc.record({ version: odd, entries: odd, picture: odd }))),
    }),
  );
  const photo = [...(await readFile(new URL('../../../examples/photos/cat.jpg', import.meta.url)))];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((all) => [...all]),
    fc.tuple(fc.nat(2000), fc.nat(255)).map(([at, byte]) => photo.with(at, byte).slice(0, 3000)),
    fc
      .constantFrom(
        '<svg onload="pwned++" xmlns="http://www.w3.org/2000/svg"/>',
        '<html><script>pwned++</script>',
        'GIF89a/*',
      )
      .map((letters) => [...Buffer.from(letters)]),
  );
  const arbitrary = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('attribute'), name: attribute, value: text }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('classes'), value: classes }) },
    { weight: 4, arbitrary: property.map((one) => ({ kind: 'property', ...one })) },
    { weight: 4, arbitrary: method.map((one) => ({ kind: 'method', ...one })) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('stored'), value: stored }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('picture'), bytes, name: text, type: text }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('address'), value: fc.constantFrom(...addresses) }) },
  );
  return {
    // One page; its inputs follow each other.
    parallel: 1,
    handMade: [
      ...markup.flatMap((value) => [
        { kind: 'classes', value: [{ id: value, name: value, colour: value }] },
        { kind: 'attribute', name: 'classes', value: JSON.stringify([{ id: value, name: value, colour: value }]) },
        { kind: 'property', name: 'messages', value: { noObjects: value, undo: value, positive: value, ready: value } },
        { kind: 'picture', bytes: [1, 2, 3], name: value, type: 'image/png' },
        { kind: 'stored', value: { objects: [{ id: value, classId: value }], activeId: value } },
      ]),
      ...addresses.map((value) => ({ kind: 'address', value })),
      // Colours and addresses of this machine must not cause requests.
      ...innerAddresses(secret.port).map((address) => ({
        kind: 'classes',
        value: [{ id: 'a', colour: `url(${address})` }],
      })),
    ],
    arbitrary,
    send: (input) => tab.evaluate((one) => globalThis.attack(one), portable(input)),
    async memoryMb() {
      // The page's own gc() keeps whatever the stack may still point to, which is another amount each time.
      for (let i = 0; i < 3; i++) await inspector.send('HeapProfiler.collectGarbage');
      const { usedSize } = await inspector.send('Runtime.getHeapUsage');
      return usedSize / 2 ** 20;
    },
    click: () => tab.evaluate(() => globalThis.honest()),
    async harm() {
      const { pwned, changed, crashes } = await tab.evaluate(() => globalThis.harm());
      return {
        'scripts run': pwned,
        'changed masks of another widget': changed,
        'errors nobody caught': crashes,
        'requests elsewhere': foreign + secret.visits(),
        'dialogs, windows and pages left': dialogs + pages,
        'crashes of the page': crashed,
      };
    },
    async stop() {
      await browser.close();
      await server.close();
      secret.close();
      return 0;
    },
  };
}

/** What cannot be passed to the page unchanged: it goes as JSON, with names for special numbers. */
function portable(input) {
  return JSON.stringify(input, (_, one) => (typeof one === 'number' && !Number.isFinite(one) ? `#${one}` : one));
}

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Under attack</title><link rel="icon" href="data:,">
<style>body{margin:0}clickmask-annotator{--clickmask-height:300px}</style>
<script type="module" src="/fakes/fake-segmenter.js"></script>
<script type="module" src="/clickmask/clickmask-annotator.js"></script>
<script type="module" src="/attacker/widget-page.js"></script></head><body></body></html>`;
