import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** Other load on the machine during a measurement. */
export interface MachineLoad {
  readonly cores: number;
  /** Average number of running or waiting processes in the last minute; 0 if the system does not report it. */
  readonly load: number;
  /** Share of all cores' time that other processes used, 0 to 1. */
  readonly others: number;
  /** Share of time that a virtual machine did not get from its host; null if the system does not report it. */
  readonly steal: number | null;
  /** Whether the machine was busy with other work. */
  readonly busy: boolean;
}

/** Other processes count as noticeable from this share of the time on. */
const felt = 0.1;

/** Starts to watch the machine. The returned function reports the load since then. */
export function watchMachine(): () => MachineLoad {
  const before = coreTimes();
  const own = process.cpuUsage();
  return () => {
    const after = coreTimes();
    const { user, system } = process.cpuUsage(own);
    const total = Math.max(1, after.total - before.total);
    const stolen = after.steal === null || before.steal === null ? null : after.steal - before.steal;
    const working = total - (after.idle - before.idle) - (stolen ?? 0);
    const others = Math.min(1, Math.max(0, (working - (user + system) / 1000) / total));
    const steal = stolen === null ? null : stolen / total;
    return { cores: cpus().length, load: loadavg()[0], others, steal, busy: others + (steal ?? 0) > felt };
  };
}

export function describeLoad({ cores, load, others, steal, busy }: MachineLoad): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  const stolen = steal === null ? '' : `, ${percent(steal)} stolen`;
  const verdict = busy ? 'busy: read wall times with care, and compare CPU times' : 'quiet';
  return `machine: ${cores} cores, load ${load.toFixed(1)}, ${percent(others)} taken by others${stolen}: ${verdict}`;
}

interface CoreTimes {
  /** Milliseconds of all cores. */
  readonly total: number;
  readonly idle: number;
  readonly steal: number | null;
}

function coreTimes(): CoreTimes {
  const times = cpus().map((core) => core.times);
  const sum = (of: (time: (typeof times)[number]) => number) => times.reduce((all, time) => all + of(time), 0);
  const steal = stolenMs();
  const idle = sum((time) => time.idle);
  return { idle, steal, total: sum(({ user, nice, sys, irq }) => user + nice + sys + irq) + idle + (steal ?? 0) };
}

/** Linux counts stolen time in hundredths of a second, in the eighth field. */
function stolenMs(): number | null {
  try {
    const [line] = readFileSync('/proc/stat', 'utf8').split('\n');
    const ticks = Number(line.trim().split(/\s+/)[8]);
    return Number.isFinite(ticks) ? ticks * 10 : null;
  } catch {
    return null;
  }
}
