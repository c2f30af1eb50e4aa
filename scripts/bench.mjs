// `npm run bench`: the stages of a click. With a name, a longer measurement, packages/*/bench/NAME.mjs, which gets the
// options.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

const scripts = Object.fromEntries(
  readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name, 'bench');
    if (!existsSync(folder)) return [];
    // Files that export something are helpers.
    const isMeasurement = (file) =>
      file.endsWith('.mjs') && !/^export /m.test(readFileSync(join(folder, file), 'utf8'));
    const files = readdirSync(folder).filter(isMeasurement);
    return files.map((file) => [`${name}/${file.slice(0, -4)}`, join(folder, file)]);
  }),
);
const known = Object.keys(scripts).join(', ');
const [given, ...options] = process.argv.slice(2);
// A package may be named by its beginning, such as label-studio.
const [folder, file] = given?.split('/') ?? [];
const matching = Object.keys(scripts).filter((one) => one.startsWith(folder) && one.endsWith(`/${file}`));
const name = matching.length === 1 ? matching[0] : given;
if (name === '--help') {
  console.log(
    `Usage: npm run bench [-- NAME [OPTIONS]]\n\nWithout a name: the stages of a click. report: the main ones, and a page with plots. Names: ${known}`,
  );
  process.exit(0);
}
if (name !== undefined && name !== 'report' && !(name in scripts)) {
  console.error(`There is no measurement '${name}'. Names: ${known}`);
  process.exit(2);
}
prepare();
if (name === undefined) {
  run('node', ['packages/core/dist/bin/clickmask.js', 'bench']);
  console.log(`\nLonger measurements: npm run bench -- NAME, with NAME one of ${known}`);
} else if (name === 'report') {
  const { report } = await import('./bench-report.mjs');
  report(options);
} else {
  run('node', [scripts[name], ...options]);
}
