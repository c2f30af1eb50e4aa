// Runs the tests on a real Label Studio over several of its versions, and prints which hold for which:
//   node test/label-studio/versions.mjs 1.13.1 1.18.0 1.23.2
// Each version is installed once into .cache/label-studio (1 GB each). Half an hour on two cores; not part of `npm test`.
// The table holds every version that was run before in this folder too, so that one can be run at a time.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test-results/label-studio');
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['1.13.1', '1.18.0', '1.23.2'];
const files = ['real-server', 'exports'].map((name) => `test/label-studio/${name}.test.ts`);

mkdirSync(folder, { recursive: true });
const reportOf = (version) => join(folder, `versions-${version}.json`);
for (const version of versions) {
  const args = ['vitest', 'run', '--project', 'node', '--no-file-parallelism', ...files];
  const report = ['--reporter=json', `--outputFile=${reportOf(version)}`];
  console.log(`Label Studio ${version} …`);
  const env = { ...process.env, CLICKMASK_LABEL_STUDIO_VERSION: version };
  const { status } = spawnSync('npx', [...args, ...report], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === null) throw new Error('npx cannot be started.');
}

/** @type {Map<string, Map<string, string>>} outcome by test and version */
const table = new Map();
const reasons = [];
const known = readdirSync(folder).flatMap((name) => /^versions-(.+)\.json$/.exec(name)?.[1] ?? []);
known.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
for (const version of known) {
  for (const { assertionResults } of JSON.parse(readFileSync(reportOf(version), 'utf8')).testResults) {
    for (const { fullName, status: outcome, failureMessages } of assertionResults) {
      const row = table.get(fullName) ?? new Map();
      row.set(version, { passed: 'yes', failed: 'no' }[outcome] ?? 'left out');
      table.set(fullName, row);
      if (outcome === 'failed') reasons.push(`${version}: ${fullName}\n    ${failureMessages[0].split('\n')[0]}`);
    }
  }
}

const lines = [
  `| test | ${known.join(' | ')} |`,
  `| --- |${' --- |'.repeat(known.length)}`,
  ...[...table].map(([name, row]) => `| ${name} | ${known.map((one) => row.get(one) ?? '').join(' | ')} |`),
];
const text = `${lines.join('\n')}\n\n${reasons.join('\n')}\n`;
writeFileSync(join(folder, 'versions.md'), text);
console.log(text);
