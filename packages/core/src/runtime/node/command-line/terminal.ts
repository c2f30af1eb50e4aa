import type { Terminal } from './command.js';

/**
 * The terminal of this process. A reader that stops early, such as `head`, is not an error: further output is dropped.
 *
 * @example
 * ```ts
 * import { processTerminal } from '@clickmask/core/adapters';
 *
 * console.log(processTerminal().env === process.env); // true
 * ```
 */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount('error') > 0) continue;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const { stdout, stderr } = process;
  const line = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);
  return {
    env: process.env,
    out: (text) => void stdout.write(typeof text === 'string' ? line(text) : text),
    err: (text) => void stderr.write(line(text)),
    status: (text) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[K${text.slice(0, Math.max(20, stderr.columns - 1))}`);
    },
    isScreen: stderr.isTTY === true,
    stopped: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      }),
  };
}
