import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isClickmaskError } from '../src/node.js';
import { BadUse, type Command } from './command.js';
import { adapt } from './commands/adapt.js';
import { batch } from './commands/batch.js';
import { bench } from './commands/bench.js';
import { compare } from './commands/compare.js';
import { convert } from './commands/convert.js';
import { evaluate } from './commands/evaluate.js';
import { models } from './commands/models.js';
import { segment } from './commands/segment.js';
import { explainPath } from './read-input.js';

const commands: readonly Command[] = [segment, batch, convert, evaluate, compare, bench, models, adapt];

const usage = `Clickmask turns clicks into masks.

Usage: clickmask <command> [options]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

Examples:
  clickmask segment photo.jpg --click 320,240 --overlay result.png
  clickmask segment photo.jpg --click 320,240 --click 40,60,- --format coco
  clickmask batch clicks.csv --out dataset --format coco
  clickmask convert dataset labels --format yolo-seg
  clickmask evaluate ./GrabCut --layout grabcut

'clickmask <command> --help' explains a command. Exit code: 0 done, 1 failed, 2 called wrongly.
`;

/** Codes that say that the command line, not the work, was wrong. */
const useErrors = ['bad-box', 'bad-click', 'bad-option', 'no-clicks', 'too-many-clicks'];

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(usage);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${await packageVersion()}\n`);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    process.stderr.write(`clickmask: there is no command '${name}'. See 'clickmask --help'.\n`);
    return 2;
  }
  try {
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(command.help);
      return 0;
    }
    return (await command.run(rest)) ?? 0;
  } catch (thrown) {
    const error = explainPath(thrown);
    const wrongUse = error instanceof BadUse || (isClickmaskError(error) && useErrors.includes(error.code));
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`clickmask ${name}: ${message}\n`);
    if (wrongUse) process.stderr.write(`See 'clickmask ${name} --help'.\n`);
    if (process.env.CLICKMASK_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return wrongUse ? 2 : 1;
  }
}

async function packageVersion(): Promise<string> {
  const path = createRequire(import.meta.url).resolve('@clickmask/core/package.json');
  return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// The code is set, not forced: ending the process while a worker is inside the network would abort it.
process.exitCode = await main(process.argv.slice(2));
