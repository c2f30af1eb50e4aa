// `npm run bench`: the stages of a click; with names, the longer measurements in packages/*/bench/NAME.mjs.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

const scripts = Object.fromEntries(
  readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name, 'bench');
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
    return files.map((file) => [`${name}/${file.slice(0, -4)}`, join(folder, file)]);
  }),
);
const names = process.argv.slice(2);
if (names.includes('--help')) {
  console.log(
    `Usage: npm run bench [-- NAME...]\n\nWithout a name: the stages of a click. Names: ${Object.keys(scripts).join(', ')}`,
  );
  process.exit(0);
}
const unknown = names.find((name) => !(name in scripts));
if (unknown !== undefined) {
  console.error(`There is no measurement '${unknown}'. Names: ${Object.keys(scripts).join(', ')}`);
  process.exit(2);
}
prepare();
if (names.length === 0) {
  run('node', ['packages/core/dist/bin/clickmask.js', 'bench']);
  console.log(`\nLonger measurements: npm run bench -- NAME, with NAME one of ${Object.keys(scripts).join(', ')}`);
}
for (const name of names) run('node', [scripts[name]]);
