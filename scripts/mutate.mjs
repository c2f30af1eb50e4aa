// `npm run mutate -- AREA`: puts small faults into the code, one at a time, and counts those that its tests notice.
//
// An area is one of those below, or a folder or file of a package's src/. Survivors that are accepted, since they change
// nothing that anyone can see, stand with their reason in scripts/mutation/accepted.json; they are matched by their text.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { survivorOf } from './mutation/survivor.mjs';
import { prepare, root } from './prepare.mjs';

/** Options of every release's measurement. */
const areas = {
  segmenter: 'packages/core/src/segmenter',
  refinement: 'packages/core/src/refinement',
  'label-studio-app': 'packages/label-studio-backend/src/app',
  'label-studio-work': 'packages/label-studio-backend/src/work',
  'widget-tools': 'packages/browser-widget/src/tools',
  'widget-annotation': 'packages/browser-widget/src/annotation',
  session: 'packages/core/src/session',
  'cvat-interactor': 'packages/cvat-serverless/src/interactor',
  'cvat-refine': 'packages/cvat-serverless/src/refine',
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: 'string', multiple: true },
    workers: { type: 'string', default: '1' },
    lines: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true || positionals.length === 0) {
  console.log(`Usage: npm run mutate -- AREA... [--lines A-B] [--tests GLOB]... [--workers N]

Areas: ${Object.keys(areas).join(', ')}, or folders and files below the src of one package.

  --lines A-B    only these lines, of a file
  --tests GLOB   which tests may notice a fault; default: the package's own that import what is changed, without those of
                 built packages, browsers and servers
  --workers N    test processes at a time (default 1)

Examples:
  npm run mutate -- refinement
  npm run mutate -- packages/core/src/segmenter/postprocess.ts --lines 60-100`);
  process.exit(values.help === true ? 0 : 2);
}

const paths = positionals.map((given) => areas[given] ?? given.replace(/\/$/, ''));
const home = paths[0].split('/').slice(0, 2).join('/');
for (const [i, path] of paths.entries()) {
  if (/^packages\/[^/]+\/src(?:\/|$)/.test(path) && path.startsWith(`${home}/`) && existsSync(join(root, path)))
    continue;
  console.error(
    `There is no area '${positionals[i]}'. Areas: ${Object.keys(areas).join(', ')}, or paths in the src of one package.`,
  );
  process.exit(2);
}
prepare();

const work = join(root, '.mutation');
mkdirSync(work, { recursive: true });
writeFileSync(
  join(work, 'vitest.config.mjs'),
  `export default ${JSON.stringify({ test: { include: values.tests ?? testsOf(home), exclude: ['**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'], testTimeout: 20_000 } })};\n`,
);
const report = join(work, 'report.json');
rmSync(report, { force: true });

const { Stryker } = await import('@stryker-mutator/core');
await new Stryker({
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', plugin('ignore-words'), plugin('tell-survivors')],
  ignorers: ['words'],
  mutate: paths.flatMap(sourcesOf),
  vitest: { configFile: '.mutation/vitest.config.mjs', related: values.tests === undefined },
  coverageAnalysis: 'perTest',
  concurrency: Number(values.workers),
  timeoutMS: 30_000,
  // The sandbox contains what tests read: images and models of the examples, and built files for the tests of workers.
  ignorePatterns: ['.cache', '/training', '/tools', '/docs', '.venv'],
  tempDirName: '.mutation/sandbox',
  reporters: ['survivors', 'json'],
  jsonReporter: { fileName: report },
  fileLogLevel: 'off',
  logLevel: 'warn',
}).runMutationTest();
summarise(JSON.parse(readFileSync(report, 'utf8')));

function plugin(name) {
  return fileURLToPath(new URL(`mutation/${name}.mjs`, import.meta.url));
}

/** The sources of an area without their tests, in Stryker's form. */
function sourcesOf(path) {
  if (statSync(join(root, path)).isFile()) return [values.lines === undefined ? path : `${path}:${values.lines}`];
  return [`${path}/**/*.ts`, `!${path}/**/*.test.ts`, `!${path}/**/index.ts`];
}

function testsOf(folder) {
  const slow = /bundle|examples|cli|e2e|real|published|standalone|docker/;
  const beside = readdirSync(join(root, folder, 'test')).filter(
    (name) => name.endsWith('.test.ts') && !slow.test(name),
  );
  return [`${folder}/src/**/*.test.ts`, ...beside.map((name) => `${folder}/test/${name}`)];
}

function summarise({ files }) {
  const rows = [];
  for (const [file, { source, mutants }] of Object.entries(files)) {
    const row = { file: file.slice(home.length + 5), mutants: 0, caught: 0, accepted: 0 };
    for (const mutant of mutants) {
      if (!['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(mutant.status)) continue;
      row.mutants++;
      if (mutant.status === 'Killed' || mutant.status === 'Timeout') row.caught++;
      else if (survivorOf(file, source, mutant).accepted) row.accepted++;
    }
    rows.push(row);
  }
  const total = rows.reduce(
    (sum, row) => ({
      file: 'all',
      mutants: sum.mutants + row.mutants,
      caught: sum.caught + row.caught,
      accepted: sum.accepted + row.accepted,
    }),
    { mutants: 0, caught: 0, accepted: 0 },
  );
  console.log('\n| file | faults | caught | accepted | score |\n| --- | ---: | ---: | ---: | ---: |');
  for (const row of [...rows, total]) {
    const counted = row.mutants - row.accepted;
    const score = counted === 0 ? '' : `${((100 * row.caught) / counted).toFixed(1)} %`;
    console.log(`| ${row.file} | ${row.mutants} | ${row.caught} | ${row.accepted} | ${score} |`);
  }
}
