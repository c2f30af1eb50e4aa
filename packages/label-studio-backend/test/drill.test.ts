import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../dist/bin/clickmask-label-studio.js', import.meta.url));
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickmask-drill-'));
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @param out - what the program writes its log to */
async function start(out: number | 'pipe'): Promise<{ url: string; port: number; program: ChildProcess }> {
  const port = await freePort();
  const args = [bin, 'serve', '--port', String(port), '--cache-dir', join(folder, 'cache')];
  const program = spawn(process.execPath, args, { stdio: ['ignore', out, 'ignore'], cwd: folder });
  child = program;
  const url = `http://127.0.0.1:${port}`;
  if (out === 'pipe') program.stdout?.destroy();
  await expect.poll(() => status(`${url}/ready`), { timeout: 30_000 }).toBe(200);
  return { url, port, program };
}

const status = (url: string) =>
  fetch(url).then(
    (response) => response.status,
    () => 0,
  );

describe('when the machine fails', () => {
  it('goes on where the log is a closed pipe', async () => {
    const { url } = await start('pipe');
    for (let i = 0; i < 20; i++) expect(await status(`${url}/nowhere`)).toBe(404);
    expect(await status(`${url}/health`)).toBe(200);
  });

  it.skipIf(!existsSync('/dev/full'))('goes on where the disk under the log is full, and stops in time', async () => {
    const { url, port, program } = await start(openSync('/dev/full', 'w'));
    for (let i = 0; i < 20; i++) expect(await status(`${url}/nowhere`)).toBe(404);
    expect(await status(`${url}/health`)).toBe(200);
    // A request that never comes in full does not keep the program.
    const half = connect(port, '127.0.0.1');
    half.on('error', () => {});
    half.write('POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ended = new Promise((resolve) => program.once('exit', (code, signal) => resolve(code ?? signal)));
    program.kill('SIGTERM');
    expect(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20_000, 'still there'))])).toBe(0);
    half.destroy();
  });
});
