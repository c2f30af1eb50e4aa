import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient, type HttpClientOptions } from './index.js';

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/file': (_, response) => response.end('content'),
  '/headers': (request, response) => response.end(JSON.stringify(request.headers)),
  '/echo': (request, response) => request.pipe(response),
  '/missing': (_, response) => response.writeHead(404).end('nothing'),
  '/long': (_, response) => response.writeHead(200, { 'content-length': '2000' }).end(Buffer.alloc(2000)),
  '/endless': (_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(200)), 1);
    response.once('close', () => clearInterval(timer));
  },
  '/bomb': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1e6))),
  '/packed': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('content')),
  '/brotli': (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'),
  '/half': (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setTimeout(() => response.destroy(), 5);
  },
  '/refusal': (_, response) => response.writeHead(500).end(Buffer.alloc(100_000, 'a')),
  '/words': (_, response) => response.writeHead(500).end('why'),
  '/never': () => {},
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/once': (_, response) => response.writeHead(302, { location: '/file' }).end(),
  '/nowhere': (_, response) => response.writeHead(302, { location: 'http://[' }).end(),
  '/inside': (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/secret' }).end(),
};

let server: Server;
let port = 0;
const clients: HttpClient[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const to = searchParams.get('to');
    if (to !== null) response.writeHead(307, { location: to }).end();
    else routes[pathname](request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const client of clients) client.close();
  server.closeAllConnections();
  server.close();
});

/** Every name leads to the server of the test; `resolved` is what a name is said to mean. */
function client(options: HttpClientOptions = {}): HttpClient {
  const made = createHttpClient({ privateAddresses: true, maxBytes: 1000, ...options });
  clients.push(made);
  return made;
}
const at = (path: string, host = '127.0.0.1') => `http://${host}:${port}${path}`;
const textOf = ({ bytes }: { readonly bytes: Uint8Array }) => Buffer.from(bytes).toString();
const names =
  (...addresses: readonly string[]): LookupFunction =>
  (_, options, callback) => {
    const all = addresses.map((address) => ({ address, family: 4 }));
    if (options.all === true) callback(null, all);
    else callback(null, all[0].address, 4);
  };

describe('createHttpClient', () => {
  it('gives the whole answer, whatever its status', async () => {
    expect(textOf(await client().send({ url: at('/file') }))).toBe('content');
    expect(await client().send({ url: at('/missing') })).toMatchObject({ status: 404 });
    expect(textOf(await client().send({ url: at('/echo'), method: 'POST', body: 'words' }))).toBe('words');
    expect(textOf(await client().send({ url: at('/packed') }))).toBe('content');
    expect(await client().send({ url: at('/once') })).toMatchObject({ status: 302 });
  });

  it('uses a connection again, and a new one where the server has ended it', async () => {
    const one = client();
    await one.send({ url: at('/file') });
    server.closeAllConnections();
    expect(textOf(await one.send({ url: at('/file') }))).toBe('content');
  });

  it.each([
    ['/long', 'too-large'],
    ['/endless', 'too-large'],
    ['/bomb', 'too-large'],
    ['/brotli', 'bad-encoding'],
    ['/half', 'unreachable'],
    ['/loop', 'too-many-redirects'],
    ['/nowhere', 'bad-url'],
    ['/missing', 'status'],
  ])('gives up %s as %s', async (path, reason) => {
    await expect(client().download({ url: at(path) })).rejects.toMatchObject({
      code: 'request-failed',
      details: { reason },
    });
  });

  it.each(['ftp://example.com/a', 'file:///etc/passwd', 'data:text/plain,a', 'nothing'])('refuses %s', async (url) => {
    await expect(client().send({ url })).rejects.toMatchObject({ details: { reason: 'bad-url' } });
  });

  it('takes as much as is allowed, to the byte', async () => {
    expect((await client({ maxBytes: 2000 }).send({ url: at('/long') })).bytes).toHaveLength(2000);
    expect((await client().send({ url: at('/long'), maxBytes: 2000 })).bytes).toHaveLength(2000);
    await expect(client({ maxBytes: 1999 }).send({ url: at('/long') })).rejects.toThrow('at most 1999 bytes');
  });

  it('gives the words of a refusal, cut where they are many', async () => {
    expect(textOf(await client({ maxBytes: 1 }).send({ url: at('/words') }))).toBe('why');
    expect((await client().send({ url: at('/refusal') })).bytes.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('says how the waiting ended', async () => {
    await expect(client({ timeoutMs: 20 }).send({ url: at('/never') })).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    await expect(client({ timeoutMs: 20, maxBytes: 1e9 }).send({ url: at('/endless') })).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    const signal = AbortSignal.timeout(20);
    await expect(client().send({ url: at('/never'), signal })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('shows neither credentials nor the query', async () => {
    const error = await client()
      .download({ url: `http://user:pass@127.0.0.1:${port}/missing?token=secret` })
      .catch((caught: unknown) => caught as Error);
    expect(String(error)).toMatch(/127\.0\.0\.1:\d+\/missing answered with status 404/);
    expect(JSON.stringify([error, String(error)])).not.toMatch(/secret|pass/);
  });
});

describe('addresses', () => {
  const refused = { code: 'request-failed', details: { reason: 'address-refused' } };

  it.each(['127.0.0.1', '[::1]', '169.254.169.254', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]'])(
    'that are private are refused as %s',
    async (host) => {
      const guarded = client({ privateAddresses: false });
      await expect(guarded.send({ url: at('/file', host) })).rejects.toMatchObject(refused);
    },
  );

  it('are checked when the name is resolved', async () => {
    const guarded = client({ privateAddresses: false, lookup: names('1.1.1.1', '127.0.0.1') });
    await expect(guarded.send({ url: at('/file', 'pictures.example') })).rejects.toMatchObject(refused);
    const one = client({ privateAddresses: false, lookup: names('127.0.0.1') });
    await expect(one.send({ url: at('/file', 'pictures.example') })).rejects.toMatchObject(refused);
  });

  it('of one’s own may be allowed for one request, whose connection serves no other', async () => {
    const guarded = client({ privateAddresses: false, lookup: names('127.0.0.1') });
    const url = at('/file', 'pictures.example');
    expect(textOf(await guarded.send({ url, privateAddresses: true }))).toBe('content');
    await expect(guarded.send({ url })).rejects.toMatchObject(refused);
  });

  it('that a redirect leads to are checked too', async () => {
    const open = client({ lookup: names('127.0.0.1') });
    expect(textOf(await open.download({ url: at('/once') }))).toBe('content');
    const guarded = client({ privateAddresses: false });
    await expect(guarded.download({ url: at('/inside') })).rejects.toMatchObject(refused);
  });

  it('that a redirect leads to get no credentials of another origin', async () => {
    const open = client({ lookup: names('127.0.0.1') });
    const headers = { authorization: 'Token secret', cookie: 'a=b', 'x-api-key': 'secret', accept: 'image/*' };
    const same = await open.download({ url: at(`/?to=/headers`), headers });
    expect(JSON.parse(textOf(same))).toMatchObject(headers);
    const other = await open.download({ url: at(`/?to=${at('/headers', 'other.example')}`), headers });
    expect(textOf(other)).not.toMatch(/secret|cookie/);
    expect(JSON.parse(textOf(other))).toMatchObject({ accept: 'image/*' });
  });
});
