// Resident memory over many clicks on many images, which must stay flat. Build first: npm run build.
//
//   node packages/core/bench/memory.mjs [--clicks 2000] [--pictures 50] [--size 1600x1200] [--workers 1] [--json]
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSegmenter } from '@clickmask/core/node';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    clicks: { type: 'string', default: '2000' },
    pictures: { type: 'string', default: '50' },
    size: { type: 'string', default: '1600x1200' },
    workers: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const clicks = Number(values.clicks);
const pictures = Number(values.pictures);
const [width, height] = values.size.split('x').map(Number);
const megabyte = 2 ** 20;

/** A JPEG of an ellipse with its own colour, place and size. */
async function picture(index) {
  const hue = (index * 47) % 360;
  const [x, y] = [width * (0.3 + 0.4 * ((index * 0.37) % 1)), height * (0.3 + 0.4 * ((index * 0.61) % 1))];
  const svg = `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="hsl(${hue},30%,35%)"/>
    <ellipse cx="${x}" cy="${y}" rx="${width / 6}" ry="${height / 5}" fill="hsl(${(hue + 150) % 360},70%,60%)"/></svg>`;
  return { x, y, bytes: await sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toBuffer() };
}

const sources = await Promise.all(Array.from({ length: pictures }, (_, index) => picture(index)));
const segmenter = await createSegmenter({ workers: Number(values.workers) });
/** Open images, oldest first: as many as people and prefetching keep open. */
const opened = new Map();
const atOnce = Math.min(8, pictures);
const samples = [];
const perPicture = 4;

/** Four clicks on one image, then the next. The least recently used image is closed, and opened again later. */
for (let done = 0; done < clicks; ) {
  const index = Math.floor(done / perPicture) % pictures;
  const { x, y, bytes } = sources[index];
  const image = opened.get(index) ?? (await segmenter.open(bytes));
  opened.delete(index);
  opened.set(index, image);
  for (const [oldest, other] of opened) {
    if (opened.size <= atOnce) break;
    opened.delete(oldest);
    await other.close();
  }
  const made = [];
  for (let k = 0; k < perPicture && done < clicks; k++, done++) {
    const angle = done * 2.4;
    const far = k % 2 === 0 ? 0.05 : 0.35;
    const at = { x: x + Math.cos(angle) * width * far, y: y + Math.sin(angle) * height * far };
    made.push({
      x: Math.min(width, Math.max(0, at.x)),
      y: Math.min(height, Math.max(0, at.y)),
      label: k % 2 === 0 ? 'positive' : 'negative',
    });
    const prediction = await segmenter.segment(image, { clicks: made });
    if (prediction.mask.data.length !== width * height) throw new Error('A mask of the wrong size.');
  }
  if (done % Math.max(1, Math.round(clicks / 20)) < perPicture) {
    globalThis.gc?.();
    await setTimeout(20);
    samples.push({ clicks: done, residentMB: Math.round(process.memoryUsage().rss / megabyte) });
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${clicks} clicks`);
  }
}
const stats = await segmenter.stats();
await segmenter.close();

// The first quarter fills the caches.
const steady = samples.filter((sample) => sample.clicks > clicks / 4).map(({ residentMB }) => residentMB);
const median = [...steady].sort((a, b) => a - b)[steady.length >> 1];
const spread = { min: Math.min(...steady), max: Math.max(...steady), median };
const half = steady.length >> 1;
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const report = {
  clicks,
  pictures,
  size: [width, height],
  workers: segmenter.info.workers,
  ...spread,
  worstDeviation: Math.max(spread.max - median, median - spread.min) / median,
  drift: mean(steady.slice(half)) / mean(steady.slice(0, half)) - 1,
  cachedMB: Object.fromEntries(
    ['pixelBytes', 'featureBytes', 'stateBytes'].map((name) => [name, Math.round(stats[name] / megabyte)]),
  ),
  samples,
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  console.table(samples);
  console.log(
    `after warm-up: median ${median} MB, ${spread.min} to ${spread.max} MB ` +
      `(±${(report.worstDeviation * 100).toFixed(1)} %), second half against first ${(report.drift * 100).toFixed(1)} %`,
  );
}
process.exitCode = report.worstDeviation <= 0.1 ? 0 : 1;
