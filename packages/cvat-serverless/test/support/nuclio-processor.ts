import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

/** Path of a real nuclio processor, where the environment names one (NUCLIO_PROCESSOR). */
export function nuclioProcessor(): string | null {
  const path = process.env.NUCLIO_PROCESSOR;
  return path !== undefined && existsSync(path) ? path : null;
}

export interface RunningProcessor {
  readonly url: string;
  readonly readyMs: number;
  /** What processor and function printed. */
  log(): string;
  close(): Promise<void>;
}

interface Config {
  metadata: Record<string, unknown>;
  spec: { triggers: Record<string, Record<string, unknown>>; eventTimeout?: string };
}

/**
 * Starts a real processor on loopback with a complete function's folder. The generated function.yaml is its configuration;
 * only the address is added, and the environment, which a container would carry, is given to the process.
 */
export async function startNuclio(folder: string, env: Readonly<Record<string, string>>): Promise<RunningProcessor> {
  const work = await mkdtemp(join(tmpdir(), 'nuclio-run-'));
  const config = parse(await readFile(join(folder, 'function.yaml'), 'utf8')) as Config;
  const [http, admin, health] = await Promise.all([freePort(), freePort(), freePort()]);
  config.metadata.namespace = 'nuclio';
  Object.values(config.spec.triggers)[0].url = `127.0.0.1:${http}`;
  const platform = {
    webAdmin: { enabled: true, listenAddress: `127.0.0.1:${admin}` },
    healthCheck: { enabled: true, listenAddress: `127.0.0.1:${health}` },
    logger: {
      sinks: { stdout: { kind: 'stdout' } },
      system: [{ level: 'debug', sink: 'stdout' }],
      functions: [{ level: 'debug', sink: 'stdout' }],
    },
  };
  await writeFile(join(work, 'processor.yaml'), stringify(config));
  await writeFile(join(work, 'platform.yaml'), stringify(platform));
  const started = performance.now();
  const child = spawn(
    nuclioProcessor() as string,
    ['--config', join(work, 'processor.yaml'), '--platform-config', join(work, 'platform.yaml')],
    {
      env: { ...process.env, NUCLIO_HANDLER_DIR: folder, NUCLIO_NODEJS_EXE: process.execPath, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  await ready(`http://127.0.0.1:${health}/ready`, child, () => log.join(''));
  return {
    url: `http://127.0.0.1:${http}`,
    readyMs: performance.now() - started,
    log: () => log.join(''),
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
        await ended;
        clearTimeout(timer);
      }
      await rm(work, { recursive: true, force: true });
    },
  };
}

async function ready(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && child.exitCode === null) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`The nuclio processor did not get ready:\n${log().slice(-3000)}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
