import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLocalProcessor, type LocalProcessorOptions } from '../src/nuclio/index.js';
import { buildWrapper, stockWrapper, temporaryFolder, writeFunction } from './support/wrappers.js';

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let ours: string;
let serial = 0;

beforeAll(async () => {
  root = await temporaryFolder();
  ours = await buildWrapper(root.path);
});

afterAll(() => root.remove());

async function functionFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root.path, `fn${++serial}`);
  await mkdir(folder);
  return writeFunction(folder, files);
}

async function start(files: Readonly<Record<string, string>>, options: Partial<LocalProcessorOptions> = {}) {
  const logs: string[] = [];
  const processor = await createLocalProcessor({
    directory: await functionFolder(files),
    wrapper: ours,
    log: (level, message) => logs.push(`${level}: ${message}`),
    ...options,
  });
  const url = await processor.listen();
  onTestFinished(async () => {
    await processor.close();
  });
  return { processor, url, logs };
}

const post = (url: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: body as string, headers: { 'content-type': 'application/json', ...headers } });

const answer = (code: string) => `exports.handler = (context, event) => { ${code} };`;

/** What any nuclio wrapper does; run against nuclio's own too where one is at hand. */
function contract(name: string, wrapper: () => string): void {
  describe(`${name}: the contract`, () => {
    it.each([
      ['text', `context.callback('hello')`, 200, 'hello'],
      ['bytes', `context.callback(Buffer.from([104, 105]))`, 200, 'hi'],
      ['a status and text', `context.callback([418, 'tea'])`, 418, 'tea'],
      ['a status and an object', `context.callback([201, { a: 1 }])`, 201, '{"a":1}'],
      ['an object', `context.callback({ a: [1, null] })`, 200, '{"a":[1,null]}'],
      ['a response', `context.callback(new context.Response('x', { 'X-A': 'b' }, 'text/html', 202))`, 202, 'x'],
      ['a response of an object', `context.callback(new context.Response({ a: 1 }))`, 200, '{"a":1}'],
      ['a late callback', `setTimeout(() => context.callback('late'), 20)`, 200, 'late'],
    ])('answers with %s', async (_, code, status, text) => {
      const { url } = await start({ 'main.js': answer(code) }, { wrapper: wrapper() });
      const response = await post(url, '{}');
      expect([response.status, await response.text()]).toEqual([status, text]);
    });

    it('hands over the request', async () => {
      const code = `context.callback({ body: event.body.toString(), method: event.method, path: event.path,
        type: event.content_type, header: event.headers['x-test'], date: event.timestamp instanceof Date })`;
      const { url } = await start({ 'main.js': answer(code) }, { wrapper: wrapper() });
      const response = await post(`${url}/some/path`, 'grüße', { 'x-test': 'yes', 'content-type': 'text/x-test' });
      expect(await response.json()).toMatchObject({
        body: 'grüße',
        method: 'POST',
        path: '/some/path',
        type: 'text/x-test',
        header: 'yes',
        date: true,
      });
    });

    it('waits for a handler that is exported later, and calls initContext', async () => {
      const code = `setTimeout(() => { exports.handler = (context) => context.callback(context.userData.greeting); }, 120);
        exports.initContext = (context) => { context.userData.greeting = 'ready'; };`;
      const { url } = await start({ 'main.js': code }, { wrapper: wrapper() });
      expect(await (await post(url, '')).text()).toBe('ready');
    });

    it('passes headers and logs on', async () => {
      const code = `context.logger.warnWith('careful', { size: 3 }); context.callback(new context.Response('', { 'X-Count': '7' }))`;
      const { url, logs } = await start({ 'main.js': answer(code) }, { wrapper: wrapper() });
      expect((await post(url, '')).headers.get('x-count')).toBe('7');
      expect(logs).toContain('warning: careful {"size":3}');
    });

    it('answers 500 where the handler throws', async () => {
      const { url } = await start({ 'main.js': answer(`throw new Error('broken')`) }, { wrapper: wrapper() });
      expect((await post(url, '')).status).toBe(500);
      expect((await post(url, '')).status).toBe(500);
    });
  });
}

contract('own wrapper', () => ours);
if (stockWrapper() === null) {
  it.skip('nuclio’s wrapper: set NUCLIO_STOCK_WRAPPER to the path of its wrapper.js to run the contract against it', () => {});
} else {
  contract('nuclio’s wrapper', () => stockWrapper() as string);
}

describe('own wrapper: beyond the contract', () => {
  const echo = answer(`context.callback([200, String(event.body.length)])`);

  it.each([1, 1000, 49_000, 65_535, 65_536, 200_000, 3_000_000, 40_000_000])(
    'takes a body of %i bytes',
    async (size) => {
      const hash = `const { createHash } = require('node:crypto');
      exports.handler = (context, event) => context.callback(createHash('md5').update(event.body).digest('hex'));`;
      const { createHash } = await import('node:crypto');
      const { url } = await start({ 'main.js': hash });
      const body = Buffer.alloc(size, 'abcdefghijk');
      expect(await (await post(url, body)).text()).toBe(createHash('md5').update(body).digest('hex'));
    },
  );

  it('sends a reply of any size', async () => {
    const { url } = await start({ 'main.js': answer(`context.callback('x'.repeat(20_000_000))`) });
    expect((await (await post(url, '')).text()).length).toBe(20_000_000);
  });

  it('streams a reply from a file and lets the processor delete it', async () => {
    const file = join(root.path, 'reply.json');
    const code = `require('node:fs').writeFileSync(${JSON.stringify(file)}, '[1,2]');
      context.callback(new context.Response('', { 'X-nuclio-filestream-path': ${JSON.stringify(file)},
        'X-nuclio-filestream-delete-after-send': 'true' }, 'application/json'))`;
    const { url } = await start({ 'main.js': answer(code) });
    const response = await post(url, '');
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/json', '[1,2]']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(file)).toBe(false);
  });

  it('waits for an asynchronous initContext before it takes events', async () => {
    const code = `let ready = false;
      exports.initContext = async () => { await new Promise((r) => setTimeout(r, 300)); ready = true; };
      exports.handler = (context) => context.callback(String(ready));`;
    const { url } = await start({ 'main.js': code });
    expect(await (await post(url, '')).text()).toBe('true');
  });

  it.each([
    [
      'initContext rejects',
      `exports.initContext = async () => { throw new Error('no model'); }; exports.handler = () => {};`,
    ],
    ['the file is broken', `exports.handler = (`],
  ])('ends with code 1 where %s', async (_, code) => {
    await expect(start({ 'main.js': code })).rejects.toThrow(/ended with code 1/);
  });

  it('ends with code 1 where the file or the arguments are missing', async () => {
    await expect(start({})).rejects.toThrow(/ended with code 1/);
    const child = spawn(process.execPath, [ours, 'one'], { stdio: 'ignore' });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1);
  });

  it('runs ES modules, and files without their ending named', async () => {
    const module = `export const handler = (context) => context.callback('esm');`;
    expect(await (await post((await start({ 'main.mjs': module })).url, '')).text()).toBe('esm');
    const named = await start({ 'other.mjs': module }, { handler: 'other.mjs:handler' });
    expect(await (await post(named.url, '')).text()).toBe('esm');
  });

  it('takes the returned value where nothing was called back', async () => {
    const { url } = await start({ 'main.js': `exports.handler = async () => [202, 'returned'];` });
    const response = await post(url, '');
    expect([response.status, await response.text()]).toEqual([202, 'returned']);
  });

  it('outlives rejected handlers and rejections nobody handles', async () => {
    const code = `let n = 0; exports.handler = async (context) => {
      n += 1;
      if (n === 1) throw new Error('rejected');
      if (n === 2) { void Promise.reject(new Error('loose')); await new Promise((r) => setTimeout(r, 30)); }
      context.callback(String(n)); };`;
    const { url, processor } = await start({ 'main.js': code });
    const [pid] = processor.pids;
    expect((await post(url, '')).status).toBe(500);
    expect(await (await post(url, '')).text()).toBe('2');
    expect(await (await post(url, '')).text()).toBe('3');
    expect(processor.pids).toEqual([pid]);
  });

  it('lets a second or late callback reach nobody', async () => {
    const code = `exports.handler = (context, event) => {
      const name = event.body.toString();
      context.callback(name);
      context.callback('again ' + name);
      setTimeout(() => context.callback('late ' + name), 5); };`;
    const { url } = await start({ 'main.js': code });
    for (const name of ['a', 'b', 'c', 'd']) expect(await (await post(url, name)).text()).toBe(name);
  });

  it('answers the event in hand on an uncaught exception, and is replaced', async () => {
    const code = `exports.handler = (context, event) => {
      if (event.body.length === 0) setTimeout(() => { throw new Error('uncaught'); }, 5);
      else context.callback('fine'); };`;
    const { url } = await start({ 'main.js': code });
    expect((await post(url, '')).status).toBe(500);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await (await post(url, 'x')).text()).toBe('fine');
  });

  it('finishes the event in hand before it stops, and cleans up', async () => {
    const file = join(root.path, 'closed.txt');
    const code = `exports.handler = (context) => setTimeout(() => context.callback('done'), 400);
      exports.closeContext = async () => { await new Promise((r) => setTimeout(r, 50)); require('node:fs').writeFileSync(${JSON.stringify(file)}, 'closed'); };`;
    const directory = await functionFolder({ 'main.js': code });
    const processor = await createLocalProcessor({ directory, wrapper: ours });
    const url = await processor.listen();
    const pending = post(url, '');
    await new Promise((resolve) => setTimeout(resolve, 150));
    process.kill(processor.pids[0], 'SIGTERM');
    expect(await (await pending).text()).toBe('done');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await readFile(file, 'utf8')).toBe('closed');
    const codes = await processor.close();
    expect(codes.every((code) => code === 0)).toBe(true);
  });

  it('ends with code 0 when the processor goes', async () => {
    const directory = await functionFolder({ 'main.js': echo });
    const path = join(root.path, 'own.sock');
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.end();
        server.close();
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const child = spawn(process.execPath, [ours, path, join(directory, 'main'), 'handler'], { stdio: 'ignore' });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  });

  it('answers a batch as a batch, and a broken line with 500', async () => {
    const directory = await functionFolder({
      'main.js': answer(`context.callback(event.body.toString() + event.path)`),
    });
    const path = join(root.path, 'batch.sock');
    const lines: string[] = [];
    const event = (text: string, id: string) => ({ body: Buffer.from(text).toString('base64'), path: '/', id });
    const server = createServer((socket) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
        const parts = text.split('\n');
        text = parts.pop() ?? '';
        for (const line of parts) {
          if (line.startsWith('s')) socket.write(`${JSON.stringify([event('a', '1'), event('b', '2')])}\n{broken\n`);
          if (line.startsWith('r')) lines.push(line.slice(1));
          if (lines.length === 2) socket.end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const child = spawn(process.execPath, [ours, path, join(directory, 'main'), 'handler'], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    server.close();
    expect(JSON.parse(lines[0])).toMatchObject([
      { body: 'a/', event_id: '1', body_encoding: 'text' },
      { body: 'b/', event_id: '2' },
    ]);
    expect(JSON.parse(lines[1])).toMatchObject({ status_code: 500 });
  });

  it('serves several workers at once, and refuses what is too large or waits too long', async () => {
    const code = answer(`setTimeout(() => context.callback(String(process.pid)), 300)`);
    const { url } = await start(
      { 'main.js': code },
      { workers: 2, workerAvailabilityTimeoutMs: 100, maxRequestBodySize: 1000 },
    );
    const replies = await Promise.all([post(url, 'a'), post(url, 'b'), post(url, 'c')]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 503]);
    expect((await post(url, 'x'.repeat(1001))).status).toBe(400);
  });

  it('replaces a worker that takes too long or is killed', async () => {
    const code = `exports.handler = (context, event) => { if (event.body.length > 0) context.callback(String(process.pid)); };`;
    const { url, processor } = await start({ 'main.js': code }, { eventTimeoutMs: 200 });
    expect((await post(url, '')).status).toBe(408);
    const pid = Number(await (await post(url, 'x')).text());
    process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(Number(await (await post(url, 'x')).text())).not.toBe(pid);
    expect(processor.pids.length).toBe(1);
  });

  it('starts a worker again that ends while it starts, and again', async () => {
    const file = join(root.path, `broken-${++serial}`);
    const code = `if (require('node:fs').existsSync(${JSON.stringify(file)})) process.exit(3);
      exports.handler = (context) => context.callback('back');`;
    const { url, processor, logs } = await start({ 'main.js': code });
    await writeFile(file, '');
    process.kill(processor.pids[0], 'SIGKILL');
    const ended = () => logs.filter((line) => /does not start, and is tried again/.test(line)).length;
    await vi.waitUntil(() => ended() >= 2, { timeout: 30_000 });
    await rm(file);
    expect(await (await post(url, '')).text()).toBe('back');
  });

  it('ends although a request stays half open and a worker does not stop', async () => {
    const code = `process.on('SIGTERM', () => {}); exports.handler = (context) => context.callback('x');
      exports.closeContext = () => new Promise(() => {});`;
    const { url, processor } = await start({ 'main.js': code }, { stopTimeoutMs: 300 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    expect(await (await post(url, '')).text()).toBe('x');
    expect(await processor.close()).toEqual([null]);
    await expect(post(url, '')).rejects.toThrow();
  });

  it('answers hundreds of events in order', async () => {
    const { url, processor } = await start({ 'main.js': answer(`context.callback(event.body.toString())`) });
    for (let i = 0; i < 300; i++) expect(await (await post(url, `event ${i}`)).text()).toBe(`event ${i}`);
    expect(processor.durations.length).toBe(300);
  });
});
