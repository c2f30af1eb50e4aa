import { packageVersion, runProgram, type Terminal } from '@clickmask/core/adapters';
import { Problem, reasons } from '../problems/index.js';
import { configCommand } from './config.js';
import { connectCommand } from './connect.js';
import { doctorCommand } from './doctor.js';
import { repairCommand } from './repair.js';
import { serveCommand } from './serve.js';

/**
 * Runs a command line.
 *
 * @returns the exit code: 0 success, 1 failure, 2 wrong use
 */
export function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = {
    name: 'clickmask-label-studio',
    summary: 'Clickmask for Label Studio: smart clicks and boxes become masks.',
    commands: [serveCommand, connectCommand, doctorCommand, repairCommand, configCommand],
    fallback: serveCommand,
    version: () => packageVersion('@clickmask/label-studio-backend', import.meta.url),
    explain,
  };
  return runProgram(program, args, terminal);
}

/** The message and the advice. */
function explain(error: unknown): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  return [error.message, reasons[error.reason].advice].filter((line) => line !== '').join('\n');
}
