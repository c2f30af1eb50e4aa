import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorpusEntry } from './corpus.js';

/** What a decoder made of a file: pixels, or the code of its refusal. */
export interface Decoded {
  readonly code?: string;
  readonly width?: number;
  readonly height?: number;
  readonly notes?: readonly string[];
  readonly data?: ArrayLike<number>;
}

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

const page = `<!doctype html><title>corpus</title><script type="module">
import { decodeImage } from '/dist/web.js';
const count = Number(await (await fetch('/count')).text());
for (let i = 0; i < count; i++) {
  const bytes = new Uint8Array(await (await fetch('/picture/' + i)).arrayBuffer());
  let head, body = new Uint8Array();
  try {
    const { width, height, data, notes } = await decodeImage(bytes);
    [head, body] = [{ width, height, notes }, data];
  } catch (error) { head = { code: error.code ?? String(error) }; }
  await fetch('/result/' + i + '?' + encodeURIComponent(JSON.stringify(head)), { method: 'POST', body });
}
await fetch('/end', { method: 'POST' });
</script>`;

/** Decodes files in a browser. It needs no driver: a page decodes them, and sends back what it has. */
export async function decodeInBrowser(
  kind: 'chromium' | 'firefox',
  path: string,
  corpus: readonly CorpusEntry[],
): Promise<ReadonlyMap<string, Decoded>> {
  const made = new Map<string, Decoded>();
  const profile = mkdtempSync(join(tmpdir(), 'clickmask-corpus-'));
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const server = createServer((request, response) => void answer(request, response, corpus, made, end));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const chromium = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--force-color-profile=srgb'];
  const args =
    kind === 'firefox'
      ? ['--headless', '--no-remote', '--profile', profile, url]
      : [...chromium, `--user-data-dir=${profile}`, url];
  // A group of its own, so that its children end with it.
  const child = spawn(path, args, { stdio: 'ignore', detached: true });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const timer = setTimeout(end, 150_000);
  await ended;
  clearTimeout(timer);
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await closed;
  server.closeAllConnections();
  server.close();
  // What was being written may come up a moment later. `rm` looks again before each retry; `rmSync` does not.
  await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return made;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  corpus: readonly CorpusEntry[],
  made: Map<string, Decoded>,
  end: () => void,
): Promise<void> {
  const [path, query = ''] = (request.url ?? '/').split('?');
  const [, kind, index] = path.split('/');
  if (path === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(page);
  else if (kind === 'count') response.end(String(corpus.length));
  else if (kind === 'picture') response.end(corpus[Number(index)].bytes);
  else if (kind === 'dist') sendFile(join(dist, normalize(path.slice('/dist/'.length))), response);
  else {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (kind === 'result') {
      const head = JSON.parse(decodeURIComponent(query)) as Decoded;
      made.set(corpus[Number(index)].name, { ...head, data: Buffer.concat(parts) });
    }
    response.end();
    if (kind === 'end') end();
  }
}

function sendFile(file: string, response: ServerResponse): void {
  if (!file.startsWith(dist) || !existsSync(file)) return void response.writeHead(404).end();
  const type = extname(file) === '.js' ? 'text/javascript' : 'application/octet-stream';
  response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
}
