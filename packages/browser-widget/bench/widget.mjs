// Measures the widget in Chromium on WASM:
//   node packages/browser-widget/bench/widget.mjs [--json] [--clicks 60] [--against FOLDER]...
// --against: the folder of another standalone build, which is clicked in turn with this one
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import sharp from 'sharp';
import { serveExamples } from '../../../examples/serve.mjs';
import { findChromium } from '../../../scripts/find-browsers.mjs';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    clicks: { type: 'string', default: '60' },
    against: { type: 'string', multiple: true, default: [] },
  },
});
const clicks = Number(args.clicks);
const inARow = 10;

const photo = await sharp(fileURLToPath(new URL('../../../examples/photos/coffee.jpg', import.meta.url)))
  .resize(4000, 3000, { fit: 'fill' })
  .jpeg({ quality: 90 })
  .toBuffer();
const html = (attributes) => `<!doctype html><html lang="en"><title>Bench</title><link rel="icon" href="data:,">
  <style>body{margin:0}clickmask-annotator{--clickmask-height:800px}</style>
  <script type="module">
    import '/clickmask/clickmask-annotator.js';
    const element = document.createElement('clickmask-annotator');
    element.id = 'a';
    for (const [name, value] of ${JSON.stringify(attributes)}) element.setAttribute(name, value);
    window.readyAfter = new Promise((resolve) => element.addEventListener('clickmask-ready', () => resolve(performance.now() - window.connected)));
    window.connected = performance.now();
    document.body.append(element);
  </script>`;
const page = (attributes) => async () => new Response(html(attributes), { headers: { 'content-type': 'text/html' } });
const plain = [
  ['src', '/large/'],
  ['provider', 'wasm'],
  ['no-preview', ''],
];
const types = { '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };
const serve = (folder) =>
  serveExamples({
    port: 0,
    routes: {
      large: async () => new Response(photo, { headers: { 'content-type': 'image/jpeg' } }),
      small: page([
        ['src', '/examples/photos/coffee.jpg'],
        ['provider', 'wasm'],
      ]),
      clicks: page(plain),
      previews: page(plain.slice(0, 2)),
      ...(folder === undefined
        ? {}
        : {
            async clickmask(request) {
              const path = new URL(request.url).pathname.slice('/clickmask/'.length);
              const headers = { 'content-type': types[extname(path)] ?? 'application/octet-stream' };
              return new Response(await readFile(join(folder, path)), { headers });
            },
          }),
    },
  });
const server = await serve();
const browser = await chromium.launch({ executablePath: findChromium() ?? undefined, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });

const open = async (name, { url } = server) => {
  const tab = await context.newPage();
  await tab.goto(`${url}${name}`);
  const ready = await tab.evaluate(() => window.readyAfter);
  await tab.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask' });
  });
  return { tab, ready };
};
const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
const round = (value) => Math.round(value * 10) / 10;
const spread = (values) =>
  values.length === 0
    ? null
    : { p50: round(quantile(values, 0.5)), p95: round(quantile(values, 0.95)), n: values.length };

/** Thread times of the browser during an action: processor time of the main thread's longest task. */
async function traced(tab, work) {
  await browser.startTracing(tab, {
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'],
  });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const main = new Set(
    traceEvents
      .filter(({ name, args: given }) => name === 'thread_name' && given.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && main.has(`${pid} ${tid}`));
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

// The first visit fills the cache.
const cold = (await open('small')).ready;
const warm = { small: [], large: [] };
for (let i = 0; i < 5; i++) {
  for (const [name, path] of [
    ['small', 'small'],
    ['large', 'clicks'],
  ]) {
    const { tab, ready } = await open(path);
    warm[name].push(ready);
    await tab.close();
  }
}

/** A tab that records, for each click, the time from the button's release to the painted mask. */
async function clickTab(from) {
  const { tab } = await open('clicks', from);
  await tab.evaluate(() => {
    window.finals = [];
    window.firsts = [];
    let released = 0;
    let seen = false;
    // The frame that paints, and then the first task after it.
    const painted = (note) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => note(performance.now() - released);
        port2.postMessage(null);
      });
    addEventListener(
      'pointerup',
      () => {
        released = performance.now();
        seen = false;
      },
      true,
    );
    const first = (ms) => {
      if (!seen) window.firsts.push(ms);
      seen = true;
    };
    const element = document.querySelector('#a');
    element.annotator.on('draft', () => painted(first));
    element.addEventListener('clickmask-change', ({ detail }) => {
      if (detail.origin !== 'model') return;
      painted((ms) => {
        first(ms);
        window.finals.push(ms);
      });
    });
  });
  let made = 0;
  let point = 0;
  return {
    tab,
    /** @param held - milliseconds between press and release */
    async click(held) {
      // Every click is at a new point, because answers to known ones are cached.
      const i = point++;
      made++;
      if (i % inARow === 0) await tab.keyboard.press('n');
      await tab.mouse.click(200 + ((i * 137) % 640), 200 + ((i * 71) % 401), { delay: held });
      // Waiting must not cause painting, so it checks by timer and not by frame.
      await tab.evaluate(
        (count) =>
          new Promise((resolve) => {
            const look = () => (window.finals.length >= count ? resolve() : setTimeout(look, 20));
            look();
          }),
        made,
      );
    },
    async times() {
      const { finals, firsts } = await tab.evaluate(() => ({ finals: window.finals, firsts: window.firsts }));
      await tab.evaluate(() => {
        window.finals = [];
        window.firsts = [];
      });
      made = 0;
      return { finals, firsts };
    },
    async network() {
      const objects = await tab.evaluate(() =>
        document.querySelector('#a').value.objects.map(({ result }) => result?.timings?.network ?? 0),
      );
      return objects;
    },
  };
}

// A press of no length is the hardest case: nothing can be computed while the button is down.
const builds = [{ name: 'this build', server }];
for (const folder of args.against) builds.push({ name: basename(folder), server: await serve(folder) });
for (const build of builds) build.clicker = await clickTab(build.server);
for (let done = 0; done < clicks; done += inARow) {
  for (const { clicker } of builds) {
    await clicker.tab.bringToFront();
    for (let i = 0; i < Math.min(inARow, clicks - done); i++) await clicker.click(0);
  }
}
const report = [];
for (const { name, clicker } of builds) {
  const { finals, firsts } = await clicker.times();
  const network = await clicker.network();
  const longest = await clicker.tab.evaluate(() => window.longest);
  await clicker.tab.bringToFront();
  const longestCpu = await traced(clicker.tab, async () => {
    for (let i = 0; i < inARow; i++) await clicker.click(0);
  });
  await clicker.times();
  for (let i = 0; i < 2 * inARow; i++) await clicker.click(80);
  const held = await clicker.times();
  await clicker.tab.close();
  report.push({
    name,
    firstMaskMs: spread(firsts),
    finalMaskMs: spread(finals),
    finalMaskMsHeld80: spread(held.finals),
    ofWhichNetworkMs: spread(network),
    longestTaskMs: { wall: round(longest), processor: round(longestCpu) },
  });
}

// While the pointer moves without pause: how often does the preview follow?
const hover = await open('previews');
await hover.tab.evaluate(() => {
  window.previews = [];
  document
    .querySelector('#a')
    .annotator.on('preview', (preview) => preview !== null && window.previews.push(performance.now()));
});
const hoverCpu = await traced(hover.tab, async () => {
  const began = Date.now();
  for (let i = 0; Date.now() - began < 6000; i++)
    await hover.tab.mouse.move(250 + ((i * 3) % 500), 250 + ((i * 2) % 300));
});
const previews = await hover.tab.evaluate(() => window.previews);
const seconds = (previews.at(-1) - previews[0]) / 1000;
const hoverLongest = await hover.tab.evaluate(() => window.longest);

const result = {
  loadAverage: round(loadavg()[0]),
  readyMs: { firstVisit: round(cold), warmCache600x400: spread(warm.small), warmCache4000x3000: spread(warm.large) },
  clicks4000x3000: report,
  previewsPerSecond: round((previews.length - 1) / seconds),
  longestTaskPreviewingMs: { wall: round(hoverLongest), processor: round(hoverCpu) },
};
if (args.json) console.log(JSON.stringify(result));
else {
  const range = (value) => (value === null ? '-' : `p50 ${value.p50} ms, p95 ${value.p95} ms`);
  const tasks = ({ wall, processor }) => `${wall} ms by the clock (0: none over 50), ${processor} ms of processor time`;
  console.log(`load average ${result.loadAverage} (other work on the machine makes all of this slower)`);
  console.log(`ready, first visit            ${result.readyMs.firstVisit} ms`);
  console.log(`ready, warm cache, 600x400    p50 ${result.readyMs.warmCache600x400.p50} ms`);
  console.log(`ready, warm cache, 4000x3000  p50 ${result.readyMs.warmCache4000x3000.p50} ms`);
  for (const one of report) {
    console.log(`click to paint, 4000x3000${builds.length > 1 ? `, ${one.name}` : ''}`);
    console.log(`  first mask                  ${range(one.firstMaskMs)}`);
    console.log(
      `  final mask                  ${range(one.finalMaskMs)}; of which network p50 ${one.ofWhichNetworkMs.p50} ms`,
    );
    console.log(`  final, button held 80 ms    ${range(one.finalMaskMsHeld80)}`);
    console.log(`  longest main-thread task    ${tasks(one.longestTaskMs)}`);
  }
  console.log(`previews                      ${result.previewsPerSecond} a second`);
  console.log(`  longest main-thread task    ${tasks(result.longestTaskPreviewingMs)}`);
}
await browser.close();
for (const one of builds) await one.server.close();
