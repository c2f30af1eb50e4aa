// Two inference servers behind a balancer: what the second adds, what annotators notice when one is killed under load, and
// whether an adapter's memory stays flat. Needs Linux with Python (Triton comes from PyPI by start.sh) and haproxy.
//
//   npm run bench -- label-studio-backend/engines [--only throughput,kill,memory] [--annotators 50] [--seconds 30]
//        [--clicks 10000]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  clickOf,
  makePhotos,
  openTask,
  predict,
  quantile,
  startBackend,
  startPictureServer,
  taskOf,
} from './start-backend.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'throughput,kill,memory' },
    annotators: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    clicks: { type: 'string', default: '10000' },
    /** Internal: loads the server at this address. */
    load: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

if (values.load !== undefined) await load(values.load);
else await measure();

async function measure() {
  if (process.platform !== 'linux' || spawnSync('haproxy', ['-v']).status !== 0) {
    console.log('Left out: this needs Linux and haproxy.');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'clickmask-engines-'));
  const cli = fileURLToPath(new URL('../../core/dist/bin/clickmask.js', import.meta.url));
  const repository = join(folder, 'repository');
  const options = ['--backend', 'python', '--threads', '1'];
  execFileSync('node', [cli, 'models', 'export-triton', 'clickmask-small', '--out', repository, ...options]);
  const servers = [await startTriton(repository, 0), await startTriton(repository, 1)];
  const balancer = await startBalancer(
    folder,
    'engines',
    servers.map(({ port }) => port),
    '/v2/health/ready',
  );
  try {
    const parts = { throughput, kill, memory };
    for (const name of values.only.split(',')) await parts[name]({ servers, balancer, repository, folder });
  } finally {
    balancer.stop();
    for (const server of servers) server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Clicks per second with one server and with two, in turn. Each server shares a core with what loads it. */
async function throughput({ servers }) {
  const loadOf = (index) =>
    new Promise((resolve, reject) => {
      const script = fileURLToPath(import.meta.url);
      const args = [
        '-c',
        String(index),
        process.execPath,
        script,
        '--load',
        String(servers[index].port),
        '--seconds',
        '5',
      ];
      const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (part) => (said += part));
      child.once('exit', (code) =>
        code === 0 ? resolve(Number(said)) : reject(new Error(`The load ended with ${code}.`)),
      );
    });
  const ratios = [];
  for (let round = 0; round < 3; round++) {
    const one = await loadOf(round % 2);
    const two = (await Promise.all([loadOf(0), loadOf(1)])).reduce((sum, rate) => sum + rate, 0);
    ratios.push(two / one);
    console.log(`one server: ${one.toFixed(1)} clicks a second; two: ${two.toFixed(1)} (${(two / one).toFixed(2)} x)`);
  }
  console.log(`throughput of two: ${quantile(ratios, 0.5).toFixed(2)} x one (median of ${ratios.length})`);
}

/** Annotators use two adapters. One server is killed after a third of the time and restarted after two thirds. */
async function kill({ servers, balancer, repository, folder }) {
  const annotators = Number(values.annotators);
  const size = { width: 800, height: 600 };
  const pictures = await startPictureServer(await makePhotos(annotators, size.width, size.height));
  const engine = ['--engine', `http://127.0.0.1:${balancer.port}`, '--workers', '2'];
  const adapters = [await startBackend(pictures.url, engine), await startBackend(pictures.url, engine)];
  const front = await startBalancer(
    folder,
    'adapters',
    adapters.map(({ url }) => Number(new URL(url).port)),
    '/health',
  );
  const url = `http://127.0.0.1:${front.port}`;
  const counts = { clicks: 0, errors: 0, stale: 0 };
  const times = [];
  const until = performance.now() + seconds * 1000;
  const annotator = async (index) => {
    await openTask(url, index, size);
    /** The first masks of each object's clicks. Every replica must give the same again. */
    const known = new Map();
    for (let n = 0; performance.now() < until; n++) {
      const object = n % 3;
      const context = [];
      for (let i = 0; i < 3 && performance.now() < until; i++) {
        const at = (salt) => 20 + ((index * 7 + object * 23 + i * 31 + salt) % 60);
        context.push(clickOf(`${index}-${object}-${i}`, at(0), at(17), i !== 1, size.width, size.height));
        const begun = performance.now();
        const { status, text } = await predict(url, taskOf(index), { result: context }).catch((error) => ({
          status: 0,
          text: String(error),
        }));
        times.push(performance.now() - begun);
        counts.clicks++;
        if (status !== 200) {
          counts.errors++;
          if (counts.errors <= 3) console.log(`  status ${status}: ${text.slice(0, 300)}`);
          continue;
        }
        const mask = JSON.stringify(JSON.parse(text).results?.[0]?.result?.map(({ value }) => value));
        const key = `${object}-${i}`;
        if (known.has(key) && known.get(key) !== mask) counts.stale++;
        known.set(key, mask);
        await pause(200);
      }
    }
  };
  const all = Promise.all(Array.from({ length: annotators }, (_, index) => annotator(index)));
  await pause((seconds * 1000) / 3);
  servers[0].stop('SIGKILL');
  await pause((seconds * 1000) / 3);
  servers[0] = await startTriton(repository, 0, servers[0].ports);
  await all;
  console.log(
    `${annotators} annotators, two adapters, one of two servers killed and started again: ${counts.clicks} clicks, ${counts.errors} errors, ${counts.stale} masks other than the first time; click median ${Math.round(quantile(times, 0.5))} ms, p99 ${Math.round(quantile(times, 0.99))} ms`,
  );
  front.stop();
  for (const adapter of adapters) await adapter.stop();
  await pictures.close();
  if (counts.errors > 0 || counts.stale > 0) process.exitCode = 1;
}

/** The resident memory of one adapter over many clicks on few images. */
async function memory({ balancer }) {
  const clicks = Number(values.clicks);
  const size = { width: 800, height: 600 };
  const pictures = await startPictureServer(await makePhotos(4, size.width, size.height));
  const adapter = await startBackend(pictures.url, ['--engine', `http://127.0.0.1:${balancer.port}`, '--workers', '2']);
  for (let index = 0; index < 4; index++) await openTask(adapter.url, index, size);
  const seen = [];
  let errors = 0;
  const lane = async (index) => {
    for (let n = 0; n < clicks / 4; n++) {
      // No place twice: answers that are already known would not reach the server.
      const [x, y] = [20 + 60 * ((n * 0.618034) % 1), 20 + 60 * (n / clicks)];
      const first = clickOf(`${index}-${n}`, x, y, true, size.width, size.height);
      const { status } = await predict(adapter.url, taskOf(index), { result: [first] });
      if (status !== 200) errors++;
      if (index === 0 && n % Math.ceil(clicks / 40) === 0) seen.push(adapter.memory());
    }
  };
  await Promise.all([0, 1, 2, 3].map(lane));
  const tenths = Array.from({ length: 10 }, (_, i) => Math.round(seen[Math.floor((i * seen.length) / 10)]));
  console.log(`${clicks} clicks, ${errors} errors; memory of the adapter in MB, each tenth: ${tenths.join(' ')}`);
  await adapter.stop();
  await pictures.close();
}

/** Calls at the click level, one after another on two connections. The server's decoder is the bottleneck. */
async function load(port) {
  const agent = new Agent({ keepAlive: true, noDelay: true });
  const model = await (await fetch(`http://127.0.0.1:${port}/v2/models/clickmask-small-click`)).json();
  const width = { UINT8: 1, FP32: 4, FP16: 2 };
  const tensors = model.inputs.map(({ name, datatype, shape }) => {
    const sizes = shape.map((size) => Math.max(1, size));
    const bytes = Buffer.alloc(
      sizes.reduce((product, size) => product * size, width[datatype]),
      1,
    );
    return { name, datatype, shape: sizes, bytes };
  });
  const head = Buffer.from(
    JSON.stringify({
      inputs: tensors.map(({ bytes, ...rest }) => ({ ...rest, parameters: { binary_data_size: bytes.length } })),
      outputs: model.outputs.map(({ name }) => ({ name, parameters: { binary_data: true } })),
    }),
  );
  const body = Buffer.concat([head, ...tensors.map(({ bytes }) => bytes)]);
  const path = `/v2/models/${model.name}/versions/${model.versions[0]}/infer`;
  const headers = { 'content-length': body.length, 'inference-header-content-length': head.length };
  const call = () =>
    new Promise((resolve, reject) => {
      const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume().on('end', resolve);
      });
      sent.on('error', reject).end(body);
    });
  for (let i = 0; i < 5; i++) await call();
  let done = 0;
  const started = performance.now();
  const until = started + seconds * 1000;
  const lane = async () => {
    while (performance.now() < until) {
      await call();
      done++;
    }
  };
  await Promise.all([lane(), lane()]);
  process.stdout.write(String((done * 1000) / (performance.now() - started)));
  agent.destroy();
}

/** On one core. Returns when it is ready. */
async function startTriton(repository, core, given) {
  const ports = given ?? [await freePort(), await freePort(), await freePort()];
  const [http, grpc, metrics] = ports;
  const options = [`--http-port=${http}`, `--grpc-port=${grpc}`, `--metrics-port=${metrics}`, '--exit-timeout-secs=1'];
  const args = ['-c', String(core), 'sh', join(repository, 'start.sh'), ...options];
  const child = spawn('taskset', args, { stdio: 'ignore' });
  const ready = () =>
    fetch(`http://127.0.0.1:${http}/v2/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (let i = 0; !(await ready()); i++) {
    if (i === 600 || child.exitCode !== null) throw new Error('Triton did not start.');
    await pause(500);
  }
  return { port: http, ports, stop: (signal = 'SIGTERM') => child.kill(signal) };
}

/** Starts haproxy in front of some ports. It skips a missing server and sends its unanswered requests to another. */
async function startBalancer(folder, name, ports, health) {
  const port = await freePort();
  const file = join(folder, `${name}.cfg`);
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response response-timeout 502 503
frontend in
  bind 127.0.0.1:${port}
  default_backend servers
backend servers
  balance leastconn
  option httpchk GET ${health}
  default-server check inter 500 fall 2 rise 1 on-marked-down shutdown-sessions
${ports.map((one, i) => `  server s${i} 127.0.0.1:${one}`).join('\n')}
`,
  );
  const child = spawn('haproxy', ['-f', file], { stdio: 'ignore' });
  await pause(2000);
  return { port, stop: () => child.kill() };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
