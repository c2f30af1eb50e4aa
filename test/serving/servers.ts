import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

/** Real inference servers for tests, from PyPI, in environments that are kept in .cache/. */

const cache = resolve(import.meta.dirname, '../../.cache');
const packages = {
  triton: ['nvidia-pytriton==0.7.0', 'onnxruntime==1.30.0', 'numpy'],
  mlserver: ['mlserver==1.7.1', 'onnxruntime==1.30.0', 'numpy'],
  schemas: ['kubernetes-validate==1.37.0'],
} as const;

export type EnvironmentKind = keyof typeof packages;
export type ServerKind = Exclude<EnvironmentKind, 'schemas'>;

/** The folder of an environment, made where it is not there yet; null, with a plain message, where that cannot be. */
export function environmentOf(kind: EnvironmentKind): string | null {
  const folder = join(cache, kind);
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return folder;
  try {
    if (process.platform !== 'linux') throw new Error('not Linux');
    mkdirSync(cache, { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
    execFileSync(join(folder, 'bin/pip'), ['install', '-q', ...packages[kind]], { stdio: 'ignore', timeout: 300_000 });
    writeFileSync(ready, '');
    return folder;
  } catch {
    rmSync(folder, { recursive: true, force: true });
    console.warn(`Left out: the tests with ${kind}, since it could not be installed (Linux with Python and PyPI).`);
    return null;
  }
}

export interface RunningServer {
  readonly rest: string;
  readonly grpc: string;
  readonly metrics: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a server on a repository and waits until it is ready; the ports of an earlier one may be taken again. */
export async function startServer(
  kind: ServerKind,
  environment: string,
  repository: string,
  { ports, options = [] }: { readonly ports?: readonly number[]; readonly options?: readonly string[] } = {},
): Promise<RunningServer> {
  const [http, grpc, metrics] = ports ?? (await freePorts(3));
  const child =
    kind === 'triton'
      ? startTriton(environment, repository, [http, grpc, metrics], options)
      : spawn(join(environment, 'bin/mlserver'), ['start', repository], {
          stdio: 'ignore',
          env: {
            ...process.env,
            MLSERVER_HTTP_PORT: String(http),
            MLSERVER_GRPC_PORT: String(grpc),
            MLSERVER_METRICS_PORT: String(metrics),
            MLSERVER_HOST: '127.0.0.1',
          },
        });
  const rest = `http://127.0.0.1:${http}`;
  await waitUntil(child, `${rest}/v2/health/ready`);
  return {
    rest,
    grpc: `grpc://127.0.0.1:${grpc}`,
    metrics: `http://127.0.0.1:${metrics}/metrics`,
    stop: (signal = 'SIGTERM') =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done();
        child.once('exit', () => done());
        child.kill(signal);
      }),
  };
}

/** By the script that the export writes. */
function startTriton(
  environment: string,
  repository: string,
  [http, grpc, metrics]: readonly number[],
  options: readonly string[],
): ChildProcess {
  return spawn(
    'sh',
    [
      join(repository, 'start.sh'),
      ...[`--http-port=${http}`, `--grpc-port=${grpc}`, `--metrics-port=${metrics}`],
      '--http-address=127.0.0.1',
      '--grpc-address=127.0.0.1',
      '--exit-timeout-secs=2',
      ...options,
    ],
    { stdio: 'ignore', env: { ...process.env, TRITON_ENV: environment } },
  );
}

async function waitUntil(child: ChildProcess, url: string): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode} before it was ready.`);
    const ready = await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((done) => setTimeout(done, 250));
  }
  child.kill('SIGKILL');
  throw new Error(`The server at ${url} was not ready in a minute.`);
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
