/**
 * Times the generated function over HTTP, as CVAT's server calls it: second clicks on a 4000 x 3000 frame in each form of
 * reply, start, folder size, and memory over many frames. Needs built packages.
 *
 *   node packages/cvat-serverless/bench/function.mjs [--clicks 15] [--frames 500] [--replies mask,shapes] [--json]
 *
 * The processor is the local one of this package. NUCLIO_PROCESSOR=PATH also times a real one with the same folder, or with
 * --only-nuclio that one alone.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { initBundle, runBundle } from '@clickmask/cvat-serverless';
import sharp from 'sharp';
import { parse, stringify } from 'yaml';

const { values } = parseArgs({
  options: {
    clicks: { type: 'string' },
    frames: { type: 'string' },
    replies: { type: 'string' },
    json: { type: 'boolean' },
    'only-nuclio': { type: 'boolean' },
  },
});
const clicks = Number(values.clicks ?? 15);
const frames = Number(values.frames ?? 0);
const folder = mkdtempSync(join(tmpdir(), 'clickmask-bench-'));

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const round = (value) => Math.round(value * 10) / 10;
const width = 4000;
const height = 3000;

/** A frame with a large object of uneven outline; `seed` changes its bytes. */
async function picture(seed) {
  const blob = Array.from({ length: 90 }, (_, i) => {
    const angle = (i / 90) * 2 * Math.PI;
    const radius = 1000 + 160 * Math.sin(7 * angle + seed) + 60 * Math.sin(23 * angle);
    return `${2000 + radius * Math.cos(angle)},${1500 + radius * Math.sin(angle)}`;
  });
  const svg = `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="#28465a"/>
    <polygon points="${blob.join(' ')}" fill="#e6783c"/><text x="50" y="300" font-size="200">${seed}</text></svg>`;
  const noise = await sharp({
    create: { width, height, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 12 }, background: '#000' },
  })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return sharp(noise)
    .composite([{ input: Buffer.from(svg), blend: 'overlay' }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

function body(image, positive, negative) {
  return JSON.stringify({ image: image.toString('base64'), pos_points: positive, neg_points: negative, obj_bbox: [] });
}

async function post(url, text) {
  const started = performance.now();
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
  const bytes = (await response.arrayBuffer()).byteLength;
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return { ms: performance.now() - started, bytes };
}

/** Starts a real processor with an unpacked copy of the folder. */
async function startNuclio(env, onLog) {
  const running = await runBundle(folder, { env });
  const copy = mkdtempSync(join(tmpdir(), 'clickmask-nuclio-'));
  // The folder as the image would hold it: what runBundle has just completed.
  cpSync(running.directory, copy, { recursive: true });
  await running.close();
  const config = parse(readFileSync(join(copy, 'function.yaml'), 'utf8'));
  Object.values(config.spec.triggers)[0].url = '127.0.0.1:18980';
  config.metadata.namespace = 'nuclio';
  const platform = {
    webAdmin: { enabled: true, listenAddress: '127.0.0.1:18981' },
    healthCheck: { enabled: true, listenAddress: '127.0.0.1:18982' },
    logger: {
      sinks: { stdout: { kind: 'stdout' } },
      system: [{ level: 'debug', sink: 'stdout' }],
      functions: [{ level: 'debug', sink: 'stdout' }],
    },
  };
  writeFileSync(join(copy, 'processor.yaml'), stringify(config));
  writeFileSync(join(copy, 'platform.yaml'), stringify(platform));
  const started = performance.now();
  const child = spawn(
    process.env.NUCLIO_PROCESSOR,
    ['--config', join(copy, 'processor.yaml'), '--platform-config', join(copy, 'platform.yaml')],
    {
      env: {
        ...process.env,
        ...env,
        NUCLIO_HANDLER_DIR: copy,
        NUCLIO_NODEJS_EXE: process.execPath,
        NUCLIO_NODEJS_WRAPPER_PATH: join(copy, 'clickmask-wrapper.mjs'),
      },
    },
  );
  child.stdout.on('data', (chunk) => onLog(chunk.toString()));
  for (;;) {
    const status = await fetch('http://127.0.0.1:18982/ready').then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: 'http://127.0.0.1:18980',
    readyMs: performance.now() - started,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 3000).unref();
      await ended;
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

/** First click on a new frame, then second clicks, each beside another place. */
async function timeClicks(start, env, image) {
  const writes = [];
  const segments = [];
  const running = await start(env, (text) => {
    const write = /"write": ?(\d+)/.exec(text);
    const segment = /"segment": ?(\d+)/.exec(text);
    if (write) writes.push(Number(write[1]));
    if (segment) segments.push(Number(segment[1]));
  });
  try {
    const first = await post(running.url, body(image, [[2000, 1500]], []));
    const later = [];
    for (let i = 0; i < clicks; i++) {
      const second = [100 + i * 20, 200 + i * 10];
      later.push(await post(running.url, body(image, [[2000, 1500]], [second])));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    return {
      readyMs: round(running.readyMs),
      firstMs: round(first.ms),
      secondMs: round(median(later.map(({ ms }) => ms))),
      replyBytes: later[0].bytes,
      segmentMs: median(segments.slice(1)),
      writeMs: median(writes.slice(1)),
    };
  } finally {
    await running.close();
  }
}

const local = async (env, onLog) => runBundle(folder, { env, log: (_, message) => onLog(message) });

const bundle = await initBundle({ out: folder, dependencies: 'vendor', force: true });
const image = await picture(1);
const report = {
  machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`,
  bundleMb: round(bundle.bytes / 1e6),
  frameMb: round(image.length / 1e6),
  local: {},
};
const runs = (values.replies ?? 'mask,mask-bounds,shapes,mask without a file').split(',');
const environment = (name) => ({
  CLICKMASK_REPLY: name.split(' ')[0],
  ...(name.includes(' ') ? { CLICKMASK_STREAM_FROM: '0' } : {}),
});
if (!values['only-nuclio']) {
  for (const name of runs) report.local[name] = await timeClicks(local, environment(name), image);
}
if (existsSync(process.env.NUCLIO_PROCESSOR ?? '')) {
  report.nuclio = {};
  for (const name of runs) report.nuclio[name] = await timeClicks(startNuclio, environment(name), image);
}
if (frames > 0) {
  const running = await runBundle(folder, { env: { CLICKMASK_REPLY: 'mask' } });
  const memory = async () => round((await (await fetch(running.url)).json()).memory.rss / 1e6);
  report.memory = { frames, startMb: await memory(), everyMb: [] };
  for (let i = 0; i < frames; i++) {
    // The same pixels with other bytes are another frame to the function: a comment in the JPEG is enough.
    const note = Buffer.from(`frame ${i}`);
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, note.length + 2]), note]);
    const frame = Buffer.concat([image.subarray(0, 2), comment, image.subarray(2)]);
    await post(running.url, body(frame, [[2000, 1500]], []));
    if ((i + 1) % Math.ceil(frames / 10) === 0) report.memory.everyMb.push(await memory());
  }
  await running.close();
}
rmSync(folder, { recursive: true, force: true });

if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log(`${report.machine}; folder ${report.bundleMb} MB; frame ${width} x ${height}, ${report.frameMb} MB`);
  if (!values['only-nuclio']) console.table(report.local);
  if (report.nuclio) console.table(report.nuclio);
  if (report.memory)
    console.log(`memory: ${report.memory.startMb} MB at the start, then ${report.memory.everyMb.join(', ')} MB`);
}
