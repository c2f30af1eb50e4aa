// `node scripts/docs/record.mjs`: the moving image of the README, recorded from the running widget.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright';
import sharp from 'sharp';
import { serveExamples } from '../../examples/serve.mjs';
import { findChromium } from '../find-browsers.mjs';
import { root } from '../prepare.mjs';

const size = { width: 860, height: 560 };
const frameMs = 125;
const out = join(root, 'docs', 'clicks.webp');

/** The script of the recording: where to click in the image (0 to 1 of its sides), and how long the result is shown. */
const scenes = [
  { photo: 'rocket.jpg', steps: [{ at: [0.5, 0.58] }] },
  { photo: 'astronaut.jpg', steps: [{ at: [0.43, 0.78] }, { at: [0.6, 0.66] }] },
  { photo: 'cat.jpg', steps: [{ at: [0.5, 0.5] }] },
];

const server = await serveExamples({ port: 0 });
const browser = await chromium.launch({ executablePath: findChromium() ?? undefined, args: ['--no-sandbox'] });
const frames = [];
try {
  const page = await browser.newPage({ viewport: size });
  await page.goto(`${server.url}examples/plain/`);
  await page.setContent(pageOf(server.url));
  await page.waitForFunction(() => customElements.get('clickmask-annotator') !== undefined);
  for (const { photo, steps } of scenes) await play(page, photo, steps);
} finally {
  await browser.close();
  await server.close();
}
await sharp(
  frames.map(({ png }) => png),
  { join: { animated: true } },
)
  .webp({ quality: 72, effort: 4, delay: frames.map(({ ms }) => ms), loop: 0 })
  .toFile(out);
console.log(`${out}: ${frames.length} frames, ${Math.round(statSync(out).size / 1000)} kB`);

function pageOf(url) {
  return `<!doctype html><base href="${url}">
    <style>
      body { margin: 0 }
      clickmask-annotator { --clickmask-height: ${size.height}px }
      #hand { position: fixed; z-index: 9; left: 0; top: 0; width: 22px; pointer-events: none; filter: drop-shadow(0 1px 2px #0008) }
    </style>
    <clickmask-annotator classes="object"></clickmask-annotator>
    <svg id="hand" viewBox="0 0 24 24"><path fill="#fff" stroke="#000" stroke-width="1.4" d="M5 2l14 12h-8l4 8-3 1.4-4-8-5 5z"/></svg>
    <script type="module" src="/clickmask/clickmask-annotator.js"></script>`;
}

async function play(page, photo, steps) {
  const box = await page.evaluate(async (name) => {
    const annotator = document.querySelector('clickmask-annotator');
    await annotator.load(`/examples/photos/${name}`);
    const canvas = annotator.shadowRoot.querySelector('canvas');
    const { x, y, width, height } = canvas.getBoundingClientRect();
    const image = await createImageBitmap(await (await fetch(`/examples/photos/${name}`)).blob());
    return { x, y, width, height, imageWidth: image.width, imageHeight: image.height };
  }, photo);
  await waitForStatus(page, /^Ready/);
  let [x, y] = [box.x + box.width * 0.9, box.y + box.height * 0.9];
  for (const { at } of steps) {
    const target = pointOf(box, at);
    await preview(page, false);
    for (let k = 1; k <= 6; k++) {
      const ease = 1 - (1 - k / 6) ** 2;
      await hand(page, x + (target.x - x) * ease, y + (target.y - y) * ease, 0);
      if (k % 2 === 0) await shoot(page, frameMs);
    }
    [x, y] = [target.x, target.y];
    await preview(page, true);
    await page.mouse.move(x + 1, y);
    await sleep(700);
    await shoot(page, 500);
    await page.mouse.down();
    await page.mouse.up();
    await waitForStatus(page, /clicks: \d/);
    await sleep(700);
    await shoot(page, 900);
  }
  await shoot(page, 700);
}

/** Converts a point of the image to the page: the image is fitted to the middle of the stage. */
function pointOf({ x, y, width, height, imageWidth, imageHeight }, [u, v]) {
  const scale = Math.min(width / imageWidth, height / imageHeight) * 0.955;
  return { x: x + width / 2 + (u - 0.5) * imageWidth * scale, y: y + height / 2 + (v - 0.5) * imageHeight * scale };
}

/** Waits until the widget's status line matches. */
function waitForStatus(page, pattern) {
  return page.waitForFunction(
    (source) => {
      const status = document.querySelector('clickmask-annotator').shadowRoot.querySelector('[part~=status]');
      return new RegExp(source).test(status?.textContent.trim() ?? '');
    },
    pattern.source,
    { timeout: 60_000 },
  );
}

/** Previews on the way would distract. */
function preview(page, isOn) {
  return page.evaluate((on) => document.querySelector('clickmask-annotator').toggleAttribute('no-preview', !on), isOn);
}

async function hand(page, x, y) {
  await page.mouse.move(x, y);
  await page.evaluate(
    ([left, top]) => {
      document.querySelector('#hand').style.transform = `translate(${left}px, ${top}px)`;
    },
    [x, y],
  );
}

async function shoot(page, ms) {
  frames.push({ png: await page.screenshot(), ms });
}
