import { writeSync } from 'node:fs';

/** Bytes that may wait for a slow reader. Beyond that, lines are dropped. */
const maxWaiting = 4 * 2 ** 20;

/**
 * A log on the process's output that loses lines rather than end the process if the disk is full, or if the reader is
 * gone or too slow. As soon as it can write again, it says how many lines were dropped.
 *
 * @param write - writes to the process's output
 */
export function createLogWriter(write: (line: string) => void): (line: string) => void {
  const { stdout } = process;
  for (const stream of [stdout, process.stderr]) {
    // Another listener might end the program when the disk is full.
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
  let dropped = 0;
  return (line) => {
    const told = dropped === 0 ? line : `${lineOf(dropped)}${line}`;
    if (stdout.writableLength > maxWaiting || !written(told)) dropped++;
    else dropped = 0;
  };

  /** After one failure, the stream of a file accepts nothing more, even when there is room again. */
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
