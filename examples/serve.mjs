import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is served, by the first part of the path: the examples, and the built widget with its files. */
const folders = {
  examples: join(root, 'examples'),
  clickmask: join(root, 'packages/browser-widget/dist/standalone'),
};

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
};

/**
 * Serves the examples on this machine.
 *
 * @param {{ port?: number, host?: string, isolated?: boolean, routes?: Record<string, (request: Request) => Promise<Response>> }} [options]
 *   port: 0 takes a free one (default 8080, or the next free one); host: default 127.0.0.1;
 *   isolated: sends COOP and COEP, so that the page may use threads; routes: handlers by the first part of the path
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serveExamples({ port = 8080, host = '127.0.0.1', isolated = false, routes = {} } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const handler = routes[pathname.split('/')[1]];
    if (handler !== undefined) {
      void answerWith(handler, request, response);
      return;
    }
    if (pathname === '/') {
      response.writeHead(302, { location: '/examples/demo/' }).end();
      return;
    }
    const file = findFile(pathname);
    if (file === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response
        .writeHead(file === null ? 404 : 405, { 'content-type': 'text/plain' })
        .end(file === null ? 'Not found' : 'GET only');
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-length': statSync(file).size,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      ...(isolated
        ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
        : {}),
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(file).pipe(response);
  });
  const used = await listen(server, port, host);
  return {
    url: `http://${host}:${used}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The file of a path, or null: nothing outside the served folders, and no hidden files. */
function findFile(pathname) {
  let path;
  try {
    path = normalize(decodeURIComponent(pathname));
  } catch {
    return null;
  }
  const [, first, ...rest] = path.split(sep);
  const folder = Object.hasOwn(folders, first) ? folders[first] : undefined;
  if (folder === undefined || rest.some((part) => part.startsWith('.')) || path.includes('\0')) return null;
  let file = join(folder, ...rest);
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  return existsSync(file) && statSync(file).isFile() ? file : null;
}

async function answerWith(handler, request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const answer = await handler(
    new Request(new URL(request.url, 'http://localhost'), {
      method: request.method,
      headers: Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
      ...(hasBody ? { body: Buffer.concat(chunks) } : {}),
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

/** Listens on the port, or on the next free one of twenty. */
async function listen(server, port, host) {
  for (let wanted = port; ; wanted++) {
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(wanted, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return server.address().port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || wanted >= port + 20) throw error;
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await serveExamples();
  console.log(`Examples: ${url}`);
}
