import { readFile } from 'node:fs/promises';
import { type Click, cocoRle, type Prediction } from '../../src/node.js';
import { defineCommand } from '../../src/runtime/node/command-line/index.js';
import { loadSharp } from '../../src/runtime/node/decode-image.js';
import { formatJson } from '../json.js';
import { describeLoad, watchMachine } from '../machine-load.js';
import { modelOptions, openSegmenter, refinementOf } from '../model-options.js';

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export const bench = defineCommand({
  name: 'bench',
  summary: 'Measures how long each stage of a click takes on this machine.',
  about: `The default image is synthetic, 4000 x 3000 px, with one object that fills most of it. 'first' is the first click after
opening. 'next' is a click after it: features and previous mask are there already.
overhead = time of a next click outside the network / its time in the network. The bytes of the mask and its COCO RLE are
measured separately. 'click' is all of it. 'cpu' is the time of all cores together; for a first click it starts at the image's
bytes. On a busy machine it says more than wall time. The last line shows load, time taken by others, and time that a virtual
machine did not get.`,
  options: {
    image: { type: 'text', value: 'FILE', help: 'An image of yours. Clicks fall on and near its middle.' },
    repeat: { type: 'whole', min: 1, max: 1000, default: 15, help: 'Rounds.' },
    json: { type: 'switch', help: 'JSON instead of a table.' },
    ...modelOptions,
  },
  examples: ['clickmask bench', 'clickmask bench --image photo.jpg --json'],
  async run({ values }, terminal) {
    const rounds = values.repeat;
    const bytes = values.image === undefined ? await syntheticPicture() : await readFile(values.image);
    const refinement = refinementOf(values);
    const segmenter = await openSegmenter(values, terminal);
    const first: Record<string, number[]> = {};
    const next: Record<string, number[]> = {};
    const add = (into: Record<string, number[]>, name: string, value: number) => {
      into[name] ??= [];
      into[name].push(value);
    };
    let size = { width: 0, height: 0 };
    const sinceStart = watchMachine();
    try {
      for (let round = -1; round < rounds; round++) {
        terminal.status(`round ${round + 1} of ${rounds}`);
        // A new key for every round prevents cache hits. Round -1 is the warm-up.
        let spent = process.cpuUsage();
        const image = await segmenter.open(bytes, { key: `bench ${round}` });
        size = { width: image.width, height: image.height };
        const clicks = clicksOn(size);
        for (let count = 1; count <= clicks.length; count++) {
          const start = performance.now();
          const prediction = await segmenter.segment(image, { clicks: clicks.slice(0, count) }, { refinement });
          const predicted = performance.now();
          const { user, system } = process.cpuUsage(spent);
          const { mask } = prediction;
          const made = performance.now();
          cocoRle.serialize(prediction.runs);
          const end = performance.now();
          spent = process.cpuUsage();
          if (round < 0) continue;
          const into = count === 1 ? first : next;
          for (const [name, value] of Object.entries(stages(prediction))) add(into, name, value);
          add(into, 'mask', made - predicted);
          add(into, 'cocoRle', end - made);
          add(into, 'segment', predicted - start);
          add(into, 'click', end - start);
          add(into, 'cpu', (user + system) / 1000);
          if (mask.data.length === 0) throw new Error('The mask is empty.');
        }
        await image.close();
      }
    } finally {
      terminal.status('');
      await segmenter.close();
    }
    const report = {
      model: segmenter.info.model,
      provider: segmenter.info.provider,
      threads: segmenter.info.threads,
      ...size,
      rounds,
      machine: sinceStart(),
      first: summary(first),
      next: summary(next),
      overhead: median(next.segment.map((ms, i) => (ms - next.network[i]) / next.network[i])),
      outsideShare: median(next.segment.map((ms, i) => (ms - next.network[i]) / ms)),
      maskAndRleMs: median(next.click.map((_, i) => next.postprocess[i] + next.mask[i] + next.cocoRle[i])),
    };
    if (values.json) {
      terminal.out(formatJson(report));
      return 0;
    }
    const row = (name: string, { median: middle, min, max }: Spread) =>
      `  ${name.padEnd(12)} ${middle.toFixed(1).padStart(8)} ${min.toFixed(1).padStart(8)} ${max.toFixed(1).padStart(8)}`;
    const table = (title: string, rows: Record<string, Spread>) => [
      `${title.padEnd(14)} ${'median'.padStart(8)} ${'min'.padStart(8)} ${'max'.padStart(8)}   (ms)`,
      ...Object.entries(rows).map(([name, spread]) => row(name, spread)),
      '',
    ];
    const lines = [
      `${report.model} on ${report.provider}, ${report.threads} threads, ${size.width} x ${size.height} px, ${rounds} rounds`,
      '',
      ...table('first click', report.first),
      ...table('next click', report.next),
      `overhead (outside the network / in it)   ${report.overhead.toFixed(2)}`,
      `share of a next click outside            ${(report.outsideShare * 100).toFixed(0)} %`,
      `mask and COCO RLE from the map           ${report.maskAndRleMs.toFixed(1)} ms`,
      describeLoad(report.machine),
    ];
    terminal.out(`${lines.join('\n')}\n`);
    return 0;
  },
});

function stages({ timings }: Prediction): Record<string, number> {
  const { decode, encode, predict, postprocess, network } = timings;
  return { decode, encode, predict, postprocess, network };
}

/** A positive click in the middle, then clicks of both kinds that keep the object large. */
function clicksOn({ width, height }: { width: number; height: number }): readonly Click[] {
  const at = (x: number, y: number, label: Click['label']): Click => ({ x: x * width, y: y * height, label });
  return [
    at(0.5, 0.5, 'positive'),
    at(0.3, 0.5, 'positive'),
    at(0.7, 0.55, 'positive'),
    at(0.02, 0.03, 'negative'),
    at(0.97, 0.95, 'negative'),
  ];
}

/** A 12-megapixel JPEG: a large dark textured blob on a light ground. */
async function syntheticPicture(): Promise<Uint8Array> {
  const width = 4000;
  const height = 3000;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const dy = (y - height / 2) / (height * 0.42);
    for (let x = 0; x < width; x++) {
      const dx = (x - width / 2) / (width * 0.44);
      const wave = 0.08 * Math.sin(9 * Math.atan2(dy, dx));
      const inside = dx * dx + dy * dy < (1 + wave) ** 2;
      const grain = ((x * 7 + y * 13) & 15) + ((x >> 6) & 1) * 6;
      const offset = (y * width + x) * 3;
      data[offset] = (inside ? 150 : 205) + grain;
      data[offset + 1] = (inside ? 60 : 215) + grain;
      data[offset + 2] = (inside ? 40 : 225) + grain;
    }
  }
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

function summary(values: Record<string, number[]>): Record<string, Spread> {
  return Object.fromEntries(
    Object.entries(values).map(([name, list]) => [
      name,
      { median: median(list), min: Math.min(...list), max: Math.max(...list) },
    ]),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
