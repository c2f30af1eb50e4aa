/**
 * Times the generated function over HTTP, as CVAT's server calls it: second clicks on a 4000 x 3000 frame in each form of
 * reply, start, folder size, memory over many frames, and what happens when a worker is killed. Needs built packages.
 *
 *   node packages/cvat-serverless/bench/function.mjs [--clicks 15] [--replies mask,shapes] [--frames 500] [--workers 4] [--kill] [--json]
 *   node packages/cvat-serverless/bench/function.mjs --with FOLDER     # second clicks in turns with a folder of another release
 *
 * The processor is the local one of this package; with NUCLIO_PROCESSOR=PATH, a real one.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { initBundle, runBundle } from '@clickmask/cvat-serverless';
import sharp from 'sharp';
import { parse, stringify } from 'yaml';

const { values } = parseArgs({
  options: {
    clicks: { type: 'string', default: '15' },
    replies: { type: 'string', default: 'mask,mask-bounds,shapes,mask without a file' },
    frames: { type: 'string', default: '0' },
    workers: { type: 'string', default: '1' },
    with: { type: 'string' },
    kill: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const clicks = Number(values.clicks);
const workers = Number(values.workers);
const folder = mkdtempSync(join(tmpdir(), 'clickmask-bench-'));

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const round = (value) => Math.round(value * 10) / 10;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const width = 4000;
const height = 3000;

/** A frame with a large object of uneven outline. `seed` changes its bytes. */
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

/** The same pixels in other bytes are another frame to the function. A comment in the JPEG is enough. */
function withComment(image, text) {
  const note = Buffer.from(text);
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, note.length + 2]), note]);
  return Buffer.concat([image.subarray(0, 2), comment, image.subarray(2)]);
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

let ports = 18980;

/** Starts a real processor with an unpacked copy of a folder. */
async function startNuclio(source, env, onLog) {
  const running = await runBundle(source, { env });
  const copy = mkdtempSync(join(tmpdir(), 'clickmask-nuclio-'));
  // The folder as in the image, as completed by runBundle.
  cpSync(running.directory, copy, { recursive: true });
  await running.close();
  const config = parse(readFileSync(join(copy, 'function.yaml'), 'utf8'));
  const [http, admin, health] = [ports++, ports++, ports++];
  Object.assign(Object.values(config.spec.triggers)[0], { url: `127.0.0.1:${http}`, numWorkers: workers });
  config.metadata.namespace = 'nuclio';
  const platform = {
    webAdmin: { enabled: true, listenAddress: `127.0.0.1:${admin}` },
    healthCheck: { enabled: true, listenAddress: `127.0.0.1:${health}` },
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
        MALLOC_ARENA_MAX: '2',
        ...env,
        NUCLIO_HANDLER_DIR: copy,
        NUCLIO_NODEJS_EXE: process.execPath,
        NUCLIO_NODEJS_WRAPPER_PATH: join(copy, 'clickmask-wrapper.mjs'),
      },
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdout.on('data', (chunk) => onLog(chunk.toString()));
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${health}/ready`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) break;
    if (child.exitCode !== null) throw new Error('The processor ended before it was ready.');
    await pause(20);
  }
  return {
    url: `http://127.0.0.1:${http}`,
    readyMs: performance.now() - started,
    pids: () => childrenOf(child.pid),
    ended,
    async close() {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 3000).unref();
      await ended;
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

async function startLocal(source, env, onLog) {
  const running = await runBundle(source, { env, log: (_, message) => onLog(message) });
  return { ...running, pids: () => running.processor.pids };
}

const start = process.env.NUCLIO_PROCESSOR === undefined ? startLocal : startNuclio;

/** Resident memory of all workers, in MB. */
function memoryMb(pids) {
  const kilobytes = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
  return round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
}

/** Processor time of all workers, in ms. */
function cpuMs(pids) {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return 10 * ticks.reduce((sum, one) => sum + one, 0);
}

const firstClick = [[2000, 1500]];
const secondClick = (i) => [[100 + i * 20, 200 + i * 10]];

/** First click on a new frame, then second clicks, each at another place. */
async function timeClicks(env, image) {
  const steps = { segment: [], write: [] };
  const running = await start(folder, env, (text) => {
    for (const [name, list] of Object.entries(steps)) {
      const found = new RegExp(`"${name}": ?(\\d+)`).exec(text);
      if (found) list.push(Number(found[1]));
    }
  });
  try {
    const first = await post(running.url, body(image, firstClick, []));
    const later = [];
    for (let i = 0; i < clicks; i++) later.push(await post(running.url, body(image, firstClick, secondClick(i))));
    await pause(100);
    return {
      readyMs: round(running.readyMs),
      firstMs: round(first.ms),
      secondMs: round(median(later.map(({ ms }) => ms))),
      replyBytes: later[0].bytes,
      segmentMs: median(steps.segment.slice(1)),
      writeMs: median(steps.write.slice(1)),
    };
  } finally {
    await running.close();
  }
}

/** Alternates second clicks on this folder's function and another's. */
async function timePair(other, image) {
  const env = { CLICKMASK_REPLY: 'mask' };
  const sides = [await start(folder, env, () => {}), await start(resolve(other), env, () => {})];
  try {
    const times = [[], []];
    for (const side of sides) await post(side.url, body(image, firstClick, []));
    const began = sides.map((side) => cpuMs(side.pids()));
    for (let i = 0; i < 2 * clicks; i++) {
      // The order alternates.
      for (const k of i % 2 === 0 ? [0, 1] : [1, 0]) {
        times[k].push((await post(sides[k].url, body(image, firstClick, secondClick(i)))).ms);
      }
    }
    const [here, there] = times.map((list) => round(median(list)));
    // Both have the same machine within a turn, so that other load affects both.
    const ratios = times[0].map((ms, i) => ms / times[1][i]).sort((a, b) => a - b);
    const at = (share) => round(100 * ratios[Math.floor(share * (ratios.length - 1))]) / 100;
    const cpu = sides.map((side, k) => round((cpuMs(side.pids()) - began[k]) / times[k].length));
    return { hereMs: here, thereMs: there, ratio: at(0.5), quartiles: [at(0.25), at(0.75)], cpuMs: cpu };
  } finally {
    for (const side of sides) await side.close();
  }
}

async function measureMemory(frames, image) {
  const running = await start(folder, { CLICKMASK_REPLY: 'mask' }, () => {});
  try {
    const everyMb = [];
    const startMb = memoryMb(running.pids());
    for (let i = 0; i < frames; i++) {
      await post(running.url, body(withComment(image, `frame ${i}`), firstClick, []));
      if ((i + 1) % Math.ceil(frames / 10) === 0) everyMb.push(memoryMb(running.pids()));
    }
    return { frames, workers, startMb, everyMb };
  } finally {
    await running.close();
  }
}

/**
 * Kills a worker and measures the time until the next answered click. With nuclio, the whole process ends and is
 * restarted.
 */
async function measureKill(image) {
  let running = await start(folder, { CLICKMASK_REPLY: 'shapes' }, () => {});
  await post(running.url, body(image, firstClick, []));
  const started = performance.now();
  process.kill(running.pids()[0], 'SIGKILL');
  // The container's restart policy does this.
  const restarted = running.ended === undefined ? null : running.ended.then(() => true);
  const ended = restarted === null ? false : await Promise.race([restarted, pause(5000).then(() => false)]);
  const endedMs = ended ? performance.now() - started : null;
  if (ended) running = await start(folder, { CLICKMASK_REPLY: 'shapes' }, () => {});
  for (;;) {
    const answered = await post(running.url, body(image, firstClick, [])).then(
      () => true,
      () => false,
    );
    if (answered) break;
    await pause(20);
  }
  const backMs = performance.now() - started;
  await running.close();
  return { processorEndedMs: endedMs === null ? null : round(endedMs), backMs: round(backMs) };
}

const bundle = await initBundle({ out: folder, dependencies: 'vendor', workers, force: true });
const image = await picture(1);
const report = {
  machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`,
  processor: process.env.NUCLIO_PROCESSOR === undefined ? 'local' : 'nuclio',
  bundleMb: round(bundle.bytes / 1e6),
  frameMb: round(image.length / 1e6),
  clicks: {},
};
if (values.with !== undefined) report.pair = await timePair(values.with, image);
else {
  for (const name of values.replies.split(',').filter((one) => one !== 'none')) {
    const env = { CLICKMASK_REPLY: name.split(' ')[0], ...(name.includes(' ') ? { CLICKMASK_STREAM_FROM: '0' } : {}) };
    report.clicks[name] = await timeClicks(env, image);
  }
}
if (Number(values.frames) > 0) report.memory = await measureMemory(Number(values.frames), image);
if (values.kill) report.kill = await measureKill(image);
rmSync(folder, { recursive: true, force: true });

if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  const { machine, processor, bundleMb, frameMb, memory, kill, pair } = report;
  console.log(
    `${machine}; ${processor} processor, ${workers} workers; folder ${bundleMb} MB; frame ${width} x ${height}, ${frameMb} MB`,
  );
  if (Object.keys(report.clicks).length > 0) console.table(report.clicks);
  if (pair) {
    const [low, high] = pair.quartiles;
    console.log(
      `second click, medians: here ${pair.hereMs} ms, there ${pair.thereMs} ms; processor ${pair.cpuMs.join(', ')} ms`,
    );
    console.log(`  of each turn's ratio: ${pair.ratio} (quartiles ${low} to ${high}, ${2 * clicks} turns)`);
  }
  if (memory) console.log(`memory: ${memory.startMb} MB at the start, then ${memory.everyMb.join(', ')} MB`);
  if (kill)
    console.log(
      `a worker killed: processor ended after ${kill.processorEndedMs} ms, next answer after ${kill.backMs} ms`,
    );
}
