import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createReplyFiles } from './reply-files.js';

async function setUp() {
  const home = await mkdtemp(join(tmpdir(), 'reply-files-test-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  // The folder need not exist.
  const parent = join(home, 'some', 'where');
  return { parent, files: createReplyFiles(parent) };
}

describe('createReplyFiles', () => {
  it('writes each reply into a file of its own, which nobody else may read', async () => {
    const { parent, files } = await setUp();
    const paths = [await files.write(Buffer.from('one')), await files.write(Buffer.from('two'))];
    expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(['one', 'two']);
    expect(dirname(paths[0])).toBe(dirname(paths[1]));
    expect(dirname(dirname(paths[0]))).toBe(parent);
    if (process.platform !== 'win32') expect((await stat(paths[0])).mode & 0o777).toBe(0o600);
  });

  it('deletes only what nobody fetched for two minutes', async () => {
    const { files } = await setUp();
    const old = await files.write(Buffer.from('old'));
    const young = await files.write(Buffer.from('young'));
    const now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + 121_000);
    onTestFinished(() => void vi.restoreAllMocks());
    const ago = (ms: number) => new Date(now + 121_000 - ms);
    await utimes(old, ago(121_000), ago(121_000));
    await utimes(young, ago(119_000), ago(119_000));
    const latest = await files.write(Buffer.from('latest'));
    await expect.poll(() => existsSync(old)).toBe(false);
    expect([young, latest].map((path) => existsSync(path))).toEqual([true, true]);
  });

  it('takes its folder away in the end, and makes another one for a later reply', async () => {
    const { parent, files } = await setUp();
    await files.close();
    await files.write(Buffer.from('one'));
    await files.close();
    expect(await readdir(parent)).toEqual([]);
    await files.close();
    expect(await readFile(await files.write(Buffer.from('two')), 'utf8')).toBe('two');
  });
});
