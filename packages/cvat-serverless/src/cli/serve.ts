import { defineCommand } from '@clickmask/core/adapters';
import { runBundle } from '../bundle/index.js';

export const serve = defineCommand({
  name: 'serve',
  summary: "Runs a function's folder on this machine, without nuclio or containers, until Ctrl+C.",
  args: { usage: '<DIR>', expected: 'the folder of a function', min: 1, max: 1 },
  options: {
    port: { type: 'whole', min: 1, max: 65_535, help: 'Port to listen on. Default: a free one.' },
    host: { type: 'text', value: 'HOST', default: '127.0.0.1', help: 'Address to listen on.' },
    verbose: { type: 'switch', help: 'Shows what the function logs.' },
  },
  examples: ['clickmask-cvat serve clickmask-function --port 8080'],
  async run({ values: { port, host, verbose }, args: [folder] }, terminal) {
    const log = verbose ? (level: string, message: string) => terminal.err(`[${level}] ${message}`) : undefined;
    // If a stop is requested during the start, it happens after the start, so that nothing is left behind.
    const stopped = terminal.stopped();
    const running = await runBundle(folder, { port, host, log });
    terminal.out(`${running.url} (ready after ${Math.round(running.readyMs)} ms; Ctrl+C ends)`);
    await stopped;
    await running.close();
    return 0;
  },
});
