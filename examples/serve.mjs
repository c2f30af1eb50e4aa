import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { bundleExample, needsBundler } from './bundle.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is served, by the first part of the path: the examples, and the built widget. */
const folders = {
  examples: join(root, 'examples'),
  clickmask: join(root, 'packages/browser-widget-standalone/dist'),
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

/** Types that are already compressed. */
const compact = ['.jpg', '.png'];

/** Encodings, best first. Without a precompressed file, speed matters more than size. */
const encodings = [
  {
    name: 'br',
    suffix: '.br',
    compress: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  },
  { name: 'gzip', suffix: '.gz', compress: (bytes) => promisify(gzip)(bytes, { level: 6 }) },
];

/**
 * Serves the examples on this machine: compressed, and asked for again only when they changed.
 *
 * @param {{ port?: number, host?: string, isolated?: boolean, routes?: Record<string, (request: Request) => Promise<Response>> }} [options]
 *   port: 0 takes a free one (default 8080, or the next free one); host: default 127.0.0.1;
 *   isolated: sends COOP and COEP, so that the page may use threads; routes: handlers by the first part of the path
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serveExamples({ port = 8080, host = '127.0.0.1', isolated = false, routes = {} } = {}) {
  const files = createFiles();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const handler = routes[pathname.split('/')[1]];
    const answer =
      handler !== undefined
        ? answerWith(handler, request, response)
        : pathname === '/'
          ? Promise.resolve(response.writeHead(302, { location: '/examples/demo/' }).end())
          : answerFile(files, pathname, request, response, isolated);
    answer.catch((error) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(String(error?.message ?? error));
    });
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

/** Files by address, read on request. Compressed versions are kept until the file changes. */
function createFiles() {
  const compressed = new Map();
  const bundles = new Map();
  return {
    /** @returns {Promise<{ extension: string, tag: string, bytes(): Promise<Uint8Array>, beside: string | null } | null>} */
    async find(pathname) {
      const [, first, name, ...rest] = pathname.split('/');
      if (first === 'examples' && needsBundler(name)) {
        if (rest.length === 0) return null;
        if (!bundles.has(name)) bundles.set(name, bundleExample(name));
        const path = rest.join('/') || 'index.html';
        const bytes = (await bundles.get(name)).get(path);
        if (bytes === undefined) return null;
        const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
        return { extension: extname(path), tag, bytes: async () => bytes, beside: null };
      }
      const file = findFile(pathname);
      if (file === null) return null;
      const { size, mtimeMs } = statSync(file);
      const tag = `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`;
      return { extension: extname(file), tag, bytes: () => readFile(file), beside: file };
    },
    async compress(key, { tag, bytes, beside }, { name, suffix, compress }) {
      if (beside !== null && existsSync(beside + suffix)) return readFile(beside + suffix);
      const known = compressed.get(`${key} ${name}`);
      if (known?.tag === tag) return known.made;
      const made = bytes().then(compress);
      compressed.set(`${key} ${name}`, { tag, made });
      return made;
    },
  };
}

async function answerFile(files, pathname, request, response, isolated) {
  const file = await files.find(pathname);
  if (file === null && needsBundler(pathname.split('/')[2])) {
    response.writeHead(302, { location: `${pathname}/` }).end();
    return;
  }
  if (file === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response
      .writeHead(file === null ? 404 : 405, { 'content-type': 'text/plain' })
      .end(file === null ? 'Not found' : 'GET only');
    return;
  }
  const accepted = (request.headers['accept-encoding'] ?? '').split(',').map((one) => one.split(';')[0].trim());
  const encoding = compact.includes(file.extension) ? undefined : encodings.find(({ name }) => accepted.includes(name));
  const etag = `"${file.tag}${encoding === undefined ? '' : `-${encoding.name}`}"`;
  const headers = {
    'content-type': types[file.extension] ?? 'application/octet-stream',
    // Revalidated on each request, which costs few bytes if nothing changed.
    'cache-control': 'no-cache',
    etag,
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
    // Lets pages of other origins, such as those opened as files, use the widget and the images.
    'access-control-allow-origin': '*',
    ...(isolated
      ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
      : {}),
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const body = encoding === undefined ? await file.bytes() : await files.compress(pathname, file, encoding);
  response.writeHead(200, {
    ...headers,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding.name }),
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The file of a path, or null. Only files in the served folders, and no hidden ones. */
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

/** Listens on the port, or on one of the next twenty. */
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
