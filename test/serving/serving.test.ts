import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { createSegmenter } from '@clickmask/core/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentOf, type RunningServer, type ServerKind, startServer } from './servers.js';

const root = resolve(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'clickmask-serving-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The repository, written by the command that a user takes. */
function repository(action: string, ...more: string[]): string {
  const out = join(work, `${action}${more.join('')}`);
  const cli = join(root, 'packages/core/dist/bin/clickmask.js');
  execFileSync('node', [cli, 'models', action, 'clickmask-small', '--out', out, ...more]);
  return out;
}

/** Twenty images with five clicks each: the photos of the examples, cut and mirrored in five ways. */
async function pictures() {
  const { default: sharp } = await import('sharp');
  const folder = join(root, 'examples/photos');
  const photos = readdirSync(folder)
    .filter((name) => name.endsWith('.jpg'))
    .slice(0, 4);
  const made = photos.flatMap((name) =>
    Array.from({ length: 5 }, async (_, i) => {
      const photo = sharp(readFileSync(join(folder, name))).resize(480 - 30 * i);
      return new Uint8Array(await (i % 2 === 0 ? photo : photo.flop()).png().toBuffer());
    }),
  );
  return Promise.all(made);
}

const places = [
  [0.5, 0.5, 'positive'],
  [0.35, 0.45, 'positive'],
  [0.05, 0.05, 'negative'],
  [0.6, 0.6, 'positive'],
  [0.95, 0.1, 'negative'],
] as const;

type Engine = Parameters<typeof createSegmenter>[0];

async function masksOf(options: Engine, files: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const segmenter = await createSegmenter({ workers: 0, ...options });
  const masks: Uint8Array[] = [];
  for (const file of files) {
    const image = await segmenter.open(file, { prepare: true });
    const clicks = places.map(([x, y, label]) => ({ x: x * image.width, y: y * image.height, label }));
    for (let n = 1; n <= clicks.length; n++) {
      masks.push((await segmenter.segment(image, { clicks: clicks.slice(0, n) })).mask.data);
    }
    await image.close();
  }
  await segmenter.close();
  return masks;
}

const differing = (a: readonly Uint8Array[], b: readonly Uint8Array[]) =>
  a.filter((mask, i) => Buffer.compare(mask, b[i]) !== 0).length;

function iou(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return either === 0 ? 1 : both / either;
}

/** A click on the command line, which trusts one more authority where that is given. */
async function clickByCommand(url: string, authority?: string): Promise<unknown> {
  const cli = join(root, 'packages/core/dist/bin/clickmask.js');
  const args = [cli, 'segment', join(root, 'examples/photos/cat.jpg'), '--click', '200,160', '--engine', url];
  const env = { ...process.env, ...(authority === undefined ? {} : { NODE_EXTRA_CA_CERTS: authority }) };
  return JSON.parse((await promisify(execFile)('node', args, { env })).stdout);
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** An authority of one's own, and a certificate by it for localhost. */
function makeCertificates(folder: string) {
  const [authority, authorityKey, certificate, key, request, names] = [
    'ca.pem',
    'ca.key',
    'a.pem',
    'a.key',
    'a.csr',
    'a.ext',
  ].map((name) => join(folder, name));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    authorityKey,
    '-out',
    authority,
    '-subj',
    '/CN=test',
  );
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', request, '-subj', '/CN=localhost');
  writeFileSync(names, 'subjectAltName=DNS:localhost');
  const by = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial', '-extfile', names];
  openssl('x509', '-req', '-in', request, ...by, '-out', certificate);
  return { authority, certificate, key };
}

const environments: Readonly<Record<ServerKind, string | null>> = {
  triton: environmentOf('triton'),
  mlserver: environmentOf('mlserver'),
};

// Servers start within the tests.
describe.skipIf(environments.triton === null)('a real Triton', { timeout: 180_000 }, () => {
  let server: RunningServer;
  let files: readonly Uint8Array[];
  let local: readonly Uint8Array[];
  const metric = async (name: string) => {
    const text = await (await fetch(server.metrics)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  beforeAll(async () => {
    server = await startServer(
      'triton',
      environments.triton as string,
      repository('export-triton', '--backend', 'python'),
    );
    files = await pictures();
    local = await masksOf({}, files);
  });
  afterAll(() => server?.stop());

  it('at the click level gives the masks of a local run, and finds features in its cache', async () => {
    expect(local.length).toBe(100);
    const far = await masksOf({ engine: { url: server.grpc, level: 'click' } }, files);
    expect(differing(local, far)).toBe(0);
    // Prepared at first, so that the encoder runs once a region and each further pass is a hit.
    expect(await metric('nv_cache_num_hits_per_model')).toBeGreaterThanOrEqual(100);
  });

  it('plain over REST, and with the decoder here, likewise', async () => {
    const [part, expected] = [files.slice(0, 4), local.slice(0, 20)];
    expect(differing(expected, await masksOf({ engine: { url: server.rest, level: 'plain' } }, part))).toBe(0);
    expect(differing(expected, await masksOf({ engine: { url: server.grpc, here: ['decoder'] } }, part))).toBe(0);
  });

  it('with halved features gives masks of IoU 0.999 and more', async () => {
    const halves = await startServer(
      'triton',
      environments.triton as string,
      repository('export-triton', '--backend', 'python', '--halves'),
    );
    const far = await masksOf({ engine: halves.grpc }, files.slice(0, 10)).finally(() => halves.stop());
    expect(Math.min(...far.map((mask, i) => iou(mask, local[i])))).toBeGreaterThanOrEqual(0.999);
  });

  it('killed in the middle of a click is a coded error, and the first click after its restart works', async () => {
    const ports = [server.rest, server.grpc, server.metrics].map((url) =>
      Number(new URL(url.replace('grpc', 'http')).port),
    );
    const segmenter = await createSegmenter({ workers: 0, engine: { url: server.grpc, timeoutMs: 5000 } });
    const image = await segmenter.open(files[0], { prepare: true });
    const click = (x: number) => segmenter.segment(image, { clicks: [{ x, y: 60, label: 'positive' }] });
    const before = await click(60);
    const dying = [click(61), server.stop('SIGKILL')] as const;
    await Promise.allSettled(dying);
    await expect(click(62)).rejects.toMatchObject({
      code: expect.stringMatching(/^backend-unavailable$|^deadline-exceeded$/),
    });
    const out = join(work, 'export-triton--backendpython');
    server = await startServer('triton', environments.triton as string, out, { ports });
    await expect.poll(async () => (await click(63)).area, { timeout: 10_000 }).toBeGreaterThan(0);
    expect((await click(60)).area).toBe(before.area);
    await segmenter.close();
  });

  it.skipIf(!hasOpenssl)("is reached by TLS, with an authority of one's own, and not without it", async () => {
    const { authority, certificate, key } = makeCertificates(work);
    const files = [`--grpc-server-cert=${certificate}`, `--grpc-server-key=${key}`];
    const out = join(work, 'export-triton--backendpython');
    const options = ['--grpc-use-ssl=true', ...files];
    const secure = await startServer('triton', environments.triton as string, out, { options });
    const proxy = createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (socket) => {
      const inner = connect(Number(new URL(secure.rest).port), '127.0.0.1');
      socket.on('error', () => inner.destroy()).pipe(inner);
      inner.on('error', () => socket.destroy()).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const https = `https://localhost:${(proxy.address() as AddressInfo).port}`;
    const grpcs = secure.grpc.replace('grpc://127.0.0.1', 'grpcs://localhost');
    try {
      for (const url of [grpcs, https]) {
        expect(await clickByCommand(url, authority)).toMatchObject({ provider: 'oip' });
        await expect(clickByCommand(url)).rejects.toThrow(/certificate|unavailable|failed/i);
      }
    } finally {
      proxy.close();
      await secure.stop();
    }
  });

  it('with other weights is refused by name', async () => {
    const other = join(work, 'other');
    execFileSync('cp', ['-r', join(root, 'models/clickmask-small'), other]);
    const json = join(other, 'model.json');
    execFileSync('sed', ['-i', 's/light decoder/other decoder/', json]);
    await expect(createSegmenter({ workers: 0, model: other, engine: server.grpc })).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('clickmask-small'),
    });
  });
});

describe.skipIf(environments.mlserver === null)('a real MLServer', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer('mlserver', environments.mlserver as string, repository('export-mlserver'));
  });
  afterAll(() => server?.stop());

  it('gives the masks of a local run over gRPC', async () => {
    const files = (await pictures()).slice(0, 4);
    expect(differing(await masksOf({}, files), await masksOf({ engine: server.grpc }, files))).toBe(0);
  });

  it('says over REST that gRPC is the way', async () => {
    const segmenter = await createSegmenter({ workers: 0, engine: server.rest });
    const image = await segmenter.open((await pictures())[0]);
    await expect(segmenter.segment(image, { clicks: [{ x: 50, y: 50, label: 'positive' }] })).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining('grpc://'),
    });
    await segmenter.close();
  });
});
