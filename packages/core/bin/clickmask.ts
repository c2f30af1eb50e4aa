import { packageVersion, processTerminal, runProgram } from '../src/runtime/node/command-line/index.js';
import { adapt } from './commands/adapt.js';
import { batch } from './commands/batch.js';
import { bench } from './commands/bench.js';
import { compare } from './commands/compare.js';
import { convert } from './commands/convert.js';
import { evaluate } from './commands/evaluate.js';
import { models } from './commands/models.js';
import { replay } from './commands/replay.js';
import { segment } from './commands/segment.js';

const program = {
  name: 'clickmask',
  summary: 'Clickmask turns clicks into masks.',
  commands: [segment, batch, convert, replay, evaluate, compare, bench, models, adapt],
  version: () => packageVersion('@clickmask/core', import.meta.url),
};

process.exitCode = await runProgram(program, process.argv.slice(2), processTerminal());
