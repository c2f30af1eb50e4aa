import { isClickmaskError } from '@clickmask/core';
import { reasons } from '../problems/index.js';
import { type Command, commandHelp, explain, readArguments, UsageError, type Values } from './arguments.js';
import { config, configCommand } from './config.js';
import { connect, connectCommand } from './connect.js';
import { doctor, doctorCommand, type Finding } from './doctor.js';
import { repair, repairCommand } from './repair.js';
import { serve, serveCommand } from './serve.js';

/** What the program touches of the world. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  out(text: string): void;
  err(text: string): void;
  /** Resolves when the program is asked to stop. */
  stopped(): Promise<void>;
}

const program = 'clickmask-label-studio';

const commands: readonly Command[] = [serveCommand, connectCommand, doctorCommand, repairCommand, configCommand];

/**
 * Runs a command line.
 *
 * @returns the exit code: 0 done, 1 failed, 2 bad use
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const named = commands.find((one) => one.name === args[0]);
  if (named === undefined && args[0] !== undefined && !args[0].startsWith('-')) {
    if (args[0] !== 'help') {
      terminal.err(
        `Expected one of the commands ${commands.map((one) => one.name).join(', ')} but received "${args[0]}".\n`,
      );
      return 2;
    }
    terminal.out(overview());
    return 0;
  }
  const command = named ?? serveCommand;
  try {
    const values = readArguments(command, named === undefined ? args : args.slice(1), terminal.env);
    if (values.help) {
      terminal.out(
        named === undefined ? `${overview()}\n${commandHelp(program, command)}` : commandHelp(program, command),
      );
      return 0;
    }
    return await execute(command, values, terminal);
  } catch (error) {
    terminal.err(`${explain(error, (problem) => reasons[problem.reason].advice)}\n`);
    if (!(error instanceof UsageError)) return 1;
    terminal.err(`See ${program} ${command.name} --help.\n`);
    return 2;
  }
}

async function execute(command: Command, values: Values, terminal: Terminal): Promise<number> {
  if (command === configCommand) {
    terminal.out(config(values));
    return 0;
  }
  if (command === connectCommand) {
    const { done, backendId, state, warnings } = await connect(values);
    terminal.out(`The backend is ${done} (number ${backendId}, ${state === 'CO' ? 'connected' : `state ${state}`}).\n`);
    for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
    return state === 'CO' ? 0 : 1;
  }
  if (command === repairCommand) {
    const report = await repair(values, (line) => terminal.out(`${line}\n`));
    const { annotations, faulty, mended, skipped, config: state } = report;
    terminal.out(
      `${annotations} annotations: ${faulty} faulty, ${mended} mended, ${skipped} left, since they changed meanwhile. ` +
        `Labeling config: ${state}.\n`,
    );
    const isRight = faulty === mended && state !== 'faulty';
    if (!isRight) terminal.out('Run it with --apply to mend what is faulty.\n');
    return isRight ? 0 : 1;
  }
  if (command === doctorCommand) {
    const asJson = values.on('json');
    const findings = await doctor(values, (finding) => {
      if (!asJson) terminal.out(printed(finding));
    });
    if (asJson) terminal.out(`${JSON.stringify({ findings }, null, 2)}\n`);
    return findings.some((finding) => finding.result === 'bad') ? 1 : 0;
  }
  try {
    const server = await serve(values, terminal.out);
    await terminal.stopped();
    await server.stop();
    return 0;
  } catch (error) {
    if (isClickmaskError(error) || error instanceof UsageError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      terminal.err('Expected a free port, but another program listens there. Choose another one with --port.\n');
      return 1;
    }
    throw error;
  }
}

const marks = { good: '✔', warning: '!', bad: '✖', skipped: '-' } as const;

function printed({ check, result, detail, fix }: Finding): string {
  return `${marks[result]} ${check}: ${detail}\n${fix === undefined ? '' : `    ${fix}\n`}`;
}

function overview(): string {
  const width = Math.max(...commands.map((one) => one.name.length)) + 2;
  return [
    'Clickmask for Label Studio: smart clicks and boxes become masks.',
    '',
    `Usage: ${program} <command> [options]`,
    '',
    'Commands:',
    ...commands.map((one) => `  ${one.name.padEnd(width)}${one.summary}`),
    '',
    `${program} <command> --help tells more. Without a command, serve is meant.`,
    '',
  ].join('\n');
}
