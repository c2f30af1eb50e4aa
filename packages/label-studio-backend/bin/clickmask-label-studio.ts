import { processTerminal } from '@clickmask/core/adapters';
import { run } from '../src/cli/index.js';

const maxWaiting = 16e6;

/** A full disk or a closed pipe loses log lines, but never ends the program. */
function lines(stream: NodeJS.WriteStream): (text: string | Uint8Array) => void {
  stream.on('error', () => {});
  return (text) => {
    // Lines that nobody reads must not fill the memory.
    if (stream.writableLength > maxWaiting) return;
    try {
      stream.write(text);
    } catch {
      // A write to a file is synchronous, and may throw.
    }
  };
}

let wasStopped = false;
const [out, err] = [lines(process.stdout), lines(process.stderr)];
const terminal = processTerminal();
const code = await run(process.argv.slice(2), {
  ...terminal,
  out,
  err,
  async stopped() {
    await terminal.stopped();
    wasStopped = true;
  },
});
process.exitCode = code;
// A file read that hangs would otherwise keep the process alive.
if (wasStopped) setTimeout(() => process.exit(code), 1000).unref();
