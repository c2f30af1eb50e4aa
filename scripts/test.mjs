// `npm test`: installs, builds, runs every test, and says what was left out. Arguments go to vitest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from './find-browsers.mjs';
import { prepare, root, run } from './prepare.mjs';

prepare();
const type = run('npx', ['tsc', '-p', 'tsconfig.test.json'], { mayFail: true });
const folder = mkdtempSync(join(tmpdir(), 'clickmask-test-'));
const report = join(folder, 'report.json');
const args = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const code = run('npx', [...args, ...process.argv.slice(2)], { mayFail: true });

if (findChromium() === null) {
  console.log('\nLeft out: the tests in a browser, since no Chromium was found. Install one (for example');
  console.log('`apt-get install chromium` or `npx playwright install chromium`), or name it in CHROMIUM_PATH.');
}
if (!existsSync(join(root, '..', 'shared', 'data'))) {
  console.log('\nLeft out: the tests on the GrabCut set, since ../shared/data is not there.');
}
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
  console.log(`\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
}
rmSync(folder, { recursive: true, force: true });
if (type !== 0) console.error('The type check of the tests failed; see above.');
process.exitCode = code !== 0 ? code : type;
