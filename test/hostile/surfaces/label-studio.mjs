// Label Studio's backend: predictions, setups, webhooks and training, with images from everywhere.
import { createServer } from 'node:http';
import fc from 'fast-check';
import sharp from 'sharp';
import { clickOf, config, startBackend, token } from '../../../packages/label-studio-backend/bench/start-backend.mjs';
import { forbiddenServer, innerAddresses, number, odd, ordinaryWork, stallBodies } from '../support.mjs';

export async function start() {
  const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
  const flat = (width, height) =>
    sharp({ create: { width, height, channels: 3, background: '#000' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
  // Small files of many pixels: the first exceeds the limit, the second is decoded.
  const bombs = [await flat(16_000, 16_000), await flat(7000, 7000)];
  const lying = Buffer.from(png);
  lying.writeUInt32BE(0x7fffffff, 16);
  const scene = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#579' } })
    .composite([
      { input: Buffer.from('<svg width="320" height="240"><circle cx="128" cy="120" r="60" fill="#d42"/></svg>') },
    ])
    .png()
    .toBuffer();
  const files = {
    'scene.png': scene,
    'ok.png': png,
    'bomb0.png': bombs[0],
    'bomb1.png': bombs[1],
    'lying.png': lying,
    'cut.png': png.subarray(0, 50),
    'svg.png': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  };

  const secret = await forbiddenServer();
  const internal = secret.url;
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

  const { port } = secret;
  const pictures = [
    ...Object.keys(files).map((name) => `/data/upload/1/${name}`),
    '/data/upload/1/redirect.png',
    '/data/upload/1/loop.png',
    '/data/upload/1/gzip.png',
    '/data/upload/1/gone.png',
    ...innerAddresses(port),
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
            {
              x: percent,
              y: percent,
              width: percent,
              height: percent,
              rotation: odd,
              keypointlabels: odd,
              labels: odd,
            },
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
        params: {
          context: { result: Array.from({ length: 50_000 }, (_, i) => clickOf(`c${i}`, 50, 50, true, 64, 64)) },
        },
      }),
    ],
    ['/predict', `{"tasks":"${'x'.repeat(60e6)}"}`],
    ['/predict', Buffer.alloc(1000, 0xff)],
    ['/predict', ''],
  ];

  /** An object of another task and project, clicked now and then: its mask must stay the same. */
  const honest = JSON.stringify({
    tasks: [{ id: 77, data: { image: '/data/upload/1/scene.png' } }],
    project: '7.1',
    label_config: config,
    params: { context: { result: [clickOf('honest', 40, 50, true, 320, 240)] } },
  });
  let mask;
  let changed = 0;
  const post = (path, body, headers = {}) =>
    fetch(backend.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(60_000),
    });

  return {
    parallel: 8,
    handMade: [
      ...handMade.map(([path, body]) => ({ path, text: body })),
      { path: '/predict', text: '{}', headers: { 'content-encoding': 'br' } },
      { path: '/predict', text: honest, headers: { 'content-type': 'text/plain; charset=bogus' } },
      { path: '/predict', text: honest, headers: { origin: 'https://evil.example' } },
      { path: '/predict', text: honest.replace('"id":77', `"id":"${'7'.repeat(2e6)}"`) },
    ],
    arbitrary: requests.map(({ path, body }) => ({ path, text: JSON.stringify(body) ?? 'null' })),
    async send({ path, text, headers }) {
      let answer;
      try {
        answer = await post(path, text, headers);
      } catch (error) {
        // A body over the limit is cut off while it is sent; some clients then see a closed connection instead of the answer.
        if (text.length > 40e6) return { code: 'cut off' };
        throw error;
      }
      const said = await answer.text();
      if (said.includes(token) || said.includes('secret')) leaks++;
      let parsed;
      try {
        parsed = JSON.parse(said);
      } catch {}
      if (answer.status < 300)
        return { code: `${answer.status}`, wrong: parsed === undefined ? `${path} -> ${said}` : undefined };
      const code = parsed?.error?.code;
      const isClear = typeof code === 'string' && code !== 'internal' && typeof parsed.error.message === 'string';
      const wrong = isClear ? undefined : `${path} ${text.slice(0, 400)} -> ${answer.status} ${said.slice(0, 300)}`;
      return { code: `${answer.status} ${code}`, wrong };
    },
    async click() {
      const answer = await post('/predict', honest);
      const [result] = (await answer.json()).results ?? [];
      const now = JSON.stringify(result?.result?.map(({ value }) => value));
      if (answer.status !== 200 || now === undefined) throw new Error(`a click was answered ${answer.status}`);
      mask ??= now;
      if (now !== mask) changed++;
    },
    warm() {
      const click = async ({ i, bytes, width, height, places }) => {
        files[`photo${i}.jpg`] = bytes;
        const result = places.map(([x, y], n) =>
          clickOf(`warm-${i}-${n}`, (100 * x) / width, (100 * y) / height, true, width, height),
        );
        const tasks = [{ id: 1000 + i, data: { image: `/data/upload/1/photo${i}.jpg` } }];
        const body = { tasks, project: '7.1', label_config: config, params: { context: { result } } };
        const answer = await post('/predict', JSON.stringify(body));
        await answer.arrayBuffer();
        return answer.status;
      };
      return ordinaryWork(8, click, 4);
    },
    stall: () => stallBodies(backend.url, '/predict', 'content-type: application/json', 12),
    memoryMb: () => backend.memory(),
    harm: async () => ({
      'inner addresses reached': secret.visits(),
      'tokens told': leaks,
      'changed masks of others': changed,
    }),
    async stop() {
      const { code } = await backend.stop();
      secret.close();
      labelStudio.closeAllConnections();
      labelStudio.close();
      return code;
    },
  };
}
