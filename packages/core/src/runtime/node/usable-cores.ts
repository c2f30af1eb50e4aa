import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

/**
 * How many cores this process may use: those that it can be scheduled on, or fewer where its control group (a container's)
 * has a CPU quota or a set of its own. Of a quota's fraction nothing is left over: threads beyond it are held up in mid-run.
 *
 * @param root - folder under which `/proc` and the mounts of control groups are looked up
 * @param schedulable - cores that the system would schedule this process on
 * @returns a whole number from 1
 */
export function usableCores(root = '/', schedulable = availableParallelism()): number {
  const limits = groupsOf(root).flatMap((folder) => [quotaOf(folder), setOf(folder)]);
  return Math.max(1, Math.floor(Math.min(schedulable, ...limits)));
}

/** Folders of the process's control groups that may limit its cores, of version 1 and 2: each one and those above it. */
function groupsOf(root: string): readonly string[] {
  const groups = readText(join(root, 'proc/self/cgroup'))
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .filter((match) => match !== null);
  const mounts = readText(join(root, 'proc/self/mountinfo')).split('\n').flatMap(parseMount);
  return mounts.flatMap(({ from, to, controllers }) => {
    const own = groups.find(([, names]) => {
      const named = names.split(',');
      return controllers === null ? names === '' : named.some((name) => controllers.includes(name));
    });
    // In a container the mount may begin at the group itself, or the path may be of a tree that is not seen from here.
    const path = own === undefined ? '' : relative(from, own[2]);
    const parts = path.startsWith('..') ? [] : path.split('/').filter(Boolean);
    return [to, ...parts].map((_, i, all) => join(root, ...all.slice(0, i + 1)));
  });
}

interface GroupMount {
  /** The group that is mounted. */
  readonly from: string;
  readonly to: string;
  /** Null in version 2, where all are in one tree. */
  readonly controllers: readonly string[] | null;
}

/** Of a line of `/proc/self/mountinfo`: `id parent device root mount-point options [fields] - type source options`. */
function parseMount(line: string): readonly GroupMount[] {
  const [before, after] = line.split(' - ');
  if (after === undefined) return [];
  const [, , , from, to] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (type === 'cgroup2') return [{ from, to, controllers: null }];
  const controllers = options.split(',').filter((option) => option === 'cpu' || option === 'cpuset');
  return type === 'cgroup' && controllers.length > 0 ? [{ from, to, controllers }] : [];
}

/** Cores' worth of time in each period; infinite where there is no quota. */
function quotaOf(folder: string): number {
  const [quota, period] = readText(join(folder, 'cpu.max')).trim().split(' ').map(Number);
  const [quota1, period1] = ['quota', 'period'].map((name) => Number(readText(join(folder, `cpu.cfs_${name}_us`))));
  const shares = [quota / period, quota1 / period1].filter((share) => share > 0 && Number.isFinite(share));
  return Math.min(Number.POSITIVE_INFINITY, ...shares);
}

/** Cores of a set such as `0-3,8`; infinite where there is none. */
function setOf(folder: string): number {
  const names = ['cpuset.cpus.effective', 'cpuset.effective_cpus', 'cpuset.cpus'];
  const set = names.map((name) => readText(join(folder, name)).trim()).find((text) => text !== '') ?? '';
  const count = set.split(',').reduce((total, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return total + last - first + 1;
  }, 0);
  return set !== '' && count > 0 ? count : Number.POSITIVE_INFINITY;
}

/** What a file says; nothing where there is none, as on other systems. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
