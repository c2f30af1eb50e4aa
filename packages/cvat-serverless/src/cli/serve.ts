import { runBundle } from '../bundle/index.js';
import { readArguments, UsageError } from './arguments.js';
import type { Terminal } from './terminal.js';

export const serveHelp = `clickmask-cvat serve DIR [options]

Runs a function's folder on this machine without nuclio and containers, until Ctrl+C.

  --port N       default: a free one
  --host HOST    default 127.0.0.1
  --verbose      shows what the function logs

Example:
  clickmask-cvat serve clickmask-function --port 8080`;

export async function serve(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    port: { type: 'string' },
    host: { type: 'string' },
    verbose: { type: 'boolean' },
  });
  const [folder] = given.positionals;
  if (folder === undefined) throw new UsageError('Name the folder of a function.');
  const log = given.flag('verbose')
    ? (level: string, message: string) => terminal.err(`[${level}] ${message}`)
    : undefined;
  // Asked for while it starts, the end comes once it has started, so that nothing is left behind.
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const running = await runBundle(folder, { port: given.number('port', 1, 65_535), host: given.text('host'), log });
  terminal.out(`${running.url} (ready after ${Math.round(running.readyMs)} ms; Ctrl+C ends)`);
  await stopped;
  await running.close();
  return 0;
}
