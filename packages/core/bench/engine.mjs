// What a click costs with the network on an inference server, against the same click in this process: both take turns on
// the same images. Build first: npm run build; start the server (docs/scaling.md).
//
//   node packages/core/bench/engine.mjs --engine grpc://127.0.0.1:8001 [--engine http://…] [--here decoder]
//        [--level click] [--rounds 20] [--json]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSegmenter } from '@clickmask/core/node';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: ['grpc://127.0.0.1:8001'] },
    level: { type: 'string', default: 'auto' },
    here: { type: 'string' },
    rounds: { type: 'string', default: '12' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const folder = join(import.meta.dirname, '../../../examples/photos');
const photos = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
const places = [
  [0.5, 0.5, 'positive'],
  [0.35, 0.45, 'positive'],
  [0.05, 0.05, 'negative'],
  [0.6, 0.6, 'positive'],
];

const here = values.here?.split(',');
const ways = [
  { name: 'in process', options: {} },
  ...values.engine.map((url) => ({ name: url, options: { engine: { url, level: values.level, here } } })),
];
for (const way of ways) {
  way.segmenter = await createSegmenter({ workers: 0, ...way.options });
  way.samples = places.map(() => []);
}

let differing = 0;
for (let round = 0; round < rounds; round++) {
  const bytes = readFileSync(join(folder, photos[round % photos.length]));
  const images = [];
  for (const { segmenter } of ways) images.push(await segmenter.open(bytes, { prepare: true }));
  const { width, height } = images[0];
  const clicks = places.map(([x, y, label]) => ({ x: x * width, y: y * height, label }));
  for (let n = 1; n <= clicks.length; n++) {
    const areas = [];
    // Each one goes first equally often.
    for (let i = 0; i < ways.length; i++) {
      const at = (i + round + n) % ways.length;
      const { segmenter, samples } = ways[at];
      const [start, cpu] = [performance.now(), process.cpuUsage()];
      const made = await segmenter.segment(images[at], { clicks: clicks.slice(0, n) });
      const wall = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      const steps = made.refinement.steps + 1;
      // The first rounds warm up.
      if (round >= 2) samples[n - 1].push({ wall, cpu: (user + system) / 1000, encode: made.timings.encode, steps });
      areas[at] = made.area;
    }
    if (areas.some((area) => area !== areas[0])) differing += 1;
  }
  for (const image of images) await image.close();
}
for (const { segmenter } of ways) await segmenter.close();

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
const round1 = (value) => Math.round(value * 10) / 10;
const rows = ways.flatMap(({ name, samples }) =>
  samples.map((list, i) => {
    const added = list.map(({ wall }, k) => wall - ways[0].samples[i][k].wall);
    const least = Math.min(...list.map(({ wall }) => wall));
    return {
      way: name,
      click: i + 1,
      passes: median(list.map(({ steps }) => steps)),
      wallMs: round1(median(list.map(({ wall }) => wall))),
      leastMs: round1(least),
      addedMs: round1(median(added)),
      ownCpuMs: round1(median(list.map(({ cpu }) => cpu))),
    };
  }),
);
if (values.json) console.log(JSON.stringify({ rows, differing }));
else {
  console.table(rows);
  console.log(`${differing} of ${rounds * places.length} clicks gave masks of another size.`);
}
