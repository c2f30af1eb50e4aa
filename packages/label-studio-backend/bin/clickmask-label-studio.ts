import { run } from '../src/cli/index.js';

const maxWaiting = 16e6;

/** A full disk or a closed pipe under the output drops lines, and never ends the program. */
function lines(stream: NodeJS.WriteStream): (text: string) => void {
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
const code = await run(process.argv.slice(2), {
  env: process.env,
  out: lines(process.stdout),
  err: lines(process.stderr),
  stopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => {
          wasStopped = true;
          resolve();
        });
      }
    }),
});
process.exitCode = code;
// A file read that hangs would keep the process otherwise.
if (wasStopped) setTimeout(() => process.exit(code), 1000).unref();
