import { isClickmaskError } from '@clickmask/core';
import { errorText, plainLines } from '../text/plain.js';
import { UsageError } from './arguments.js';
import { check, checkHelp } from './check.js';
import { init, initHelp } from './init.js';
import { invoke, invokeHelp } from './invoke.js';
import { refine, refineHelp } from './refine.js';
import { serve, serveHelp } from './serve.js';
import { processTerminal, type Terminal } from './terminal.js';

interface Command {
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
  readonly help: string;
  readonly summary: string;
}

const commands: Readonly<Record<string, Command>> = {
  init: { run: init, help: initHelp, summary: 'write a folder for nuctl deploy' },
  check: { run: check, help: checkHelp, summary: 'check such a folder, or a running function' },
  serve: { run: serve, help: serveHelp, summary: 'run such a folder on this machine' },
  invoke: { run: invoke, help: invokeHelp, summary: 'call a function as CVAT would' },
  refine: { run: refine, help: refineHelp, summary: 'make masks of the boxes of a job' },
};

const help = `clickmask-cvat COMMAND [options]

Clickmask as an interactor of CVAT: clicks and boxes become masks.

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join('\n')}

clickmask-cvat COMMAND --help tells more. Start with:
  clickmask-cvat init --out clickmask-function --cvat 2.54
  clickmask-cvat check clickmask-function --run`;

/**
 * Runs a command line.
 *
 * @returns the exit code: 0, 1 where something failed or is wrong, 2 for bad use
 */
export async function main(args: readonly string[], given: Terminal = processTerminal): Promise<number> {
  // Names and messages of servers are shown, and are a stranger's.
  const terminal: Terminal = {
    out: (text) => given.out(plainLines(text)),
    err: (text) => given.err(plainLines(text)),
    live: given.live,
  };
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = name === 'help' ? commands[rest[0] ?? ''] : undefined;
    terminal.out(topic?.help ?? help);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    terminal.err(`There is no command "${name}". Commands: ${Object.keys(commands).join(', ')}.`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(command.help);
    return 0;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`${error.message}\nclickmask-cvat ${name} --help shows the options.`);
      return 2;
    }
    if (isClickmaskError(error)) terminal.err(`${error.message} [${error.code}]`);
    else terminal.err(errorText(error));
    return 1;
  }
}
