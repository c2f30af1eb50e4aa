import { readFileSync } from 'node:fs';

/** Limits of a process; undefined if the system does not report one, or there is none. */
export interface ProcessLimits {
  readonly memoryBytes?: number;
  readonly openFiles?: number;
}

/** A server with the embedded model takes about 300 MB plus caches. */
const enough = { memoryBytes: 768 * 2 ** 20, openFiles: 512 };

/**
 * Warnings about low limits, for a server to print at its start: one sentence each.
 *
 * @param limits - default: those of this process
 *
 * @example
 * ```ts
 * import { machineWarnings } from '@clickmask/core/adapters';
 *
 * console.log(machineWarnings({ openFiles: 64 }).length, machineWarnings({ openFiles: 4096 }).length); // 1 0
 * ```
 */
export function machineWarnings(limits: ProcessLimits = processLimits()): readonly string[] {
  const { memoryBytes = Infinity, openFiles = Infinity } = limits;
  const warnings: string[] = [];
  if (memoryBytes < enough.memoryBytes) {
    const [is, wanted] = [memoryBytes, enough.memoryBytes].map((bytes) => Math.round(bytes / 2 ** 20));
    warnings.push(
      `This process may use ${is} MB of memory; below ${wanted} MB it may be ended by the system. Raise the limit, or lower the caches.`,
    );
  }
  if (openFiles < enough.openFiles) {
    warnings.push(
      `This process may open ${openFiles} files and connections at a time; more connections are refused. Raise the limit (ulimit -n) to ${enough.openFiles} or more.`,
    );
  }
  return warnings;
}

function processLimits(): ProcessLimits {
  const constrained = process.constrainedMemory?.() ?? 0;
  return {
    // Without a limit, this is 0 or more than any machine has.
    memoryBytes: constrained > 0 && constrained < 2 ** 50 ? constrained : undefined,
    openFiles: openFilesLimit(),
  };
}

/** The soft limit. Only Linux reports it to a process. */
function openFilesLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
