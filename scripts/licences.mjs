// Checks the dependencies of each released package: the licence must allow them, and its text must be there. Writes a
// bill of materials beside the code (CycloneDX). Part of `npm run build`, which fails if something is wrong.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { billOfMaterials } from '../packages/cvat-serverless/dist/bundle/licences.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

const free = /^(?:MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|CC0-1\.0|Unlicense)$/;
/** Separate libraries that anybody can replace, as the LGPL requires. */
const replaceable = /^@img\/sharp-(?:libvips-|win32-|wasm32)/;
/** Published without the licence text. The text is known, and included where this project passes them on. */
const textElsewhere = /^(?:onnxruntime-(?:node|web|common)|guid-typescript|@img\/sharp-.*)$/;

const faults = [];
const released = ['packages', 'models'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}`)
    .filter((path) => existsSync(join(root, path, 'package.json'))),
);

for (const path of released) {
  const { name } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
  if (!existsSync(join(root, path, 'LICENSE'))) faults.push(`${name} has no LICENSE`);
  const within = new Set(path.endsWith('-standalone') ? bundledIn(path) : dependenciesOf(path));
  const components = [...within].sort().map(describe);
  for (const { name: one, licence, folder } of components) {
    const anyOf = licence.replace(/[()]/g, '').split(/\s+OR\s+/);
    const isAllowed = replaceable.test(one) || anyOf.some((ids) => ids.split(/\s+AND\s+/).every((id) => free.test(id)));
    if (!isAllowed) faults.push(`${name} brings ${one} under ${licence}`);
    if (existsSync(join(root, folder)) && !hasText(folder) && !textElsewhere.test(one)) {
      faults.push(`${name} brings ${one}, whose package has no licence text`);
    }
  }
  const dist = join(root, path, 'dist');
  if (existsSync(dist)) writeFileSync(join(dist, 'sbom.cdx.json'), billOfMaterials(name, components));
}

if (faults.length > 0) {
  console.error(`Licences:\n${[...new Set(faults)].map((fault) => `  ${fault}`).join('\n')}`);
  process.exit(1);
}

/** Paths in the lock file of everything that is installed with a package, nested packages included. */
function dependenciesOf(path, found = new Set()) {
  const { dependencies = {}, optionalDependencies = {} } = locked[path] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const place = resolve(path, name);
    if (place === undefined || found.has(place)) continue;
    found.add(place);
    dependenciesOf(place, found);
  }
  return found;
}

/** Where Node finds a package from another one: the nearest folder upwards. */
function resolve(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (locked[place] !== undefined) return locked[place].link ? locked[place].resolved : place;
    if (folder === '') return undefined;
  }
}

/** Packages whose code a bundle contains, by its source maps. Their licences must be in its notices. */
function bundledIn(path) {
  const dist = join(root, path, 'dist');
  const maps = existsSync(dist) ? readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.map')) : [];
  const sources = maps.flatMap((name) => JSON.parse(readFileSync(join(dist, name), 'utf8')).sources);
  const names = new Set(
    sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(source)?.[1] ?? []),
  );
  const notices = readFileSync(join(root, path, 'THIRD_PARTY_NOTICES.md'), 'utf8');
  for (const name of names) {
    if (!notices.includes(name)) faults.push(`${path}/THIRD_PARTY_NOTICES.md does not name ${name}`);
  }
  return [...names].map((name) => `node_modules/${name}`);
}

function describe(place) {
  const { version, license, name = place.split('node_modules/').at(-1) } = locked[place];
  return { name, version, licence: license ?? 'unknown', folder: place };
}

function hasText(folder) {
  return readdirSync(join(root, folder)).some((name) => /^(?:licen[cs]e|copying)/i.test(name));
}
