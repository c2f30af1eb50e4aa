// The page next door: one of another origin, open in the annotator's browser, against every server on the annotator's machine.
import { createServer } from 'node:http';
import fc from 'fast-check';
import { chromium } from 'playwright';
import sharp from 'sharp';
import { clickOf, config, startBackend } from '../../../packages/label-studio-backend/bench/start-backend.mjs';
import { findChromium } from '../../../scripts/find-browsers.mjs';
import { memoryMb, odd, startServer } from '../support.mjs';

/** Resolves to null where there is no browser. */
export async function start() {
  const executablePath = findChromium();
  if (executablePath === null) return null;
  const scene = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#579' } })
    .composite([
      { input: Buffer.from('<svg width="320" height="240"><circle cx="128" cy="120" r="60" fill="#d42"/></svg>') },
    ])
    .png()
    .toBuffer();
  const pictures = await serve('image/png', scene);
  const neighbour = await serve('text/html', '<!doctype html><title>Next door</title>');
  const [backend, handler, cvat] = await Promise.all([
    startBackend(pictures.url),
    startServer('handler-server.mjs'),
    startServer('cvat-server.mjs'),
  ]);
  const predict = (x, positive) =>
    JSON.stringify({
      tasks: [{ id: 77, data: { image: '/data/upload/1/scene.png' } }],
      project: '7.1',
      label_config: config,
      params: { context: { result: [clickOf('c', x, 50, positive, 320, 240)] } },
    });
  const event = (x) =>
    JSON.stringify({ image: scene.toString('base64'), pos_points: [[x, 120]], neg_points: [], obj_bbox: [] });
  const honest = [
    [
      `${backend.url}/predict`,
      predict(40, true),
      (body) => JSON.stringify(body.results[0].result.map(({ value }) => value)),
    ],
    [cvat.url, event(128), (body) => JSON.stringify(body)],
  ];
  /** What is said rightly, but by the wrong page. */
  const rightly = [
    [`${backend.url}/predict`, predict(90, false)],
    [
      `${backend.url}/setup`,
      JSON.stringify({ project: '7.1', schema: '<View/>', hostname: neighbour.url, access_token: 'x' }),
    ],
    [`${backend.url}/webhook`, JSON.stringify({ action: 'ANNOTATION_CREATED', project: { id: 7 }, task: { id: 77 } })],
    [`${backend.url}/train`, JSON.stringify({ project: 7 })],
    [`${cvat.url}/`, event(300)],
    [`${handler.url}/images`, 'x'.repeat(100_000)],
    [`${handler.url}/segment`, '{}'],
    [`${handler.url}/features`, '{}'],
  ];

  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  let taken = 0;
  let readable = 0;
  page.on('response', (response) => {
    const method = response.request().method();
    const changes = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
    if (changes && response.status() < 400 && !response.url().startsWith(neighbour.url)) taken++;
  });
  await page.goto(neighbour.url);

  const ways = ['cors', 'no-cors', 'beacon', 'form', 'picture'];
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json',
    '',
  ];
  const methods = ['POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'PATCH'];
  const asked = fc
    .tuple(fc.constantFrom(...rightly), odd, fc.boolean())
    .map(([[url, body], other, isRight]) => ({ url, body: isRight ? body : (JSON.stringify(other) ?? 'null') }));
  const reads = [backend.url, cvat.url, handler.url].flatMap((url) =>
    ['/health', '/ready', '/metrics', '/diagnostics', '/'].map((path) => ({ url: url + path, method: 'GET' })),
  );
  let mask;
  let changed = 0;
  return {
    parallel: 4,
    handMade: [
      ...reads.flatMap((one) => ['cors', 'no-cors', 'picture'].map((way) => ({ ...one, way }))),
      ...rightly.flatMap(([url, body]) =>
        ways.flatMap((way) => types.map((type) => ({ url, body, way, type, method: 'POST' }))),
      ),
    ],
    arbitrary: fc
      .record({
        request: asked,
        way: fc.constantFrom(...ways),
        type: fc.constantFrom(...types),
        method: fc.constantFrom(...methods),
      })
      .map(({ request, ...how }) => ({ ...request, ...how })),
    async send(input) {
      const seen = await page.evaluate(attempt, input);
      if (!seen.startsWith('read')) return { code: seen };
      readable++;
      return { code: 'read', wrong: `${input.way} ${input.method} ${input.url}: ${seen}` };
    },
    memoryMb: () => memoryMb(backend.child.pid) + memoryMb(handler.pid) + memoryMb(cvat.pid),
    async click() {
      const said = [];
      for (const [url, body, read] of honest) {
        const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
        said.push(read(await answer.json()));
      }
      mask ??= said.join();
      if (said.join() !== mask) changed++;
    },
    harm: async () => ({
      'requests that were taken': taken,
      'answers that could be read': readable,
      'changed masks of others': changed,
    }),
    async stop() {
      await browser.close();
      const codes = [(await backend.stop()).code, await handler.stop(), await cvat.stop()];
      pictures.close();
      neighbour.close();
      return codes.find((code) => code !== 0) ?? 0;
    },
  };
}

async function serve(type, content) {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': type }).end(content));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/** Runs in the page: sends one request, as a page can without being asked, and says what came of it. */
async function attempt({ url, way, method, type, body }) {
  if (way === 'beacon') return navigator.sendBeacon(url, new Blob([body], { type })) ? 'sent blindly' : 'not sent';
  if (way === 'picture') {
    const picture = new Image();
    picture.src = url;
    return picture.decode().then(
      () => 'read as a picture',
      () => 'no picture',
    );
  }
  if (way === 'form') {
    const frame = document.createElement('iframe');
    frame.name = `frame-${Math.random()}`;
    const form = document.createElement('form');
    const enctype = type.startsWith('multipart') ? 'multipart/form-data' : type === '' ? 'text/plain' : type;
    Object.assign(form, { method: 'post', action: url, target: frame.name, enctype });
    const field = document.createElement('input');
    // The name, a sign of equality and the value: JSON, where the name ends within a string.
    Object.assign(field, { type: 'hidden', name: `${String(body).slice(0, -1)},"x":"`, value: '"}' });
    form.append(field);
    document.body.append(frame, form);
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    form.submit();
    await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 2000))]);
    let seen = 'not seen in a frame';
    try {
      // A frame that was never left is this page's own.
      if (frame.contentDocument !== null && frame.contentDocument.URL !== 'about:blank') seen = 'read in a frame';
    } catch {}
    frame.remove();
    form.remove();
    return seen;
  }
  try {
    const headers = type === '' ? {} : { 'content-type': type };
    const hasBody = method !== 'GET';
    const answer = await fetch(url, {
      method,
      mode: way,
      headers: hasBody ? headers : {},
      ...(hasBody ? { body } : {}),
    });
    return answer.type === 'opaque' ? 'sent blindly' : `read, with ${answer.status}`;
  } catch {
    return 'kept from sending or reading';
  }
}
