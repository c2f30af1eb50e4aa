import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type ClickmaskErrorCode, isClickmaskError } from '../../../errors/index.js';
import { type Command, type Program, type Terminal, UsageError } from './command.js';
import { explainSystemError } from './explain-error.js';
import { commandHelp, loadCommand, programHelp } from './help.js';
import { readCommandLine } from './read-options.js';
import { showable } from './showable.js';

/** Error codes that mean wrong use of the command line. */
const usageCodes: readonly ClickmaskErrorCode[] = [
  'bad-box',
  'bad-click',
  'bad-option',
  'no-clicks',
  'too-many-clicks',
];

/**
 * Runs a command line. The caller sets `process.exitCode` and lets Node end: a forced exit while a worker is inside the
 * network would abort the process.
 *
 * @returns the exit code: 0 success, 1 failure, 2 wrong use
 *
 * @example
 * ```ts
 * import { processTerminal, runProgram } from '@clickmask/core/adapters';
 *
 * const program = { name: 'demo', summary: 'A demonstration.', commands: [], version: () => '1.2.3' };
 * console.log(await runProgram(program, ['--version'], { ...processTerminal(), out: () => {} })); // 0
 * ```
 */
export async function runProgram(program: Program, args: readonly string[], screen: Terminal): Promise<number> {
  const terminal = cleaned(screen);
  const { name, fallback } = program;
  const [first, ...rest] = args;
  if (first === '--version' || first === '-v' || first === '-V') {
    terminal.out(`${program.version()}\n`);
    return 0;
  }
  if (first === undefined && fallback === undefined) {
    terminal.err(await programHelp(program));
    return 2;
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    const more = fallback === undefined ? '' : `\n${commandHelp(program, fallback)}`;
    terminal.out(`${await programHelp(program)}${more}`);
    return 0;
  }
  const wanted = first === 'help' ? rest[0] : first;
  const isNamed = fallback === undefined || (wanted !== undefined && !wanted.startsWith('-'));
  const found = isNamed ? program.commands.find((one) => one.name === wanted) : fallback;
  if (found === undefined) {
    const known = program.commands.map((one) => one.name).join(', ');
    terminal.err(`${name}: there is no command '${wanted}'. Commands: ${known}. See '${name} --help'.\n`);
    return 2;
  }
  const command = await loadCommand(found);
  if (first === 'help') {
    terminal.out(commandHelp(program, command));
    return 0;
  }
  return runCommand(program, command, isNamed ? rest : args, terminal);
}

/** All output passes through here, because names and texts may come from strangers. */
function cleaned(terminal: Terminal): Terminal {
  return {
    ...terminal,
    out: (text) => terminal.out(typeof text === 'string' ? showable(text) : text),
    err: (text) => terminal.err(showable(text)),
    status: (text) => terminal.status(showable(text)),
  };
}

async function runCommand(
  program: Program,
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const ends = args.indexOf('--');
  if (args.slice(0, ends < 0 ? undefined : ends).some((arg) => arg === '--help' || arg === '-h')) {
    terminal.out(commandHelp(program, command));
    return 0;
  }
  const called = `${program.name} ${command.name}`;
  try {
    return (await command.run(readCommandLine(command, args, terminal.env), terminal)) ?? 0;
  } catch (error) {
    const isUsage = error instanceof UsageError || (isClickmaskError(error) && usageCodes.includes(error.code));
    terminal.err(
      `${called}: ${program.explain?.(error) ?? explainSystemError(error) ?? (error instanceof Error ? error.message : String(error))}\n`,
    );
    if (isUsage) terminal.err(`See '${called} --help'.\n`);
    if (terminal.env.CLICKMASK_DEBUG && error instanceof Error) terminal.err(`${error.stack}\n`);
    return isUsage ? 2 : 1;
  }
}

/**
 * The version of the package of a given module.
 *
 * @example
 * ```ts
 * import { packageVersion } from '@clickmask/core/adapters';
 *
 * console.log(/^\d+\.\d+\.\d+/.test(packageVersion('@clickmask/core', import.meta.url))); // true
 * ```
 */
export function packageVersion(name: string, from: string): string {
  const path = createRequire(from).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
