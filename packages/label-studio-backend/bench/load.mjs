// Speed at the HTTP edge: one annotator on a 12-megapixel photo, then twenty on twenty photos at once.
// Usage: node packages/label-studio-backend/bench/load.mjs [--annotators 20] [--clicks 10] [--json]
import { parseArgs } from 'node:util';
import { annotate, makePhotos, openTask, quantile, startBackend, startPictureServer } from './start-backend.mjs';

const { values } = parseArgs({
  options: {
    annotators: { type: 'string', default: '20' },
    clicks: { type: 'string', default: '10' },
    workers: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const annotators = Number(values.annotators);
const clicks = Number(values.clicks);
const size = { width: 4000, height: 3000 };

const pictures = await makePhotos(annotators, size.width, size.height);
const server = await startPictureServer(pictures);
const backend = await startBackend(server.url, ['--workers', values.workers]);
const ms = (value) => `${Math.round(value)} ms`;
const report = {};
const say = values.json ? () => {} : console.log;

const opened = await openTask(backend.url, 0, size);
say(
  `open a task: answered in ${ms(opened.answered)}, ready in ${ms(opened.ready)} (12 megapixels, decode and features)`,
);
const alone = [];
const sizes = [];
await annotate(backend.url, 0, { seed: 0, count: 60, size }, (time, status, bytes) => {
  if (status !== 200) throw new Error(`status ${status}`);
  alone.push(time);
  sizes.push(bytes);
});
report.single = { p50: quantile(alone, 0.5), p95: quantile(alone, 0.95), maxResponseBytes: Math.max(...sizes) };
say(
  `one annotator, ${alone.length} clicks: p50 ${ms(report.single.p50)}, p95 ${ms(report.single.p95)}; largest answer ${Math.round(Math.max(...sizes) / 1000)} kB`,
);

for (let i = 1; i < annotators; i++) await openTask(backend.url, i, size);
const memoryBefore = backend.memory();
let running = true;
const health = [];
const watch = (async () => {
  while (running) {
    const started = performance.now();
    const response = await fetch(`${backend.url}/health`);
    await response.text();
    health.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
})();
const together = [];
let errors = 0;
let memoryMost = 0;
const started = performance.now();
await Promise.all(
  Array.from({ length: annotators }, (_, index) =>
    annotate(backend.url, index, { seed: index, count: clicks, size }, (time, status) => {
      if (status !== 200) errors++;
      together.push(time);
      memoryMost = Math.max(memoryMost, backend.memory());
    }),
  ),
);
const seconds = (performance.now() - started) / 1000;
running = false;
await watch;
const [median, most] = [quantile(together, 0.5), Math.max(...together)];
say(
  `${annotators} annotators on ${annotators} images, ${together.length} clicks in ${seconds.toFixed(1)} s (${(together.length / seconds).toFixed(1)} a second), ${errors} errors`,
);
say(
  `  click: median ${ms(median)}, p95 ${ms(quantile(together, 0.95))}, max ${ms(most)} (${(most / median).toFixed(1)} x median)`,
);
say(
  `  health meanwhile: median ${ms(quantile(health, 0.5))}, p95 ${ms(quantile(health, 0.95))}, max ${ms(Math.max(...health))} (${health.length} calls)`,
);
say(`  resident memory: ${Math.round(memoryBefore)} MB before, ${Math.round(memoryMost)} MB at most`);
report.together = {
  annotators,
  p50: median,
  p95: quantile(together, 0.95),
  most,
  perSecond: together.length / seconds,
  errors,
};
report.health = { p50: quantile(health, 0.5), p95: quantile(health, 0.95) };
report.memoryMb = { before: memoryBefore, most: memoryMost };
if (values.json) console.log(JSON.stringify(report));
const end = await backend.stop();
await server.close();
if (errors > 0 || end.code !== 0) process.exitCode = 1;
