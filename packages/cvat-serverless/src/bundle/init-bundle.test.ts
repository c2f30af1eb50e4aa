import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { initBundle } from './index.js';

async function folderWith(...files: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'init-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of files) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), 'mine');
  }
  return folder;
}

it('deletes nothing from a folder that holds something else than an earlier function', async () => {
  const out = await folderWith('lib/work.ts', 'model/weights.bin', 'vendor.tgz', 'function.yaml');
  await expect(initBundle({ out, force: true, dependencies: 'npm' })).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringContaining('clickmask-wrapper.mjs'),
  });
  for (const name of ['lib/work.ts', 'model/weights.bin', 'vendor.tgz', 'function.yaml']) {
    expect(await readFile(join(out, name), 'utf8')).toBe('mine');
  }
});

it('replaces an earlier function, with nothing left over', async () => {
  const out = await folderWith('lib/old.js', 'vendor.tgz', 'function.yaml', 'clickmask-wrapper.mjs', 'notes.txt');
  await expect(initBundle({ out, dependencies: 'npm' })).rejects.toThrow('--force');
  await initBundle({ out, force: true, dependencies: 'npm' });
  expect(existsSync(join(out, 'lib/old.js'))).toBe(false);
  expect(existsSync(join(out, 'vendor.tgz'))).toBe(false);
  expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine');
});
