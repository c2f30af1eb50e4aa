// CVAT's function: events as a processor passes them on, from an untrusted server.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import sharp from 'sharp';
import { number, odd, ordinaryWork, stallBodies, startServer } from '../support.mjs';

/** Of larger replies, only the beginning and the end are checked. */
const LARGE = 2 ** 20;

export async function start() {
  const photo = await readFile(new URL('../../../examples/photos/cat.jpg', import.meta.url));
  const flat = (side) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#000' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
  const lying = Buffer.from(await flat(64));
  lying.writeUInt32BE(0x7fffffff, 16);
  const bombs = [await flat(16_000), await flat(7000), lying, photo.subarray(0, 5000)];
  const server = await startServer('cvat-server.mjs');
  const post = (body, headers = {}, method = 'POST') =>
    fetch(server.url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: method === 'GET' ? undefined : body,
      signal: AbortSignal.timeout(60_000),
    });
  const image = photo.toString('base64');
  const honest = JSON.stringify({ image, pos_points: [[200, 150]], neg_points: [], obj_bbox: [] });
  let mask;
  let changed = 0;

  const point = fc.oneof(fc.tuple(fc.nat(450), fc.nat(299)), fc.tuple(number, number), odd);
  const points = fc.oneof({ weight: 4, arbitrary: fc.array(point, { maxLength: 4 }) }, odd);
  const picture = fc.oneof(
    { weight: 6, arbitrary: fc.constant(image) },
    fc.constantFrom(
      ...bombs.map((bytes) => bytes.toString('base64')),
      'data:image/png;base64,AAAA',
      'http://127.0.0.1/',
    ),
    fc.base64String({ maxLength: 400 }),
    odd,
  );
  const event = fc.oneof(
    { weight: 1, arbitrary: odd },
    {
      weight: 8,
      arbitrary: fc.record(
        { image: picture, pos_points: points, neg_points: points, obj_bbox: points, threshold: odd, state: odd },
        { requiredKeys: ['image'] },
      ),
    },
  );
  const headers = fc.oneof(
    { weight: 10, arbitrary: fc.constant({}) },
    fc.constantFrom(
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'content-type': 'text/plain' },
    ),
  );
  return {
    parallel: 4,
    handMade: [
      { body: '{' },
      { body: '' },
      { body: `${'['.repeat(200_000)}${']'.repeat(200_000)}` },
      { body: `{"image":"${'A'.repeat(20e6)}"}` },
      { body: honest.replace('[[200,150]]', `[${Array(50_000).fill('[1,1]').join()}]`) },
      { body: '{"__proto__":{"image":1},"constructor":{"prototype":{}}}' },
      ...bombs.map((bytes) => ({ body: honest.replace(image, bytes.toString('base64')) })),
    ],
    arbitrary: fc.record({ body: event.map((one) => JSON.stringify(one) ?? 'null'), headers }),
    async send({ body, headers: more }) {
      const answer = await post(body, more);
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (answer.status < 300 && bytes.length > LARGE) {
        // For a mask of 50 MP, parsing the numbers here would take longer than making them took there.
        const ends = bytes.toString('latin1', 0, 10) + bytes.toString('latin1', bytes.length - 3);
        return { code: `${answer.status}`, wrong: ends === '{"points":]]}' ? undefined : ends };
      }
      const text = bytes.toString();
      let parsed;
      try {
        parsed = JSON.parse(text);
      } catch {}
      if (answer.status < 300)
        return { code: `${answer.status}`, wrong: parsed === undefined ? text.slice(0, 300) : undefined };
      const code = parsed?.error?.code ?? parsed?.code ?? (parsed === undefined ? 'text' : 'other');
      const isOwn = answer.status < 500 || answer.status === 503 || answer.status === 504;
      const wrong =
        isOwn && code !== 'internal' ? undefined : `${body.slice(0, 300)} -> ${answer.status} ${text.slice(0, 300)}`;
      return { code: `${answer.status} ${code}`, wrong };
    },
    async click() {
      const answer = await post(honest);
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`a click was answered ${answer.status}`);
      mask ??= text;
      if (text !== mask) changed++;
    },
    warm: () =>
      ordinaryWork(4, async ({ bytes, places }) => {
        const event = { image: bytes.toString('base64'), pos_points: places, neg_points: [], obj_bbox: [] };
        const answer = await post(JSON.stringify(event));
        await answer.arrayBuffer();
        return answer.status;
      }),
    stall: () => stallBodies(server.url, '/', 'content-type: application/json', 12),
    memoryMb: async () => (await (await post('', {}, 'GET')).json()).memory.rss / 2 ** 20,
    harm: async () => ({ 'changed masks of others': changed }),
    stop: () => server.stop(),
  };
}
