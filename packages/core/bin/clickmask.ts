import { packageVersion, processTerminal, runProgram } from '../src/runtime/node/command-line/index.js';

const program = {
  name: 'clickmask',
  summary: 'Clickmask turns clicks into masks.',
  commands: [
    { name: 'segment', load: async () => (await import('./commands/segment.js')).segment },
    { name: 'batch', load: async () => (await import('./commands/batch.js')).batch },
    { name: 'convert', load: async () => (await import('./commands/convert.js')).convert },
    { name: 'replay', load: async () => (await import('./commands/replay.js')).replay },
    { name: 'evaluate', load: async () => (await import('./commands/evaluate.js')).evaluate },
    { name: 'compare', load: async () => (await import('./commands/compare.js')).compare },
    { name: 'bench', load: async () => (await import('./commands/bench.js')).bench },
    { name: 'models', load: async () => (await import('./commands/models.js')).models },
    { name: 'adapt', load: async () => (await import('./commands/adapt.js')).adapt },
  ],
  version: () => packageVersion('@clickmask/core', import.meta.url),
};

process.exitCode = await runProgram(program, process.argv.slice(2), processTerminal());
