#!/usr/bin/env node
// What a click costs: how much of it outside the network, and against the authors' predictor in PyTorch.
//
// node tools/export/bench.mjs MODEL_FOLDER [options] [-- COMMAND OF THE OTHER SIDE]
//
//   --photo FILE        default examples/photos/cat.jpg
//   --megapixels N      enlarges the photo to about so many pixels (default 12; 0: as it is)
//   --clicks N          clicks a session (default 6)
//   --sessions N        sessions on the same photo, each opened anew (default 3)
//   --threads N         of both sides (default 2)
//   --json              prints the figures as JSON too
//
// node tools/export/bench.mjs models/ritm -- .venv/bin/python -m clickmask_export.timed ritm --code ... --random 7
//
// Both sides make every click in turns, so that whatever else the machine does meets both. The other side runs in the
// folder of this script. Figures are medians; the ratio is the median of the ratios of pairs.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

// CLICKMASK_CORE may name another build.
const { createSegmenter } = await import(process.env.CLICKMASK_CORE ?? '@clickmask/core/node');

const separator = process.argv.indexOf('--');
const own = process.argv.slice(2, separator < 0 ? undefined : separator);
const other = separator < 0 ? [] : process.argv.slice(separator + 1);
const here = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals } = parseArgs({
  args: own,
  allowPositionals: true,
  options: {
    photo: { type: 'string', default: join(here, '../../examples/photos/cat.jpg') },
    megapixels: { type: 'string', default: '12' },
    clicks: { type: 'string', default: '6' },
    sessions: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
if (positionals.length !== 1) {
  process.stderr.write('Usage: node tools/export/bench.mjs MODEL_FOLDER [options] [-- COMMAND OF THE OTHER SIDE]\n');
  process.exit(2);
}
const [clickCount, sessions, threads] = [values.clicks, values.sessions, values.threads].map(Number);

const folder = await mkdtemp(join(tmpdir(), 'clickmask-bench-'));
const photo = join(folder, 'photo.jpg');
const { width: givenWidth, height: givenHeight } = await sharp(values.photo).metadata();
const scale = values.megapixels === '0' ? 1 : Math.sqrt((Number(values.megapixels) * 1e6) / (givenWidth * givenHeight));
const [width, height] = [givenWidth, givenHeight].map((side) => Math.round(side * scale));
await writeFile(
  photo,
  await sharp(values.photo).resize(width, height, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer(),
);
const bytes = await readFile(photo);

/**
 * Where people click: first the middle, then alternately around it and at the rim. [share of width, share of height,
 * positive]
 */
const places = [
  [0.5, 0.5, true],
  [0.15, 0.15, false],
  [0.42, 0.6, true],
  [0.85, 0.2, false],
  [0.58, 0.45, true],
  [0.5, 0.93, false],
  [0.47, 0.52, true],
  [0.1, 0.8, false],
];

/** The other side: a child process that answers each line with a line. */
function connect(command) {
  const child = spawn(command[0], command.slice(1), {
    cwd: here,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The other side has ended.');
      return JSON.parse(value);
    },
    end: () => child.stdin.end(),
  };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const segmenter = await createSegmenter({ model: resolve(positionals[0]), workers: 0, threads });
const there = other.length === 0 ? null : connect(other);
const rows = [];
try {
  for (let session = 0; session < sessions; session++) {
    const opened = performance.now();
    const image = await segmenter.open(bytes);
    const openMs = performance.now() - opened;
    const theirOpenMs = there === null ? null : (await there.ask({ photo })).ms;
    const clicks = [];
    const given = [];
    for (let i = 0; i < clickCount; i++) {
      const [x, y, positive] = places[i % places.length];
      // No pixel twice.
      const [column, row] = [Math.floor(x * width) + 3 * Math.floor(i / places.length), Math.floor(y * height)];
      clicks.push({ x: column + 0.5, y: row + 0.5, label: positive ? 'positive' : 'negative' });
      given.push([row, column, positive]);
      const started = performance.now();
      const { timings, area } = await segmenter.segment(image, { clicks });
      const ms = performance.now() - started;
      const theirs = there === null ? null : await there.ask({ clicks: given });
      rows.push({ session, click: i + 1, ms, timings, area, openMs, theirs, theirOpenMs });
    }
    await image.close();
  }
} finally {
  there?.end();
  await segmenter.close();
  await rm(folder, { recursive: true, force: true });
}

/** The first session is the warm-up. */
const counted = sessions > 1 ? rows.filter((row) => row.session > 0) : rows;
function summary(list) {
  const part = (stage) => median(list.map(({ timings }) => timings[stage]));
  const outside = median(
    list.map(({ timings }) => (timings.total - timings.decode - timings.network) / (timings.total - timings.decode)),
  );
  return {
    ms: median(list.map((row) => row.ms)),
    network: part('network'),
    encode: part('encode'),
    predict: part('predict'),
    postprocess: part('postprocess'),
    outsideShare: outside,
    theirMs: there === null ? null : median(list.map((row) => row.theirs.ms)),
    ratio: there === null ? null : median(list.map((row) => row.ms / row.theirs.ms)),
    area: median(list.map((row) => row.area / (width * height))),
    theirArea: there === null ? null : median(list.map((row) => row.theirs.area / (width * height))),
  };
}
const figures = {
  model: segmenter.info.model,
  width,
  height,
  threads,
  first: summary(counted.filter((row) => row.click === 1)),
  later: summary(counted.filter((row) => row.click > 1)),
  all: summary(counted),
};
if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
process.stdout.write(`${figures.model}, ${width} x ${height} px, ${threads} threads, ${counted.length} clicks\n`);
for (const name of ['first', 'later', 'all']) {
  const { ms, network, encode, predict, postprocess, outsideShare, theirMs, theirArea, ratio, area } = figures[name];
  const ours = `${ms.toFixed(0)} ms (network ${network.toFixed(0)}; encode ${encode.toFixed(1)}, predict ${predict.toFixed(1)}, postprocess ${postprocess.toFixed(1)}), outside the network ${(outsideShare * 100).toFixed(1)} %, mask ${(area * 100).toFixed(2)} % of the photo`;
  process.stdout.write(
    `${name.padEnd(6)} ${ours}${theirMs === null ? '' : `; authors' ${theirMs.toFixed(0)} ms, mask ${(theirArea * 100).toFixed(2)} %, ratio ${ratio.toFixed(2)}`}\n`,
  );
}
