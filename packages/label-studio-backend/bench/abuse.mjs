// 10,000 hostile requests: no crash, no hang, no internal address fetched, every answer JSON.
// Usage: node packages/label-studio-backend/bench/abuse.mjs [--requests 10000] [--seed 1]
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import sharp from 'sharp';
import { clickOf, config, startBackend, token } from './start-backend.mjs';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const total = Number(values.requests);

const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
  .png()
  .toBuffer();
const flat = (width, height) =>
  sharp({ create: { width, height, channels: 3, background: '#000' } })
    .png({ compressionLevel: 9 })
    .toBuffer();
// Small files of many pixels: the first is beyond the limit, the second is decoded.
const bombs = [await flat(16_000, 16_000), await flat(7000, 7000)];
const lying = Buffer.from(png);
lying.writeUInt32BE(0x7fffffff, 16);
const files = {
  'ok.png': png,
  'bomb0.png': bombs[0],
  'bomb1.png': bombs[1],
  'lying.png': lying,
  'cut.png': png.subarray(0, 50),
  'svg.png': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
};

/** Nobody may ever come here: an address of this machine that is not Label Studio's. */
let trespasses = 0;
const secret = createServer((_request, response) => {
  trespasses++;
  response.end('secret');
});
await new Promise((resolve) => secret.listen(0, '127.0.0.1', resolve));
const internal = `http://127.0.0.1:${secret.address().port}/`;
let leaks = 0;
const labelStudio = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const name = url.searchParams.get('filepath')?.split('/').pop() ?? url.pathname.split('/').pop();
  if (name === 'redirect.png' || url.pathname.includes('/presign/'))
    return void response.writeHead(302, { location: internal }).end();
  if (name === 'loop.png') return void response.writeHead(302, { location: request.url }).end();
  if (name === 'gzip.png') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(png);
  if (name === 'slow.png') return void response.writeHead(200).write('x');
  if (files[name] === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'image/png' }).end(files[name]);
});
await new Promise((resolve) => labelStudio.listen(0, '127.0.0.1', resolve));
const labelStudioUrl = `http://127.0.0.1:${labelStudio.address().port}`;
const backend = await startBackend(labelStudioUrl, ['--picture-timeout', '2', '--look-ahead', '2']);

const port = secret.address().port;
const pictures = [
  ...Object.keys(files).map((name) => `/data/upload/1/${name}`),
  '/data/upload/1/redirect.png',
  '/data/upload/1/loop.png',
  '/data/upload/1/gzip.png',
  '/data/upload/1/gone.png',
  internal,
  `http://localhost:${port}/`,
  `http://[::1]:${port}/`,
  `http://[::ffff:127.0.0.1]:${port}/`,
  `http://0x7f000001:${port}/`,
  `http://2130706433:${port}/`,
  `http://127.1:${port}/`,
  `http://0.0.0.0:${port}/`,
  `http://user:pass@127.0.0.1:${port}/`,
  `${labelStudioUrl}@127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}/data/upload/1/ok.png`,
  'http://169.254.169.254/latest/meta-data/iam',
  'http://metadata.google.internal/',
  's3://bucket/key',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  '/data/local-files/?d=../../etc/passwd',
  '/data/upload/../../api/users',
  '//127.0.0.1/x',
  '\\\\127.0.0.1\\x',
  'data:image/png;base64,AAAA',
  `data:image/png;base64,${png.toString('base64')}`,
  `data:image/png;base64,${'A'.repeat(200_000)}`,
  '\u0000',
  'x'.repeat(20_000),
];
const configs = [
  config,
  '',
  '<View>',
  '<'.repeat(5000),
  `<View>${'<View>'.repeat(3000)}`,
  `${'<View>'.repeat(200)}${'</View>'.repeat(200)}`,
  `<View>${'<Brush name="a" toName="image"/>'.repeat(3000)}</View>`,
  '<!DOCTYPE lol [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><View>&b;</View>',
  `<View><Image name="image" value="$image"/><Image name="image" value="$${'a.'.repeat(500)}"/></View>`,
  config.replace('$image', '$__proto__'),
  config.replace('Thing', '&#x110000;&#0;&bogus;'),
];

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 1e308, -1e308, 1e-308, 2 ** 53, 4294967296));
const odd = fc.oneof(
  { maxDepth: 2 },
  fc.jsonValue({ maxDepth: 3 }),
  number,
  fc.string(),
  fc.constantFrom(null, [], {}, '__proto__', true),
);
const percent = fc.oneof({ weight: 4, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) }, number, odd);
const region = fc.oneof(
  odd,
  fc.record(
    {
      id: fc.oneof(fc.string(), odd),
      type: fc.oneof(
        fc.constantFrom(
          'keypointlabels',
          'rectanglelabels',
          'keypoint',
          'rectangle',
          'labels',
          'brushlabels',
          'constructor',
        ),
        odd,
      ),
      from_name: fc.oneof(fc.constantFrom('click', '__proto__'), odd),
      to_name: fc.oneof(fc.constant('image'), odd),
      original_width: fc.oneof(fc.constantFrom(64, 1, 65_536, 1e9), odd),
      original_height: fc.oneof(fc.constantFrom(64, 1, 65_536, 1e9), odd),
      image_rotation: odd,
      item_index: odd,
      is_positive: odd,
      value: fc.oneof(
        odd,
        fc.record(
          { x: percent, y: percent, width: percent, height: percent, rotation: odd, keypointlabels: odd, labels: odd },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  ),
);
const goodRegion = fc
  .tuple(percent, percent, fc.boolean())
  .map(([x, y, positive]) => clickOf('c', x, y, positive, 64, 64));
const task = fc.record(
  {
    id: fc.oneof({ weight: 8, arbitrary: fc.nat() }, fc.string(), odd),
    data: fc.oneof({ weight: 12, arbitrary: fc.record({ image: fc.constantFrom(...pictures) }) }, odd),
    annotations: fc.oneof(
      odd,
      fc.array(fc.record({ result: fc.array(fc.oneof(region, goodRegion), { maxLength: 4 }) }), { maxLength: 2 }),
    ),
    drafts: odd,
    predictions: odd,
  },
  { requiredKeys: ['data'] },
);
const context = fc.oneof(
  fc.record({ result: fc.oneof(fc.array(fc.oneof(region, goodRegion), { maxLength: 5 }), odd) }),
  { weight: 4, arbitrary: fc.record({ result: fc.array(goodRegion, { minLength: 1, maxLength: 3 }) }) },
  fc.constant(null),
  odd,
);
const body = fc.oneof(
  { weight: 1, arbitrary: odd },
  {
    weight: 8,
    arbitrary: fc.record(
      {
        tasks: fc.oneof({ weight: 16, arbitrary: fc.array(task, { minLength: 0, maxLength: 3 }) }, odd),
        project: fc.oneof({ weight: 12, arbitrary: fc.constant('1.1') }, odd),
        label_config: fc.oneof({ weight: 12, arbitrary: fc.constant(config) }, fc.constantFrom(...configs), odd),
        params: fc.oneof({ weight: 16, arbitrary: fc.record({ context }) }, odd),
      },
      { requiredKeys: ['tasks'] },
    ),
  },
);
const requests = fc.oneof(
  { weight: 16, arbitrary: fc.record({ path: fc.constant('/predict'), body }) },
  { weight: 1, arbitrary: fc.record({ path: fc.constant('/setup'), body: odd }) },
  {
    weight: 1,
    arbitrary: fc.record({
      path: fc.constant('/webhook'),
      body: fc.oneof(odd, fc.record({ action: odd, project: odd, task: odd })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      path: fc.constantFrom('/train', '/nothing', '/../../etc', '/%00', '/predict/..'),
      body: odd,
    }),
  },
);

const nested = '['.repeat(100_000);
const handMade = [
  ['/predict', '{'],
  ['/predict', nested + ']'.repeat(100_000)],
  ['/predict', nested],
  [
    '/predict',
    `{"tasks":[{"id":1,"data":{"image":"/data/upload/1/ok.png"},"annotations":${nested}${']'.repeat(100_000)}}],"label_config":"<View/>"}`,
  ],
  ['/predict', `{"tasks":[${Array.from({ length: 20_000 }, () => '{}').join()}]}`],
  ['/predict', `{"__proto__":{"tasks":[]},"constructor":{"prototype":{}}}`],
  [
    '/predict',
    JSON.stringify({
      tasks: [{ data: { image: '/data/upload/1/ok.png' } }],
      label_config: config,
      params: { context: { result: Array.from({ length: 50_000 }, (_, i) => clickOf(`c${i}`, 50, 50, true, 64, 64)) } },
    }),
  ],
  ['/predict', `{"tasks":"${'x'.repeat(60e6)}"}`],
  ['/predict', Buffer.alloc(1000, 0xff)],
  ['/predict', ''],
];

const outcomes = new Map();
let wrong = 0;
let slowest = 0;
async function send(path, payload, headers = {}) {
  const started = performance.now();
  const response = await fetch(`${backend.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: payload,
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  slowest = Math.max(slowest, performance.now() - started);
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const code = response.status < 300 ? 'ok' : parsed?.error?.code;
  outcomes.set(`${response.status} ${code}`, (outcomes.get(`${response.status} ${code}`) ?? 0) + 1);
  const isClear =
    response.status < 300 ? parsed !== undefined : typeof code === 'string' && typeof parsed.error.message === 'string';
  if (!isClear || code === 'internal') {
    wrong++;
    if (wrong <= 10)
      console.error(`${path} ${String(payload).slice(0, 600)}\n  -> ${response.status} ${text.slice(0, 300)}`);
  }
  if (text.includes(token) || text.includes('secret')) leaks++;
}

let sent = 0;
for (const [path, payload] of handMade) {
  // A body over the limit is cut off while it is sent; some clients then see a closed connection instead of the answer.
  await send(path, payload).catch((error) => {
    if (payload.length < 50e6) throw error;
  });
  sent++;
}
await send('/predict', '{}', { 'content-encoding': 'br' });
await send('/predict', '{}', { 'content-type': 'text/plain; charset=bogus' });
sent += 2;
const queue = fc.sample(requests, { numRuns: total - sent, seed: Number(values.seed) });
const started = performance.now();
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      await send(next.path, JSON.stringify(next.body) ?? 'null');
      if (++sent % 2000 === 0) console.log(`${sent} of ${total}`);
    }
  }),
);
const health = await fetch(`${backend.url}/health`);
const isAlive = health.ok && (await health.json()).status === 'UP';
const memory = backend.memory();
const end = await backend.stop();
secret.close();
labelStudio.closeAllConnections();
labelStudio.close();

console.log(
  `${sent} requests in ${((performance.now() - started) / 1000).toFixed(0)} s; slowest ${Math.round(slowest)} ms; resident memory ${Math.round(memory)} MB`,
);
for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1]))
  console.log(`  ${String(count).padStart(6)}  ${outcome}`);
console.log(
  `unclear answers or inner errors: ${wrong}; internal addresses fetched: ${trespasses}; leaks: ${leaks}; alive: ${isAlive}; exit code ${end.code}`,
);
if (wrong > 0 || trespasses > 0 || leaks > 0 || !isAlive || end.code !== 0) process.exitCode = 1;
