import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What the three programs have in common, as processes. */
const programs = {
  core: 'clickmask',
  'label-studio-backend': 'clickmask-label-studio',
  'cvat-serverless': 'clickmask-cvat',
} as const;
const folderOf = (name: string) => fileURLToPath(new URL(`../../packages/${name}/`, import.meta.url));
const binOf = (name: keyof typeof programs) => `${folderOf(name)}dist/bin/${programs[name]}.js`;

let work = '';
let busy: Server;
let port = 0;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'clickmask-programs-'));
  busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  port = (busy.address() as { port: number }).port;
});
afterAll(() => {
  busy.close();
  rmSync(work, { recursive: true, force: true });
});

/** Runs a program; `closes` takes its output away before it has written anything. */
async function run(name: keyof typeof programs, args: readonly string[], closes = false) {
  const child = spawn(process.execPath, [binOf(name), ...args], { cwd: work, env: { ...process.env, HOME: work } });
  let [out, err] = ['', ''];
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  if (closes) child.stdout.destroy();
  else
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, out, err };
}

describe.runIf(existsSync(binOf('core')))('each program', () => {
  it.each(Object.keys(programs) as (keyof typeof programs)[])('tells the version of its package: %s', async (name) => {
    const { version } = JSON.parse(readFileSync(`${folderOf(name)}package.json`, 'utf8')) as { version: string };
    expect(await run(name, ['--version'])).toEqual({ code: 0, signal: null, out: `${version}\n`, err: '' });
  });

  it.each<[keyof typeof programs, readonly string[]]>([
    ['core', ['--help']],
    ['core', ['models', 'show', 'clickmask-small']],
    ['label-studio-backend', ['config', '--labels', 'Cat']],
    ['cvat-serverless', ['init', '--help']],
  ])('says nothing when its reader is gone: %s %j', async (name, args) => {
    expect(await run(name, args, true)).toMatchObject({ code: 0, signal: null, err: '' });
  });

  it.each<[keyof typeof programs, readonly string[]]>([
    ['label-studio-backend', ['serve', '--port', '80.5']],
    ['cvat-serverless', ['serve', '.', '--port', '80.5']],
    ['core', ['bench', '--repeat', '2.5']],
    ['core', ['bench', '--rounds', '2']],
  ])('ends with 2 for %s %j', async (name, args) => {
    const { code, err } = await run(name, args);
    expect(code).toBe(2);
    expect(err).toMatch(/whole number|Unknown option/);
  });

  it('ends with 1 and a sentence where the port of Label Studio’s backend is taken', async () => {
    const cache = join(work, 'cache');
    const { code, err } = await run('label-studio-backend', ['--port', String(port), '--cache-dir', cache]);
    expect([code, err]).toEqual([
      1,
      `clickmask-label-studio serve: Another program already listens on port ${port}. Choose another one with --port.\n`,
    ]);
    expect(existsSync(cache)).toBe(false);
  });

  it('ends with 1 and a sentence where the port of CVAT’s function is taken', async () => {
    const made = await run('cvat-serverless', ['init', '--out', 'function']);
    expect(made.code).toBe(0);
    const { code, err } = await run('cvat-serverless', ['serve', 'function', '--port', String(port)]);
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`Another program already listens on port ${port}`));
  });
});
