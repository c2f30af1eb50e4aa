import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

/**
 * Number of cores that this process may use: those it can be scheduled on, or fewer if its control group (a
 * container's) has a CPU quota or a CPU set. A fraction in a quota is dropped: threads beyond it would be paused in
 * mid-run.
 *
 * @param root - folder in which `/proc` and the control groups are looked up
 * @param schedulable - cores that the system would schedule this process on
 * @returns a whole number from 1
 */
export function usableCores(root = '/', schedulable = availableParallelism()): number {
  const limits = groupsOf(root).flatMap((folder) => [quotaOf(folder), setOf(folder)]);
  return Math.max(1, Math.floor(Math.min(schedulable, ...limits)));
}

/**
 * Folders of the process's control groups (versions 1 and 2) that may limit its cores: each group and those above it.
 */
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
    // In a container, the mount may begin at the group itself, or the path may belong to an invisible tree.
    const path = own === undefined ? '' : relative(from, own[2]);
    const parts = path.startsWith('..') ? [] : path.split('/').filter(Boolean);
    return [to, ...parts].map((_, i, all) => join(root, ...all.slice(0, i + 1)));
  });
}

interface GroupMount {
  /** The mounted group. */
  readonly from: string;
  readonly to: string;
  /** Null in version 2, which has a single tree. */
  readonly controllers: readonly string[] | null;
}

/**
 * Parses a line of `/proc/self/mountinfo`: `id parent device root mount-point options [fields] - type source options`.
 */
function parseMount(line: string): readonly GroupMount[] {
  const [before, after] = line.split(' - ');
  if (after === undefined) return [];
  const [, , , from, to] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (type === 'cgroup2') return [{ from, to, controllers: null }];
  const controllers = options.split(',').filter((option) => option === 'cpu' || option === 'cpuset');
  return type === 'cgroup' && controllers.length > 0 ? [{ from, to, controllers }] : [];
}

/** Number of cores in the quota; infinite without one. */
function quotaOf(folder: string): number {
  const [quota, period] = readText(join(folder, 'cpu.max')).trim().split(' ').map(Number);
  const [quota1, period1] = ['quota', 'period'].map((name) => Number(readText(join(folder, `cpu.cfs_${name}_us`))));
  const shares = [quota / period, quota1 / period1].filter((share) => share > 0 && Number.isFinite(share));
  return Math.min(Number.POSITIVE_INFINITY, ...shares);
}

/** Number of cores in a set such as `0-3,8`; infinite without one. */
function setOf(folder: string): number {
  const names = ['cpuset.cpus.effective', 'cpuset.effective_cpus', 'cpuset.cpus'];
  const set = names.map((name) => readText(join(folder, name)).trim()).find((text) => text !== '') ?? '';
  const count = set.split(',').reduce((total, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return total + last - first + 1;
  }, 0);
  return set !== '' && count > 0 ? count : Number.POSITIVE_INFINITY;
}

/** The content of a file; empty if it does not exist, as on other systems. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
