import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

/** The version that the tests hold for; CLICKMASK_LABEL_STUDIO_VERSION takes another one, as `versions.mjs` does. */
export const testedVersion = '1.23.2';
export const labelStudioVersion = process.env.CLICKMASK_LABEL_STUDIO_VERSION ?? testedVersion;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A real Label Studio on the loopback interface, with SQLite in a folder of its own. */
export interface LabelStudioServer {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** A legacy token. */
  readonly token: string;
  /** Whether the editor of this version has a tag, such as `BitmaskLabels`. */
  knowsTag(name: string): boolean;
  /** Calls the REST API with the legacy token. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  upload(project: number, name: string, bytes: Uint8Array): Promise<number>;
  log(): string;
  stop(): Promise<void>;
}

/** Why the real server cannot be tested here. */
export class Unavailable extends Error {}

/**
 * Installs Label Studio into a virtual environment of its own, once for all runs: in `.cache/label-studio`, or the folder in
 * CLICKMASK_LABEL_STUDIO_VENV. About 1 GB.
 *
 * @throws Unavailable without Python, or where the installation fails or takes longer than it may
 */
export async function installLabelStudio(timeoutMs: number): Promise<string> {
  const folder = labelStudioVersion === testedVersion ? 'venv' : labelStudioVersion;
  const venv = process.env.CLICKMASK_LABEL_STUDIO_VENV ?? join(root, '.cache/label-studio', folder);
  return install(venv, [`label-studio==${labelStudioVersion}`], 'label-studio', labelStudioVersion, timeoutMs);
}

/** What reads exports, none of it ours. */
const readers = ['pycocotools==2.0.11', 'label-studio-converter==0.0.59', 'numpy', 'pillow'];

/**
 * Installs the readers of exports beside Label Studio.
 *
 * @returns the Python that has them
 * @throws Unavailable as {@link installLabelStudio}
 */
export function installReaders(timeoutMs: number): Promise<string> {
  return install(join(root, '.cache/label-studio/readers'), readers, 'python', readers.join(' '), timeoutMs);
}

/** @returns the program of a virtual environment that has the packages */
async function install(
  venv: string,
  packages: readonly string[],
  name: string,
  version: string,
  timeoutMs: number,
): Promise<string> {
  if (process.env.CLICKMASK_LABEL_STUDIO === 'off') throw new Unavailable('CLICKMASK_LABEL_STUDIO is off');
  const isWindows = process.platform === 'win32';
  const programOf = (one: string) => join(venv, isWindows ? `Scripts/${one}.exe` : `bin/${one}`);
  const mark = join(venv, 'clickmask-installed.txt');
  const isThere = () => existsSync(programOf(name)) && existsSync(mark) && readFileSync(mark, 'utf8') === version;
  if (isThere()) return programOf(name);
  const python = ['python3', 'python'].find((one) => {
    const { status, stdout } = spawnSync(one, [
      '-c',
      'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))',
    ]);
    return status === 0 && String(stdout).trim() === 'True';
  });
  if (python === undefined) throw new Unavailable('there is no Python from 3.10 on with the module venv');
  const until = Date.now() + timeoutMs;
  mkdirSync(join(venv, '..'), { recursive: true });
  await alone(`${venv}.lock`, until, async () => {
    if (isThere()) return;
    console.log(`Installing ${packages.join(', ')} into ${venv}; this takes some minutes the first time.`);
    await runUntil(until, python, ['-m', 'venv', '--clear', venv]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await runUntil(until, programOf('python'), pip);
    writeFileSync(mark, version);
  });
  return programOf(name);
}

/** Test files run side by side: one of them works, the others wait. A lock that a killed run left ends with its process. */
async function alone(lock: string, until: number, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      if (Date.now() > until) throw new Unavailable(`another run holds ${lock}`);
      if (!lives(lock)) rmSync(lock, { force: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function lives(lock: string): boolean {
  try {
    return process.kill(Number(readFileSync(lock, 'utf8')) || process.pid, 0);
  } catch {
    return false;
  }
}

function runUntil(until: number, command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-2000);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), Math.max(1, until - Date.now()));
    child.once('error', (error) => reject(new Unavailable(`${command}: ${error.message}`)));
    child.once('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else
        reject(new Unavailable(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}: ${said.slice(-400)}`));
    });
  });
}

/**
 * Starts a fresh Label Studio: one user, no project. Its migrations take up to a minute, so the database that they made is
 * kept beside the program for the next start.
 *
 * @param publicUrl - where a proxy serves it, with its path prefix; that it is reached directly unless said
 */
export async function startLabelStudio(
  program: string,
  timeoutMs: number,
  publicUrl?: string,
): Promise<LabelStudioServer> {
  const folder = mkdtempSync(join(tmpdir(), 'clickmask-label-studio-'));
  const database = join(folder, 'label_studio.sqlite3');
  const migrated = join(program, '../..', `migrated-${labelStudioVersion}.sqlite3`);
  if (existsSync(migrated)) copyFileSync(migrated, database);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const email = 'tester@example.com';
  const password = 'Passw0rd-for-tests';
  const token = '0123456789abcdef0123456789abcdef01234567';
  const args = [
    'start',
    '--no-browser',
    '--internal-host',
    '127.0.0.1',
    '--port',
    String(port),
    '--host',
    publicUrl ?? url,
  ];
  const user = ['--username', email, '--password', password, '--user-token', token];
  const legacy = hasLegacySwitch(program) ? ['--enable-legacy-api-token'] : [];
  const child = spawn(program, [...args, ...user, ...legacy], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      LABEL_STUDIO_BASE_DATA_DIR: folder,
      LATEST_VERSION_CHECK: 'false',
      COLLECT_ANALYTICS: 'false',
      SENTRY_DSN: '',
      FRONTEND_SENTRY_DSN: '',
      SSRF_PROTECTION_ENABLED: 'false',
      ML_BLOCK_LOCAL_IP: 'false',
    },
  });
  let said = '';
  const hear = (part: Buffer) => {
    said = (said + part.toString()).slice(-200_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
      const timer = setTimeout(() => child.pid !== undefined && child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + timeoutMs;
  for (;;) {
    const isUp = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Unavailable(`Label Studio did not start: ${said.slice(-600)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  if (!existsSync(migrated)) {
    copyFileSync(database, `${migrated}.${process.pid}`);
    renameSync(`${migrated}.${process.pid}`, migrated);
  }
  const authorization = `Token ${token}`;
  const answer = async (response: Response, what: string): Promise<unknown> => {
    const text = await response.text();
    if (!response.ok) throw new Error(`${what} answered ${response.status}: ${text.slice(0, 500)}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    url,
    email,
    password,
    token,
    log: () => said,
    stop,
    knowsTag: (name) => editorFiles(program).some((file) => readFileSync(file, 'utf8').includes(name)),
    async call(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return answer(response, `${method} ${path}`);
    },
    async upload(project, name, bytes) {
      const form = new FormData();
      form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
      const path = `/api/projects/${project}/import?return_task_ids=true`;
      const response = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization }, body: form });
      const { task_ids: ids } = (await answer(response, path)) as { task_ids: number[] };
      return ids[0];
    },
  };
}

/** The editor's code, which lies elsewhere in older versions. */
function editorFiles(program: string): string[] {
  const patterns = [
    'lib/**/web/dist/{apps/labelstudio,libs/editor}/*.js',
    'Lib/**/web/dist/{apps/labelstudio,libs/editor}/*.js',
  ];
  return globSync(patterns, { cwd: join(program, '../..'), absolute: true });
}

/** Versions before personal access tokens have legacy tokens only, and no switch for them. */
function hasLegacySwitch(program: string): boolean {
  const read =
    'import importlib.util as u, pathlib as p; ' +
    "print(p.Path(u.find_spec('label_studio').origin).with_name('core').joinpath('argparser.py').read_text())";
  return String(spawnSync(join(program, '../python'), ['-c', read]).stdout).includes('enable-legacy-api-token');
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
