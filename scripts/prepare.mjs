// The first step of `npm start`, `npm test` and `npm run bench`. Needs only Node and npm: installs what is missing,
// then builds.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Expected Node 20.19 or newer but this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs if node_modules is missing or older than the lock file, then builds. Ends the process on failure. */
export function prepare() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    console.log('Installing what is missing (npm ci) ...');
    run('npm', ['ci', '--no-audit', '--no-fund']);
  }
  console.log('Building ...');
  run('npm', ['run', '--silent', 'build']);
}

/** Runs a command in the root and shows its output. Ends the process if it fails. */
export function run(command, args, { mayFail = false } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.error !== undefined) throw result.error;
  const code = result.status ?? 1;
  if (code !== 0 && !mayFail) process.exit(code);
  return code;
}
