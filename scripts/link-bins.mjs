// Makes the commands of the workspace's packages run by `npx NAME` at the root. npm links them when it installs, before
// they are built, when the files are missing or not executable.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bins = join(root, 'node_modules', '.bin');
mkdirSync(bins, { recursive: true });

for (const folder of readdirSync(join(root, 'packages'))) {
  const manifest = join(root, 'packages', folder, 'package.json');
  if (!existsSync(manifest)) continue;
  for (const [name, file] of Object.entries(JSON.parse(readFileSync(manifest, 'utf8')).bin ?? {})) {
    const target = join(root, 'packages', folder, file);
    if (!existsSync(target)) continue;
    chmodSync(target, 0o755);
    // On Windows, npm's own .cmd wrappers work unchanged.
    if (process.platform === 'win32') continue;
    const link = join(bins, name);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
    symlinkSync(relative(bins, target), link);
  }
}
