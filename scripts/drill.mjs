// `npm run drill`: what the servers do when the machine fails; `--help` tells more.
import { prepare, run } from './prepare.mjs';

prepare();
process.exitCode = run('node', ['test/drill/run.mjs', ...process.argv.slice(2)], { mayFail: true });
