import { packageVersion, processTerminal, runProgram, type Terminal } from '@clickmask/core/adapters';
import { check } from './check.js';
import { init } from './init.js';
import { invoke } from './invoke.js';
import { refine } from './refine.js';
import { serve } from './serve.js';

const program = {
  name: 'clickmask-cvat',
  summary: 'Clickmask as an interactor of CVAT: clicks and boxes become masks.',
  commands: [init, check, serve, invoke, refine],
  version: () => packageVersion('@clickmask/cvat-serverless', import.meta.url),
};

/**
 * Runs a command line.
 *
 * @returns the exit code: 0 success, 1 failure or findings, 2 wrong use
 */
export function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return runProgram(program, args, terminal);
}
