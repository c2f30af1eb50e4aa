import { writeSync } from 'node:fs';

/** Lines that a slow reader has not taken yet, in bytes; beyond, lines are dropped. */
const maxWaiting = 4 * 2 ** 20;

/**
 * A log on the process's output that costs lines rather than the process: where the disk under it is full, its reader is
 * gone, or does not keep up. It says how many were dropped as soon as it can.
 *
 * @param write - writes to the process's output
 */
export function createLogWriter(write: (line: string) => void): (line: string) => void {
  const { stdout } = process;
  for (const stream of [stdout, process.stderr]) {
    // Another listener may take a full disk for the end of the program.
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
  let dropped = 0;
  return (line) => {
    const told = dropped === 0 ? line : `${lineOf(dropped)}${line}`;
    if (stdout.writableLength > maxWaiting || !written(told)) dropped++;
    else dropped = 0;
  };

  /** After one failure the stream of a file takes nothing more, even when there is room again. */
  function written(text: string): boolean {
    try {
      if (stdout.destroyed) writeSync(1, text);
      else write(text);
      return true;
    } catch {
      return false;
    }
  }
}

const lineOf = (dropped: number) =>
  `${JSON.stringify({ time: new Date().toISOString(), level: 'warn', message: 'lines of the log were dropped', dropped })}\n`;
