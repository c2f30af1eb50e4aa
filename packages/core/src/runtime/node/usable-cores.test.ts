import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { usableCores } from './usable-cores.js';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A file tree as a process in a container sees it. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'clickmask-cores-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const mount2 = '31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n';
const version2 = (max: string, more: Readonly<Record<string, string>> = {}) =>
  machine({
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${mount2}`,
    'sys/fs/cgroup/cpu.max': max,
    ...more,
  });
const version1 = (from: string, files: Readonly<Record<string, string>>) =>
  machine({
    'proc/self/cgroup': '4:memory:/x\n3:cpuset:/docker/abc\n2:cpu,cpuacct:/docker/abc\n',
    'proc/self/mountinfo': [
      `32 31 0:29 ${from} /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct`,
      `34 31 0:31 ${from} /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset`,
      `35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory`,
    ].join('\n'),
    ...files,
  });

it('takes what the system schedules on where nothing limits it', () => {
  expect(usableCores(machine({}), 12)).toBe(12);
  expect(usableCores(version2('max 100000\n'), 12)).toBe(12);
  const open = { 'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n' };
  expect(usableCores(version1('/docker/abc', open), 12)).toBe(12);
  expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
});

it.each([
  ['400000 100000', 4],
  ['250000 100000', 2],
  ['50000 100000', 1],
  ['3200000 100000', 16],
  ['150000 50000', 3],
  ['0 100000', 16],
  ['what ever', 16],
  ['', 16],
])('reads a quota of version 2: %s', (max, cores) => {
  expect(usableCores(version2(`${max}\n`), 16)).toBe(cores);
});

it('keeps to the tightest of the groups above, of both versions', () => {
  const nested = {
    'proc/self/cgroup': '0::/pod/box\n',
    'sys/fs/cgroup/pod/cpu.max': '300000 100000\n',
    'sys/fs/cgroup/pod/box/cpu.max': 'max 100000\n',
    'sys/fs/cgroup/pod/box/cpuset.cpus.effective': '0-7\n',
  };
  expect(usableCores(version2('max 100000\n', nested), 16)).toBe(3);
  const within = { ...nested, 'sys/fs/cgroup/pod/box/cpuset.cpus.effective': '4,6\n' };
  expect(usableCores(version2('max 100000\n', within), 16)).toBe(2);
  const above = {
    'sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us': '500000\n',
    'sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us': '100000\n',
  };
  expect(usableCores(version1('/', above), 16)).toBe(5);
});

it('reads quota and set of version 1, mounted at the group itself', () => {
  const quota = {
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '600000\n',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  };
  expect(usableCores(version1('/docker/abc', quota), 16)).toBe(6);
  const set = { 'sys/fs/cgroup/cpuset/cpuset.cpus': '0-2,8\n', 'sys/fs/cgroup/cpuset/cpuset.effective_cpus': '' };
  expect(usableCores(version1('/docker/abc', { ...quota, ...set }), 16)).toBe(4);
});

it('looks at the mount where the path belongs to a tree that is not seen', () => {
  const files = { 'proc/self/cgroup': '0::/../../elsewhere\n' };
  expect(usableCores(version2('200000 100000\n', files), 16)).toBe(2);
  const other = { 'sys/fs/cgroup/cpuset/cpuset.cpus': '3\n' };
  expect(usableCores(version1('/kubepods', other), 16)).toBe(1);
});

it('counts no memory group, and nothing that is not a group', () => {
  const files = { 'sys/fs/cgroup/memory/x/cpu.max': '100000 100000', 'sys/fs/cgroup/memory/cpuset.cpus': '0' };
  expect(usableCores(version1('/docker/abc', files), 16)).toBe(16);
});
