import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { codeOf } from '../../../test/support/fake-model.js';
import { folderFiles } from './model-folder.js';
import { readRegularFile } from './read-regular-file.js';

const folder = mkdtempSync(join(tmpdir(), 'clickmask-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

it('reads a file, also through a link, and an empty one', async () => {
  writeFileSync(at('a'), 'hello');
  symlinkSync('a', at('link'));
  writeFileSync(at('empty'), '');
  expect(Buffer.from(await readRegularFile(at('link'), { maxBytes: 5 })).toString()).toBe('hello');
  expect((await readRegularFile(at('empty'), { maxBytes: 5 })).length).toBe(0);
  await expect(readRegularFile(at('a'), { maxBytes: 4 })).rejects.toThrow('the file has 5 bytes, more than 4');
  await expect(readRegularFile(at('none'), { maxBytes: 4 })).rejects.toThrow('ENOENT');
});

it.skipIf(process.platform === 'win32')('waits for no pipe, device or folder', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  for (const path of [at('pipe'), '/dev/zero', folder]) {
    await expect(readRegularFile(path, { maxBytes: 1e6 })).rejects.toThrow('no regular file');
  }
  execFileSync('mkfifo', [at('model.json')]);
  expect(await codeOf(folderFiles(folder).read('model.json'))).toBe('model-not-found');
});

it('stays inside a folder, whatever links say', async () => {
  const root = at('root');
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(root, 'sub/b'), 'inside');
  writeFileSync(at('root-too'), 'outside');
  symlinkSync('sub/b', join(root, 'within'));
  symlinkSync('../root-too', join(root, 'out'));
  symlinkSync('..', join(root, 'up'));
  symlinkSync(root, at('alias'));
  const read = (path: string, inside = root) => readRegularFile(path, { maxBytes: 10, inside });
  for (const path of ['sub/b', '/sub/b', './sub/../within', 'up/root/sub/b']) {
    expect(Buffer.from(await read(path)).toString()).toBe('inside');
  }
  expect(Buffer.from(await read('within', at('alias'))).toString()).toBe('inside');
  for (const path of ['out', 'up/root-too', '../root-too', 'up/a', '/etc/passwd/../../root-too']) {
    await expect(read(path)).rejects.toThrow(/outside of the folder|ENOENT/);
  }
  await expect(read('sub\0b')).rejects.toThrow('null bytes');
});
