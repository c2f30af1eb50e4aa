import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packArchive, readArchive, unpackArchive } from './tar.js';

const long = `node_modules/@scope/${'deep/'.repeat(24)}file.js`;
const files = [
  { path: 'a.txt', data: Buffer.from('hello') },
  { path: 'dir/empty', data: Buffer.alloc(0) },
  { path: 'dir/block', data: Buffer.alloc(512, 'x') },
  { path: 'dir/binary.node', data: Buffer.alloc(1300, 7), executable: true },
  { path: long, data: Buffer.from('long') },
];

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tar-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe('archives', () => {
  it('come back as they went in', () => {
    expect(readArchive(packArchive(files))).toEqual(files.map((file) => ({ executable: false, ...file })));
  });

  it('are the same bytes for the same files', () => {
    expect(packArchive(files).equals(packArchive(files))).toBe(true);
  });

  it('are read by tar, and tar’s are read', async () => {
    const path = await folder();
    await writeFile(join(path, 'v.tgz'), packArchive(files));
    execFileSync('tar', ['-xzf', 'v.tgz'], { cwd: path });
    for (const { path: name, data } of files) expect((await readFile(join(path, name))).equals(data)).toBe(true);
    expect((await stat(join(path, 'dir/binary.node'))).mode & 0o111).not.toBe(0);
    execFileSync('tar', ['-czf', 'other.tgz', '--format=ustar', 'a.txt', 'dir'], { cwd: path });
    expect(
      readArchive(await readFile(join(path, 'other.tgz')))
        .map((file) => file.path)
        .sort(),
    ).toEqual(['a.txt', 'dir/binary.node', 'dir/block', 'dir/empty'].sort());
  });

  it('are unpacked into a folder, and nowhere else', async () => {
    const path = await folder();
    await unpackArchive(packArchive(files), path);
    expect(await readFile(join(path, long), 'utf8')).toBe('long');
    const evil = packArchive([{ path: '../evil.txt', data: Buffer.from('x') }]);
    await expect(unpackArchive(evil, path)).rejects.toThrow(/leads out of the folder/);
  });

  it.each([
    ['noise', Buffer.from('noise')],
    ['a truncated one', gzipSync(gunzipSync(packArchive(files)).subarray(0, 2800))],
  ])('of %s are refused', (_, bytes) => {
    expect(() => readArchive(bytes)).toThrow(expect.objectContaining({ code: 'bad-format' }));
  });

  it('refuse a path that does not fit', () => {
    expect(() => packArchive([{ path: 'x'.repeat(300), data: Buffer.alloc(0) }])).toThrow(/too long/);
  });
});
