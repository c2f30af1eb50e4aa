// `npm run hostile`: hostile inputs for every surface that takes something from strangers; `--help` tells more.
import { prepare, run } from './prepare.mjs';

prepare();
process.exitCode = run('node', ['test/hostile/run.mjs', ...process.argv.slice(2)], { mayFail: true });
