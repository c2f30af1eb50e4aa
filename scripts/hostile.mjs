// `npm run hostile`: hostile inputs for every surface that accepts something from strangers; see `--help`.
import { prepare, run } from './prepare.mjs';

prepare();
process.exitCode = run('node', ['test/hostile/run.mjs', ...process.argv.slice(2)], { mayFail: true });
