// Core's HTTP handler: packed and unpacked bodies, images, prompts, methods, headers, paths.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import sharp from 'sharp';
import { memoryMb, number, odd, ordinaryWork, stallBodies, startServer } from '../support.mjs';

const packedType = 'application/vnd.clickmask.packed';
const pack = (text, arrays = Buffer.alloc(0)) => {
  const json = Buffer.from(text);
  const out = Buffer.alloc(Math.ceil((4 + json.length) / 8) * 8);
  out.writeUInt32LE(json.length);
  json.copy(out, 4);
  return Buffer.concat([out, arrays]);
};

export async function start() {
  const photo = await readFile(new URL('../../../examples/photos/cat.jpg', import.meta.url));
  const flat = (side) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#000' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
  const small = await flat(64);
  const lying = Buffer.from(small);
  lying.writeUInt32BE(0x7fffffff, 16);
  const bombs = [await flat(16_000), await flat(3900), lying, small.subarray(0, 50), photo.subarray(0, 5000)];
  const server = await startServer('handler-server.mjs');
  const post = (path, body, headers = {}, method = 'POST') =>
    fetch(server.url + path, {
      method,
      headers,
      body: method === 'GET' ? undefined : body,
      signal: AbortSignal.timeout(60_000),
    });

  const key = `sha256:${createHash('sha256').update(photo).digest('hex')}`;
  const prompt = pack(JSON.stringify({ key, prompt: { clicks: [{ x: 200, y: 150, label: 'positive' }] } }));
  let honest;
  let changed = 0;
  async function click() {
    let answer = await post('/segment', prompt, { 'content-type': packedType });
    if (answer.status === 404) {
      await post('/images', photo, { 'content-type': 'image/jpeg' });
      answer = await post('/segment', prompt, { 'content-type': packedType });
    }
    if (answer.status !== 200) throw new Error(`a click was answered ${answer.status}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    // The mask follows the text. The text contains times.
    const mask = bytes.subarray(Math.ceil((4 + bytes.readUInt32LE()) / 8) * 8).toString('base64');
    honest ??= mask;
    if (mask !== honest) changed++;
  }

  const warm = () =>
    ordinaryWork(6, async ({ bytes, places }) => {
      const own = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (places.length === 1) await (await post('/images', bytes, { 'content-type': 'image/jpeg' })).arrayBuffer();
      const clicks = places.map(([x, y]) => ({ x, y, label: 'positive' }));
      const asked = pack(JSON.stringify({ key: own, prompt: { clicks } }));
      const answer = await post('/segment', asked, { 'content-type': packedType });
      await answer.arrayBuffer();
      return answer.status;
    });

  const point = fc.oneof(
    fc.record({ x: number, y: number, label: fc.constantFrom('positive', 'negative', 'constructor') }),
    fc.record({ x: fc.nat(450), y: fc.nat(299), label: fc.constantFrom('positive', 'negative') }),
    odd,
  );
  const array = fc
    .tuple(fc.constantFrom('Uint8Array', 'Int32Array', 'BigInt64Array', 'Buffer', '__proto__'), number, number)
    .map((entry) => ({ $array: entry }));
  const question = fc.record(
    {
      key: fc.oneof({ weight: 6, arbitrary: fc.constant(key) }, odd),
      prompt: fc.oneof(
        { weight: 6, arbitrary: fc.record({ clicks: fc.array(point, { maxLength: 5 }) }) },
        fc.record({ clicks: fc.constant([{ x: 9, y: 9, label: 'positive' }]), mask: fc.oneof(array, odd), box: odd }),
        odd,
      ),
      options: fc.oneof(
        fc.constant(undefined),
        fc.record({ passes: odd, candidate: odd, refinement: odd, postprocess: odd }),
      ),
      view: odd,
    },
    { requiredKeys: ['key'] },
  );
  const asPacked = fc
    .tuple(question, fc.uint8Array({ maxLength: 200 }))
    .map(([body, rest]) => pack(JSON.stringify(body), Buffer.from(rest)));
  const picture = fc.oneof(
    fc.constantFrom(...bombs),
    fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(fc.nat(photo.length - 1), fc.nat(255)).map(([at, byte]) => {
      const damaged = Buffer.from(photo);
      damaged[at] = byte;
      return damaged;
    }),
    fc
      .tuple(number, number)
      .map(([width, height]) =>
        pack(JSON.stringify({ width, height, data: { $array: ['Uint8Array', 0, 48] } }), Buffer.alloc(48)),
      ),
  );
  const headers = fc.oneof(
    { weight: 8, arbitrary: fc.constant({}) },
    fc.constantFrom(
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
      { 'content-encoding': 'gzip' },
    ),
  );
  const type = (usual) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(usual) },
      fc.constantFrom('text/plain', 'image/svg+xml', 'multipart/form-data', 'x'),
    );
  const asked = (path, body, usual) =>
    fc.record({
      path: fc.oneof(
        { weight: 10, arbitrary: fc.constant(path) },
        fc.constantFrom('/%00', '/../../etc/passwd', '/__proto__', '/constructor'),
      ),
      method: fc.oneof(
        { weight: 12, arbitrary: fc.constant('POST') },
        fc.constantFrom('GET', 'PUT', 'DELETE', 'OPTIONS'),
      ),
      body,
      type: type(usual),
      headers,
    });
  return {
    parallel: 6,
    handMade: [
      { path: '/segment', body: pack(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) },
      { path: '/segment', body: pack(`{"key":"${'x'.repeat(7e6)}"}`) },
      {
        path: '/segment',
        body: pack(JSON.stringify({ key, prompt: { clicks: Array(50_000).fill({ x: 1, y: 1, label: 'positive' }) } })),
      },
      { path: '/segment', body: Buffer.from([255, 255, 255, 255]) },
      { path: '/segment', body: pack('{"__proto__":{"key":1},"constructor":{"prototype":{}}}') },
      { path: '/images', body: Buffer.alloc(9e6), type: 'image/png' },
      ...bombs.map((body) => ({ path: '/images', body, type: 'image/png' })),
    ],
    arbitrary: fc.oneof(
      { weight: 5, arbitrary: asked('/segment', asPacked, packedType) },
      { weight: 1, arbitrary: asked('/features', asPacked, packedType) },
      {
        weight: 1,
        arbitrary: asked(
          '/segment',
          fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
          packedType,
        ),
      },
      { weight: 2, arbitrary: asked('/images', picture, 'image/jpeg') },
      { weight: 1, arbitrary: asked('/images', picture, packedType) },
    ),
    async send({ path, body, type: given = packedType, headers: more = {}, method = 'POST' }) {
      let answer;
      try {
        answer = await post(path, body, { 'content-type': given, ...more }, method);
      } catch (error) {
        // A body over the limit is cut off while it is sent.
        if (body.length > 8e6) return { code: 'cut off' };
        throw error;
      }
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (answer.status < 300) return { code: `${answer.status}` };
      let error;
      try {
        ({ error } = JSON.parse(bytes.toString()));
      } catch {}
      const clear = typeof error?.code === 'string' && error.code !== 'internal' && answer.status < 500;
      const busy = answer.status === 503 || answer.status === 504;
      const wrong =
        clear || busy ? undefined : `${method} ${path} -> ${answer.status} ${bytes.toString().slice(0, 300)}`;
      return { code: `${answer.status} ${error?.code}`, wrong };
    },
    click,
    warm,
    stall: () => stallBodies(server.url, '/images', 'content-type: image/jpeg', 12),
    memoryMb: () => memoryMb(server.pid),
    harm: async () => ({ 'changed masks of others': changed }),
    stop: () => server.stop(),
  };
}
