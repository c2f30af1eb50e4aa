import { existsSync } from 'node:fs';
import { cp, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkBundle, initBundle } from './index.js';
import { findPackage } from './packages.js';
import { readArchive } from './tar.js';

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

it('writes through no link', async () => {
  const out = await folderWith('function.yaml', 'clickmask-wrapper.mjs');
  const elsewhere = await folderWith('README.md', 'kept/file.txt');
  await symlink(join(elsewhere, 'README.md'), join(out, 'README.md'));
  await symlink(join(elsewhere, 'kept'), join(out, 'lib'));
  await initBundle({ out, force: true, dependencies: 'npm' });
  expect(await readFile(join(elsewhere, 'README.md'), 'utf8')).toBe('mine');
  expect(await readdir(join(elsewhere, 'kept'))).toEqual(['file.txt']);
});

it('removes nothing where it cannot write', async () => {
  const out = await folderWith('function.yaml', 'clickmask-wrapper.mjs', 'package.json/keep', 'lib/old.js');
  await expect(initBundle({ out, force: true, dependencies: 'npm' })).rejects.toThrow('a folder there');
  for (const name of ['package.json/keep', 'lib/old.js']) expect(await readFile(join(out, name), 'utf8')).toBe('mine');
  const nowhere = join(await folderWith(), 'link');
  await symlink('nowhere', nowhere);
  await expect(initBundle({ out: nowhere, dependencies: 'npm' })).rejects.toThrow('leads nowhere');
});

it('writes through links of links and hard links no more', async () => {
  const out = await folderWith('function.yaml', 'clickmask-wrapper.mjs');
  const elsewhere = await folderWith('kept.txt', 'folder/kept.txt');
  await link(join(elsewhere, 'kept.txt'), join(out, 'README.md'));
  await symlink(join(elsewhere, 'kept.txt'), join(out, 'first'));
  await symlink('first', join(out, 'main.js'));
  await symlink(join(elsewhere, 'folder'), join(out, 'model'));
  await initBundle({ out, force: true, dependencies: 'npm' });
  for (const name of ['kept.txt', 'folder/kept.txt']) {
    expect(await readFile(join(elsewhere, name), 'utf8')).toBe('mine');
  }
  expect(await readdir(join(elsewhere, 'folder'))).toEqual(['kept.txt']);
});

it('takes of a model what its manifest names, and refuses what core refuses', async () => {
  const model = await folderWith('.env', '.git/config', 'notes.txt');
  await cp(findPackage('@clickmask/clickmask-small'), model, { recursive: true, dereference: true });
  const out = join(await folderWith(), 'function');
  await initBundle({ out, model, dependencies: 'npm' });
  const names = await readdir(join(out, 'model'));
  expect(names).toEqual(expect.arrayContaining(['decoder.onnx', 'encoder.onnx', 'model.json']));
  for (const name of ['.env', '.git', 'notes.txt', 'package.json']) expect(names).not.toContain(name);

  const manifest = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')) as object;
  await writeFile(join(model, 'model.json'), JSON.stringify({ ...manifest, threshold: 7 }));
  await expect(initBundle({ out: `${out}-2`, model, dependencies: 'npm' })).rejects.toMatchObject({
    code: 'bad-model',
  });
  await cp(join(model, 'model.json'), join(out, 'model/model.json'));
  const { findings } = await checkBundle(out);
  expect(findings).toContainEqual(expect.objectContaining({ level: 'error', at: 'model' }));
});

it('packs no package without its licence, and lists all', async () => {
  const out = join(await folderWith(), 'function');
  const { dependencies } = await initBundle({ out });
  if (dependencies === 'npm') return;
  const packed = readArchive(await readFile(join(out, 'vendor.tgz')));
  const bill = JSON.parse(await readFile(join(out, 'sbom.cdx.json'), 'utf8')) as { components: { name: string }[] };
  for (const { path } of packed.filter(({ path: one }) => /node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(one))) {
    const folder = path.slice(0, -'package.json'.length);
    expect(packed.some(({ path: one }) => one.startsWith(folder) && /\/licen[cs]e[^/]*$/i.test(one))).toBe(true);
    expect(bill.components.map(({ name }) => `node_modules/${name}/`)).toContain(folder);
  }
});
