// `npm test`: installs, builds, runs every test, and says what was left out. Arguments go to vitest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, findFirefox, findWebKit } from './find-browsers.mjs';
import { prepare, root, run } from './prepare.mjs';

prepare();
const type = run('npx', ['tsc', '-p', 'tsconfig.test.json'], { mayFail: true });
const folder = mkdtempSync(join(tmpdir(), 'clickmask-test-'));
const report = join(folder, 'report.json');
const args = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const code = run('npx', [...args, ...process.argv.slice(2)], { mayFail: true });

/** Browsers that are tested in, how to get each, and what is left out without it. */
const browsers = [
  [
    'Chromium',
    findChromium,
    '`apt-get install chromium`, `npx playwright install chromium`, or name it in CHROMIUM_PATH',
  ],
  ['Firefox', findFirefox, '`apt-get install firefox-esr`, or name it in FIREFOX_PATH'],
  ['WebKit', findWebKit, '`apt-get install webkit2gtk-driver xvfb`'],
];
for (const [name, find, cure] of browsers) {
  if (find() === null) console.log(`\nLeft out: the tests in ${name}, since none was found. Install one: ${cure}.`);
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
