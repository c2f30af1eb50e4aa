// `npm test`: installs, builds, runs every test, and says what was left out. Arguments go to vitest, but for --lint, which
// lints beside the tests.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, findFirefox, findWebKit } from './find-browsers.mjs';
import { prepare, root } from './prepare.mjs';

prepare();
const given = process.argv.slice(2);
const checks = runBeside([
  ['npx', 'tsc', '-p', 'tsconfig.test.json'],
  ...(given.includes('--lint') ? [['npm', 'run', '--silent', 'lint']] : []),
]);
const folder = mkdtempSync(join(tmpdir(), 'clickmask-test-'));
const report = join(folder, 'report.json');
const args = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const code = await runShown('npx', [...args, ...given.filter((arg) => arg !== '--lint')]);
const failed = await checks;

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
for (const { command, output } of failed) console.error(`\n${output}\n'${command}' failed; see above.`);
process.exitCode = code !== 0 ? code : failed.length > 0 ? 1 : 0;

/** Runs commands one after another, in silence; gives those that fail with what they said. */
async function runBeside(commands) {
  const failures = [];
  for (const [file, ...args] of commands) {
    const { code, output } = await start(file, args, 'pipe');
    if (code !== 0) failures.push({ command: [file, ...args].join(' '), output });
  }
  return failures;
}

async function runShown(file, args) {
  return (await start(file, args, 'inherit')).code;
}

function start(file, args, stdio) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio, shell: process.platform === 'win32' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
