// Shared by the surfaces: processes, memory, inner addresses, and odd values.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import sharp from 'sharp';

/** Resident memory of a process and its children, in MB. */
export function memoryMb(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return 0;
  }
}

/**
 * Ordinary work that fills caches, as several people do it at a time: photos are opened and get three clicks each.
 *
 * @param click - gives in a photo, by its number and bytes, with this many clicks of the places, in pixels, of its size
 * @param large - how many photos of 48 MP are among them, where the surface takes such
 * @returns what it was, in words
 */
export async function ordinaryWork(people, click, large = 0) {
  const sizes = [...Array(large).fill([8000, 6000]), ...Array(24).fill([4000, 3000]), ...Array(150).fill([600, 450])];
  const queue = [...sizes.entries()];
  const person = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [i, [width, height]] = next;
      const photo = sharp(new URL('../../examples/photos/cat.jpg', import.meta.url).pathname).resize(width, height);
      const changed = photo.modulate({ brightness: 1 + 0.005 * i });
      const bytes = await changed.jpeg().toBuffer();
      const places = [
        [0.5, 0.5],
        [0.22, 0.8],
        [0.82, 0.23],
      ].map(([x, y]) => [x * width, y * height]);
      for (let n = 1; n <= places.length; n++) {
        const status = await click({ i, bytes, width, height, places: places.slice(0, n) });
        if (status !== 200) throw new Error(`a click of ordinary work was answered ${status}`);
      }
    }
  };
  await Promise.all(Array.from({ length: people }, person));
  const largest = large === 0 ? '' : `${large} photos of 48 MP, `;
  return `${largest}24 photos of 12 MP and 150 of 0.3 MP with 3 clicks each, by ${people} people`;
}

/** Starts a script of this folder that prints its address when it is ready. */
export async function startServer(script, args = []) {
  const child = spawn(process.execPath, [new URL(script, import.meta.url).pathname, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const url = await Promise.race([
    new Promise((resolve) => child.once('message', resolve)),
    ended.then((code) => Promise.reject(new Error(`${script} ended with ${code}`))),
  ]);
  return {
    url,
    pid: child.pid,
    child,
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** A server on this machine that must never be reached. */
export async function forbiddenServer() {
  let visits = 0;
  const server = createServer((_request, response) => {
    visits++;
    response.end('secret');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return { port, url: `http://127.0.0.1:${port}/`, visits: () => visits, close: () => server.close() };
}

/** Inner addresses in every spelling. */
export const innerAddresses = (port) =>
  [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '127.1',
    '0.0.0.0',
    '0',
    'user:pass@127.0.0.1',
    '127.0.0.1%2f',
    '①②⑦.⓪.⓪.①',
    'localhost.',
  ].map((host) => `http://${host}:${port}/`);

export const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 1e308, -1e308, 1e-308, 2 ** 53, 4294967296, 9e12),
);
/** Any JSON value. */
export const odd = fc.oneof(
  { maxDepth: 2 },
  fc.jsonValue({ maxDepth: 3 }),
  number,
  fc.string(),
  fc.constantFrom(null, [], {}, '__proto__', 'constructor', true, '\u001b[2J', 'x'.repeat(20_000), '\u0000'),
);

/** Starts this many requests that announce a large body and send a byte now and then. */
export async function stallBodies(url, path, headers, count = 12) {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 50000000\r\n${headers}\r\n\r\n{`,
    );
    const drip = setInterval(() => socket.writable && socket.write(' '), 500);
    socket.on('close', () => clearInterval(drip));
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return async () => {
    for (const socket of sockets) socket.destroy();
  };
}

export async function untilTrue(test, ms) {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (await test()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
