// `npm run docs`: builds the documentation site, and serves it at a local address.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root, run } from './prepare.mjs';

const { values } = parseArgs({
  options: {
    build: { type: 'boolean' },
    built: { type: 'boolean' },
    base: { type: 'string', default: '/' },
    port: { type: 'string', default: '4173' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) {
  console.log(`Builds the documentation site into docs/.vitepress/dist and serves it.

Usage: npm run docs -- [--build] [--built] [--base /clickmask/] [--port 4173]

  --build       builds only
  --built       takes the packages as they are built already
  --base PATH   the path at which the site will stand, with a slash at both ends (default /)
  --port N      where it is served (default 4173)

Examples:
  npm run docs
  npm run docs -- --build --base /clickmask/`);
  process.exit(0);
}
if (!/^\/([\w.-]+\/)*$/.test(values.base)) {
  console.error(`Expected --base to begin and end with a slash, such as /clickmask/, but received ${values.base}`);
  process.exit(2);
}

const docs = join(root, 'docs');
const made = join(docs, 'public', 'made');

/** Pages from elsewhere in the repository, with their places on the site. */
const collected = {
  'packages/core/README.md': 'reference/core.md',
  'packages/label-studio-backend/README.md': 'reference/label-studio-backend.md',
  'packages/cvat-serverless/README.md': 'reference/cvat-serverless.md',
  'packages/browser-widget/README.md': 'reference/browser-widget.md',
  'models/clickmask-small/MODEL_CARD.md': 'reference/clickmask-small.md',
  'tools/export/README.md': 'reference/export.md',
  'training/README.md': 'reference/training.md',
  'training/RESULTS.md': 'reference/results.md',
  'CONTRIBUTING.md': 'reference/contributing.md',
  'CHANGELOG.md': 'reference/changelog.md',
  'SECURITY.md': 'reference/security.md',
};

if (values.built !== true) prepare();
install();
rmSync(join(docs, 'reference'), { recursive: true, force: true });
rmSync(made, { recursive: true, force: true });
collect();
describeApi();
console.log('Drawing the figures ...');
const { drawFigures } = await import('./docs/figures.mjs');
await drawFigures(made);
cpSync(join(root, 'packages/browser-widget-standalone/dist'), join(made, 'clickmask'), {
  recursive: true,
  filter: (file) => !file.includes('.single.') && !file.endsWith('.map'),
});
cpSync(join(root, 'examples', 'photos'), join(made, 'photos'), { recursive: true });
cpSync(join(docs, 'clicks.webp'), join(made, 'clicks.webp'));
vitepress('build', '--base', values.base);
if (values.build !== true) vitepress('preview', '--base', values.base, '--port', values.port);

/** The site's own tools. Only people who build the site need them. */
function install() {
  const installed = join(docs, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(docs, 'package-lock.json')).mtimeMs) return;
  console.log("Installing the site's tools (npm ci --prefix docs) ...");
  run('npm', ['ci', '--prefix', 'docs', '--ignore-scripts', '--no-audit', '--no-fund']);
}

/** Copies the collected pages, and redirects their links to the site. */
function collect() {
  for (const [from, to] of Object.entries(collected)) {
    if (!existsSync(join(root, from))) continue;
    // A line that begins with a placeholder such as <folder> would be read as a component.
    const text = readFileSync(join(root, from), 'utf8').replace(/(?<=\S)\n(?=<[a-z])/g, ' ');
    const file = join(docs, to);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, image, label, target) => {
        if (/^([a-z]+:|#)/.test(target)) return link;
        const [path, hash] = target.split('#');
        const source = posix.normalize(posix.join(posix.dirname(from), path));
        if (image !== '') return `![${label}](${copyPicture(source)})`;
        const page = collected[source] ?? (source.startsWith('docs/') ? source.slice(5) : undefined);
        if (page === undefined) return source === 'README.md' ? `[${label}](/start)` : `\`${source}\``;
        return `[${label}](/${page.replace(/\.md$/, '')}${hash === undefined ? '' : `#${hash}`})`;
      }),
    );
  }
}

/** Copies an image of a page to the site, and returns its address. */
function copyPicture(source) {
  const name = source.replaceAll('/', '-');
  mkdirSync(made, { recursive: true });
  cpSync(join(root, source), join(made, name));
  return `/made/${name}`;
}

/** Writes the pages of the public interface from the comments in the code. */
function describeApi() {
  console.log('Reading the public interface (typedoc) ...');
  run('node', [join(docs, 'node_modules', 'typedoc', 'bin', 'typedoc'), '--options', join(docs, 'typedoc.json')]);
  // The root of a package comes without a title.
  for (const name of ['core', 'browser-widget', 'cvat-serverless']) {
    const file = join(docs, 'api', '@clickmask', name, 'README.md');
    if (existsSync(file)) writeFileSync(file, readFileSync(file, 'utf8').replace(/^# $/m, `# @clickmask/${name}`));
  }
}

function vitepress(command, ...options) {
  const program = join(docs, 'node_modules', 'vitepress', 'bin', 'vitepress.js');
  const { status } = spawnSync('node', [program, command, ...options, 'docs'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
