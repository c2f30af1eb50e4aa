import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expectUrl, messageOf, withoutSecrets } from '../../src/errors/index.js';
import { readGraph } from '../../src/models/index.js';
import { families, type ModelFiles, type ModelManifest, readManifest, type ZoomInOptions } from '../../src/models.js';
import {
  ClickmaskError,
  defaultModelsFolder,
  embeddedModel,
  findModelFolder,
  folderFiles,
  modelInUse,
} from '../../src/node.js';
import { defineCommand, type Terminal, UsageError } from '../../src/runtime/node/command-line/index.js';
import { inUseFile } from '../../src/runtime/node/model-folder.js';
import { formatJson } from '../json.js';
import { exportActions, exportModel, exportOptions } from './export-models.js';

interface Entry {
  readonly name: string;
  readonly folder: string;
  readonly embedded: boolean;
  readonly inUse: boolean;
}

export const models = defineCommand({
  name: 'models',
  summary: 'Lists, explains, verifies, chooses, adds and exports models.',
  about: `  clickmask models                         lists what is installed
  clickmask models show NAME|DIR           explains one model
  clickmask models verify [NAME|DIR]       compares the files of one model, or of all, with their SHA-256
  clickmask models use NAME|DIR            sets the model for programs that name none
  clickmask models add DIR|URL --sha256 H  installs a model; H is the SHA-256 of its model.json
  clickmask models export-triton|export-kserve|export-mlserver NAME|DIR --out DIR
                                           writes a repository for an inference server

model.json names every graph with its SHA-256, so one hash vouches for the whole model.
Models are kept in $CLICKMASK_HOME/models, or ~/.clickmask/models.`,
  args: { usage: '[action [model]]', expected: 'an action and at most one model', min: 0, max: 2 },
  options: {
    sha256: { type: 'text', value: 'HEX', help: 'add: SHA-256 of model.json.' },
    json: { type: 'switch', help: 'JSON instead of text.' },
    ...exportOptions,
  },
  examples: [
    'clickmask models',
    'clickmask models verify',
    'clickmask models use models/boards',
    'clickmask models use clickmask-small',
    'clickmask models export-triton clickmask-small --out repository',
    'clickmask models add https://models.example.org/ritm-hrnet18s --sha256 3f5a...',
  ],
  async run({ values, args: [action = 'list', target] }, terminal) {
    const { json, sha256 } = values;
    if (action === 'list') return list(json, terminal);
    if (action === 'verify') return verify(target, json, terminal);
    if (action === 'add') {
      if (target === undefined || sha256 === undefined) {
        throw new UsageError('Expected a folder or URL, and --sha256 with the hash of its model.json.');
      }
      return add(target, sha256.toLowerCase(), terminal);
    }
    const exported = exportActions.find((one) => one === action);
    if (exported === undefined && action !== 'show' && action !== 'use') {
      throw new UsageError(`Expected list, show, use, verify, add or an export but received '${action}'.`);
    }
    if (target === undefined) throw new UsageError(`Expected the name or folder of a model for ${action}.`);
    if (action === 'use') return use(target, terminal);
    return exported === undefined ? show(target, json, terminal) : exportModel(exported, target, values, terminal);
  },
});

/** Checks a model and puts it in use. The former model stays where it is. */
export async function use(target: string, { out }: Pick<Terminal, 'out'>): Promise<number> {
  const home = defaultModelsFolder();
  const folder = findModelFolder(target, home);
  const files = folderFiles(folder);
  const manifest = await readManifest(files);
  for (const graph of Object.values(manifest.graphs)) await readGraph(files, graph);
  const before = modelInUse(home);
  await mkdir(home, { recursive: true });
  // In one step, so that a concurrent reader finds either the old or the new one.
  const staged = join(home, `${inUseFile}-${randomUUID()}`);
  await writeFile(staged, `${target === embeddedModel ? target : folder}\n`);
  await rename(staged, join(home, inUseFile));
  out(`In use: ${manifest.name} ${manifest.version} (${folder}). Before: ${before}.\n`);
  return 0;
}

async function installed(): Promise<readonly Entry[]> {
  const home = defaultModelsFolder();
  const names = await readdir(home).catch(() => []);
  const added = names
    // A dot marks an interrupted download or copy.
    .filter((name) => !name.startsWith('.') && existsSync(join(home, name, 'model.json')))
    .map((name) => ({ name, folder: join(home, name), embedded: false }));
  const chosen = modelInUse(home);
  const all = [{ name: embeddedModel, folder: findModelFolder(embeddedModel, home), embedded: true }, ...added];
  const isChosen = ({ name, folder, embedded }: Omit<Entry, 'inUse'>) => chosen === (embedded ? name : folder);
  // Models from `adapt` may lie anywhere.
  if (!all.some(isChosen)) all.push({ name: chosen, folder: chosen, embedded: false });
  return all.map((entry) => ({ ...entry, inUse: isChosen(entry) }));
}

async function list(json: boolean, terminal: Terminal): Promise<number> {
  const rows = await Promise.all(
    (await installed()).map(async (entry) => {
      try {
        return { ...entry, manifest: await readManifest(folderFiles(entry.folder)) };
      } catch (error) {
        return { ...entry, problem: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  if (json) {
    terminal.out(formatJson(rows));
    return 0;
  }
  for (const row of rows) {
    const where = `${row.embedded ? 'embedded' : row.folder}${row.inUse ? ', in use' : ''}`;
    if ('problem' in row) terminal.out(`${row.name}  not usable${row.inUse ? ', in use' : ''}: ${row.problem}\n`);
    else {
      const { manifest } = row;
      terminal.out(
        `${manifest.name} ${manifest.version}  family ${manifest.family}, ${megabytes(manifest)} MB, licence ${licenceOf(manifest)}, ${where}\n  ${manifest.description}\n`,
      );
    }
  }
  terminal.out(`\nFamilies: ${families.map(({ name, summary }) => `${name} (${summary})`).join('; ')}\n`);
  return 0;
}

async function show(target: string, json: boolean, terminal: Terminal): Promise<number> {
  const folder = findModelFolder(target, defaultModelsFolder());
  const manifest = await readManifest(folderFiles(folder));
  if (json) {
    terminal.out(formatJson({ folder, ...manifest }));
    return 0;
  }
  const { cascade, zoomIn, flip, progressiveMerge } = manifest.refinement;
  const graphs = Object.entries(manifest.graphs).flatMap(([name, graph]) => [
    `${name}: ${graph.file}, ${graph.bytes} bytes, sha256 ${graph.sha256}`,
    ...graph.inputs.map((tensor) => `  in   ${tensor.name} ${tensor.type}[${tensor.shape.join(', ')}]`),
    ...graph.outputs.map((tensor) => `  out  ${tensor.name} ${tensor.type}[${tensor.shape.join(', ')}]`),
  ]);
  const lines = [
    `${manifest.name} ${manifest.version}`,
    manifest.description,
    `family      ${manifest.family}`,
    `folder      ${folder}`,
    `licence     ${licenceOf(manifest)}${manifest.licence.note === undefined ? '' : `\n            ${manifest.licence.note}`}`,
    `source      ${manifest.source.text}${manifest.source.url === undefined ? '' : ` ${manifest.source.url}`}`,
    `threshold   ${manifest.threshold}`,
    `refinement  cascade ${cascade.steps} steps on ${cascade.clicks} click${cascade.settledPixels === null ? '' : `, until at most ${cascade.settledPixels} px change`}; zoom-in ${zoomLine(zoomIn)}; flip ${flip ? 'on' : 'off'}${progressiveMerge === undefined ? '' : '; starting masks merged'}`,
    ...graphs,
  ];
  terminal.out(`${lines.join('\n')}\n`);
  return 0;
}

async function verify(target: string | undefined, json: boolean, terminal: Terminal): Promise<number> {
  const home = defaultModelsFolder();
  const folders =
    target === undefined ? (await installed()).map((entry) => entry.folder) : [findModelFolder(target, home)];
  const results: { readonly folder: string; readonly valid: boolean; readonly problem?: string }[] = [];
  for (const folder of folders) {
    try {
      const files = folderFiles(folder);
      const manifest = await readManifest(files);
      for (const graph of Object.values(manifest.graphs)) await readGraph(files, graph);
      results.push({ folder, valid: true });
    } catch (error) {
      results.push({ folder, valid: false, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  if (json) terminal.out(formatJson(results));
  else {
    for (const { folder, valid, problem } of results) {
      terminal.out(
        `${valid ? 'valid   ' : 'INVALID '} ${folder}${problem === undefined ? '' : `\n         ${problem}`}\n`,
      );
    }
  }
  return results.every(({ valid }) => valid) ? 0 : 1;
}

async function add(target: string, sha256: string, terminal: Terminal): Promise<number> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new UsageError('Expected 64 hex digits for --sha256.');
  const files = /^https?:/i.test(target) ? remoteFiles(target) : folderFiles(resolve(target));
  const bytes = await files.read('model.json');
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) {
    const message = `Expected SHA-256 ${sha256} for model.json at ${files.location} but found ${found}. Nothing was installed.`;
    throw new ClickmaskError('bad-model', message);
  }
  const manifest = await readManifest({ ...files, read: async () => bytes });
  const home = defaultModelsFolder();
  const folder = join(home, manifest.name);
  if (manifest.name === embeddedModel || existsSync(folder)) {
    throw new ClickmaskError(
      'bad-model',
      `A model named '${manifest.name}' is installed already. Remove ${folder} first.`,
    );
  }
  await mkdir(home, { recursive: true });
  // Everything is checked in a neighbouring folder, which then takes its place at once. A model is never half there.
  // Not mkdtemp, which makes folders that nobody else can read.
  const staging = join(home, `.adding-${randomUUID()}`);
  await mkdir(staging);
  try {
    await writeFile(join(staging, 'model.json'), bytes);
    for (const graph of Object.values(manifest.graphs)) {
      terminal.status(`${graph.file}, ${(graph.bytes / 1e6).toFixed(1)} MB`);
      await writeFile(join(staging, graph.file), await readGraph(files, graph));
    }
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  } finally {
    terminal.status('');
  }
  terminal.out(`Installed ${manifest.name} ${manifest.version} in ${folder} (licence ${licenceOf(manifest)}).\n`);
  return 0;
}

/** The files of a model below a URL. Only this command uses the network, and only for the given address. */
function remoteFiles(url: string): ModelFiles {
  expectUrl('bad-option', 'the model', url);
  const base = url.endsWith('/') ? url : `${url}/`;
  const shown = withoutSecrets(base);
  return {
    location: shown,
    async read(file, bytes) {
      const response = await fetch(new URL(file, base), { signal: AbortSignal.timeout(15 * 60_000) }).catch(
        (cause: unknown) => {
          throw new ClickmaskError('model-not-found', `Cannot reach ${file} at ${shown}.`, { cause });
        },
      );
      if (!response.ok || response.body === null) {
        throw new ClickmaskError(
          'model-not-found',
          `Expected ${file} at ${shown} but the server answered ${response.status}.`,
        );
      }
      const limit = bytes ?? 2 ** 20;
      const chunks: Uint8Array[] = [];
      let length = 0;
      try {
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          length += chunk.length;
          if (length > limit) {
            const message = `Expected at most ${limit} bytes in ${file} at ${shown} but there are more.`;
            throw new ClickmaskError('bad-model', message);
          }
          chunks.push(chunk);
        }
      } catch (cause) {
        if (cause instanceof ClickmaskError) throw cause;
        const message = `The download of ${file} at ${shown} broke off after ${length} bytes (${messageOf(cause)}). Try again.`;
        throw new ClickmaskError('model-not-found', message, { cause });
      }
      return Buffer.concat(chunks);
    },
  };
}

function licenceOf({ licence }: ModelManifest): string {
  return `${licence.id}${licence.commercialUse ? '' : ', NO COMMERCIAL USE'}`;
}

function megabytes({ graphs }: ModelManifest): string {
  return (Object.values(graphs).reduce((sum, graph) => sum + graph.bytes, 0) / 1e6).toFixed(1);
}

function zoomLine(zoomIn: ZoomInOptions | null): string {
  if (zoomIn === null) return 'off';
  const { largestShare = 1, anySizeFrom = null } = zoomIn;
  if (largestShare === 1) return 'on';
  const late = anySizeFrom === null ? '' : `, larger ones from click ${anySizeFrom} on`;
  return `on regions of at most ${largestShare} of the image${late}`;
}
