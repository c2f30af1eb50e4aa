import { processTerminal } from '@clickmask/core/adapters';
import { run } from '../src/cli/index.js';

const maxWaiting = 16e6;

/** A full disk or a closed pipe under the output drops lines, and never ends the program. */
function lines(stream: NodeJS.WriteStream): (text: string | Uint8Array) => void {
  stream.on('error', () => {});
  return (text) => {
    // What nobody reads must not fill the memory.
    if (stream.writableLength > maxWaiting) return;
    try {
      stream.write(text);
    } catch {
      // A file is written to at once, and throws.
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
// A file read that hangs would keep the process otherwise.
if (wasStopped) setTimeout(() => process.exit(code), 1000).unref();
