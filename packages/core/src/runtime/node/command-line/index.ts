export {
  type Arguments,
  type Command,
  defineCommand,
  type Given,
  type Option,
  type Options,
  type Program,
  type Terminal,
  UsageError,
  type Values,
} from './command.js';
export { explainPathError } from './explain-error.js';
export { readCommandLine, readNumber } from './read-options.js';
export { packageVersion, runProgram } from './run-program.js';
export { processTerminal } from './terminal.js';
