// Drills: what happens when the machine fails. After each, the next click works within five seconds of the cause's end.
// Usage: npm run drill -- [SERVER ...] [--only DRILL,DRILL] [--short]
import { spawn } from 'node:child_process';
import { openSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { processTree } from '../../packages/label-studio-backend/bench/start-backend.mjs';

const folder = new URL('servers/', import.meta.url);
const servers = readdirSync(folder).map((name) => name.replace(/\.mjs$/, ''));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CI's machine has other work beside it. */
const shortForm = ['kill', 'closed pipe', 'full disk'];
/** Each gets a server's module and returns a line about the result, and whether it is good. */
const drills = {
  async kill(server) {
    const running = await start(server);
    running.child.kill('SIGKILL');
    await running.exited;
    const again = await start(server, { port: running.port });
    const ms = await recovers(again);
    await again.stop();
    return [`a click ${ms} ms after the new start was ready`, ms <= limit];
  },
  async stop(server) {
    const running = await start(server);
    const sockets = [
      'POST / HTTP/1.1\r\nhost: localhost\r\n',
      `POST ${server.bodyPath} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${server.bodyType}\r\ncontent-length: 9999\r\n\r\n{`,
      '',
    ].map((text) => {
      const socket = connect(running.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(text);
      return socket;
    });
    await pause(300);
    const clicking = server.click(running.url).then(
      () => 'answered',
      () => 'refused',
    );
    await pause(20);
    const began = performance.now();
    running.child.kill('SIGTERM');
    const { code } = await running.exited;
    const ms = Math.round(performance.now() - began);
    for (const socket of sockets) socket.destroy();
    const line = `ended with ${code} after ${ms} ms of at most ${server.stopMs}, half-open requests under way; the click was ${await clicking}`;
    return [line, code === 0 && ms <= server.stopMs];
  },
  async 'lost workers'(server) {
    const running = await start(server, {
      nodeArgs: ['--import', fileURLToPath(new URL('lose-workers.mjs', import.meta.url))],
    });
    let unready = 0;
    // Counts threads and processes repeatedly while they restart.
    for (let i = 0; i < 30; i++) {
      running.child.kill('SIGUSR2');
      for (const pid of processTree(running.child.pid).slice(1)) killIfThere(pid);
      await pause(100);
      if (server.readyPath === undefined) continue;
      const answer = await fetch(running.url + server.readyPath).catch(() => undefined);
      if (answer?.status === 503) unready++;
    }
    const ms = await recovers(running);
    const { code } = await running.stop();
    const told = server.readyPath === undefined ? '' : `; ${server.readyPath} said so ${unready} times`;
    const isTold = server.readyPath === undefined || unready > 0;
    return [
      `a click ${ms} ms after three seconds of it${told}; ended with ${code}`,
      ms <= limit && isTold && code === 0,
    ];
  },
  async 'closed pipe'(server) {
    const running = await start(server, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.child.stdout.destroy();
    running.child.stderr.destroy();
    return clicksOn(server, running, 5);
  },
  async 'full disk'(server) {
    const full = openSync('/dev/full', 'w');
    const running = await start(server, { stdio: ['ignore', full, full] });
    return clicksOn(server, running, 5);
  },
  async 'clock jump'(server) {
    const clock = fileURLToPath(new URL('clock.mjs', import.meta.url));
    const running = await start(server, { nodeArgs: ['--import', clock] });
    const times = [];
    for (const _ of ['two days on', 'back']) {
      running.child.kill('SIGUSR2');
      await pause(100);
      times.push(await recovers(running));
    }
    await running.stop();
    return [`a click ${times.join(' and ')} ms after two days on and back`, times.every((ms) => ms <= limit)];
  },
  async 'low memory'(server) {
    const running = await start(server, { nodeArgs: ['--max-old-space-size=64'] });
    return clicksOn(server, running, 20);
  },
  async 'low descriptors'(server) {
    const running = await start(server, { descriptors: 160 });
    const sockets = Array.from({ length: 200 }, () => {
      const socket = connect(running.port, '127.0.0.1');
      socket.on('error', () => {});
      return socket;
    });
    await pause(1000);
    for (const socket of sockets) socket.destroy();
    const ms = await recovers(running);
    const { code } = await running.stop();
    return [`a click ${ms} ms after 200 idle connections went; ended with ${code}`, ms <= limit && code === 0];
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, short: { type: 'boolean', default: false }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(`Usage: npm run drill -- [SERVER ...] [--only DRILL,DRILL] [--short]

--short, as in CI: ${shortForm.join(', ')}, with 30 seconds for a click instead of 5

Servers: ${servers.join(', ')} (default: all)
Drills: ${Object.keys(drills).join(', ')} (default: all)`);
  process.exit(0);
}
const wanted = values.only?.split(',') ?? (values.short ? shortForm : Object.keys(drills));
/** Milliseconds within which a click works again. */
const limit = values.short ? 30_000 : 5000;
const unknown = [
  ...positionals.filter((name) => !servers.includes(name)),
  ...wanted.filter((name) => !(name in drills)),
];
if (unknown.length > 0) {
  console.error(
    `There is no ${unknown.join(', ')}. Servers: ${servers.join(', ')}. Drills: ${Object.keys(drills).join(', ')}`,
  );
  process.exit(2);
}

/**
 * A server's module exports `command(port)`, what to start with Node; `click(url)`, one honest click, which fails unless it
 * is answered rightly; `readyPath`, where it says there whether it can answer; `bodyPath` and `bodyType` of what it reads; `stopMs`, within which it ends when it is told to; and
 * `begin()`, where it needs something to run beside it, which returns what ends that.
 */
for (const name of positionals.length > 0 ? positionals : servers) {
  const server = await import(new URL(`${name}.mjs`, folder));
  const end = await server.begin?.();
  console.log(`\n${name}`);
  for (const drill of wanted) {
    const [line, good] = await drills[drill](server).catch((error) => [String(error), false]);
    console.log(`  ${good ? 'held  ' : 'FAILED'}  ${drill.padEnd(16)} ${line}`);
    if (!good) process.exitCode = 1;
  }
  await end?.();
}

async function start(server, { port, stdio = 'ignore', nodeArgs = [], descriptors } = {}) {
  const at = port ?? (await freePort());
  const command = [process.execPath, ...nodeArgs, ...server.command(at)];
  const limited =
    descriptors === undefined ? command : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command];
  const child = spawn(limited[0], limited.slice(1), { stdio });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code: code ?? signal })));
  const running = {
    port: at,
    url: `http://127.0.0.1:${at}`,
    child,
    exited,
    click: () => server.click(running.url),
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
  if ((await recovers(running, 60_000)) > 60_000) {
    child.kill('SIGKILL');
    throw new Error('it did not start');
  }
  return running;
}

/** Milliseconds until a click works; infinite if none does in time. */
async function recovers(running, patienceMs = 2 * limit) {
  const began = performance.now();
  let over = false;
  running.exited.then(() => {
    over = true;
  });
  while (performance.now() - began < patienceMs && !over) {
    if (
      await running.click().then(
        () => true,
        () => false,
      )
    )
      return Math.round(performance.now() - began);
    await pause(100);
  }
  return Number.POSITIVE_INFINITY;
}

function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

async function clicksOn(_server, running, count) {
  let answered = 0;
  for (let i = 0; i < count; i++) if ((await recovers(running, limit)) <= limit) answered++;
  const { code } = await running.stop();
  return [`${answered} of ${count} clicks answered; ended with ${code}`, answered === count && code === 0];
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
