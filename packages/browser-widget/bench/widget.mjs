// Measures the widget in Chromium on WASM: node packages/browser-widget/bench/widget.mjs [--json]
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import sharp from 'sharp';
import { serveExamples } from '../../../examples/serve.mjs';
import { findChromium } from '../../../scripts/find-chromium.mjs';

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
const server = await serveExamples({
  port: 0,
  routes: {
    large: async () => new Response(photo, { headers: { 'content-type': 'image/jpeg' } }),
    small: page([
      ['src', '/examples/photos/coffee.jpg'],
      ['provider', 'wasm'],
    ]),
    clicks: page(plain),
    previews: page(plain.slice(0, 2)),
  },
});
const browser = await chromium.launch({ executablePath: findChromium() ?? undefined, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });

const open = async (name) => {
  const tab = await context.newPage();
  await tab.goto(`${server.url}${name}`);
  const ready = await tab.evaluate(() => window.readyAfter);
  await tab.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask' });
  });
  return { tab, ready };
};
const cdp = await browser.newBrowserCDPSession();
/** Processor time of the page's process so far, in ms: what a click costs however busy the machine is. */
const cpuMs = async () => {
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
};
const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
const round = (value) => Math.round(value * 10) / 10;
const spread = (values) => ({
  p50: round(quantile(values, 0.5)),
  p95: round(quantile(values, 0.95)),
  n: values.length,
});

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

// From the release of the button to the frame that shows the mask.
const { tab } = await open('clicks');
await tab.evaluate(() => {
  window.times = [];
  let released = 0;
  addEventListener('pointerup', () => (released = performance.now()), true);
  document.querySelector('#a').addEventListener('clickmask-change', ({ detail }) => {
    if (detail.origin !== 'model') return;
    // The frame that paints, and then the first task after it.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.times.push(performance.now() - released);
      port2.postMessage(null);
    });
  });
});
const clicks = 60;
const cpuBefore = await cpuMs();
for (let i = 0; i < clicks; i++) {
  if (i % 10 === 0) await tab.keyboard.press('n');
  await tab.mouse.click(200 + ((i * 137) % 640), 200 + ((i * 71) % 400));
  await tab.waitForFunction((count) => window.times.length >= count, i + 1);
}
const clickCpu = ((await cpuMs()) - cpuBefore) / clicks;
const clickMs = await tab.evaluate(() => window.times);
const clickLongest = await tab.evaluate(() => window.longest);
const network = await tab.evaluate(() =>
  document.querySelector('#a').value.objects.map(({ result }) => result?.timings?.network ?? 0),
);
await tab.close();

// The pointer moves without rest; how often does the preview follow?
const hover = await open('previews');
await hover.tab.evaluate(() => {
  window.previews = [];
  document
    .querySelector('#a')
    .annotator.on('preview', (preview) => preview !== null && window.previews.push(performance.now()));
});
const began = Date.now();
for (let i = 0; Date.now() - began < 6000; i++)
  await hover.tab.mouse.move(250 + ((i * 3) % 500), 250 + ((i * 2) % 300));
const previews = await hover.tab.evaluate(() => window.previews);
const seconds = (previews.at(-1) - previews[0]) / 1000;
const hoverLongest = await hover.tab.evaluate(() => window.longest);

const result = {
  loadAverage: round(loadavg()[0]),
  readyMs: { firstVisit: round(cold), warmCache600x400: spread(warm.small), warmCache4000x3000: spread(warm.large) },
  clickToPaintMs4000x3000: spread(clickMs),
  ofWhichNetworkMs: spread(network),
  processorMsPerClick: round(clickCpu),
  previewsPerSecond: round((previews.length - 1) / seconds),
  longestMainThreadTaskMs: { clicking: round(clickLongest), previewing: round(hoverLongest) },
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`load average ${result.loadAverage} (other work on the machine makes all of this slower)`);
  console.log(`ready, first visit           ${result.readyMs.firstVisit} ms`);
  console.log(`ready, warm cache, 600x400   p50 ${result.readyMs.warmCache600x400.p50} ms`);
  console.log(`ready, warm cache, 4000x3000 p50 ${result.readyMs.warmCache4000x3000.p50} ms`);
  console.log(
    `click to paint, 4000x3000    p50 ${result.clickToPaintMs4000x3000.p50} ms, p95 ${result.clickToPaintMs4000x3000.p95} ms`,
  );
  console.log(`  of which network           p50 ${result.ofWhichNetworkMs.p50} ms`);
  console.log(`processor time of a click    ${result.processorMsPerClick} ms, all threads of the page together`);
  console.log(`previews                     ${result.previewsPerSecond} a second`);
  console.log(
    `longest main-thread task     clicking ${result.longestMainThreadTaskMs.clicking} ms, previewing ${result.longestMainThreadTaskMs.previewing} ms (0: none over 50 ms)`,
  );
}
await browser.close();
await server.close();
