import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** The repository. */
export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** What a command gave. */
export interface Outcome {
  readonly code: unknown;
  readonly output: string;
}

/** Runs a command line; programs of the folder's own packages go before others. */
export function run(command: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const path = [join(cwd, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return new Promise((done) => {
    const options = { cwd, env: { ...clean, PATH: path, ...env }, maxBuffer: 64 * 2 ** 20 };
    execFile('bash', ['-c', command], options, (error, out, err) =>
      done({ code: error === null ? 0 : (error.code ?? error.signal), output: out + err }),
    );
  });
}

/** A folder such as a reader has: the packed packages, a photo, a model, and a data set. */
export async function createReaderFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'clickmask-documents-'));
  await installPacked(folder);
  cpSync(join(root, 'examples/photos'), join(folder, 'examples/photos'), { recursive: true });
  cpSync(join(root, 'examples/photos/cat.jpg'), join(folder, 'photo.jpg'));
  const model = join(folder, 'path/to/model-folder');
  cpSync(join(root, 'models/clickmask-small'), model, { recursive: true });
  const manifest = readFileSync(join(model, 'model.json'), 'utf8');
  writeFileSync(join(model, 'model.json'), manifest.replace('"clickmask-small"', '"my-model"'));
  await writeGrabCut(join(folder, 'path/to/GrabCut'));
  return folder;
}

/** The packed packages, installed as a user does; the large runtimes, and types, are those of the clone. */
async function installPacked(folder: string): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'reader', private: true, type: 'module' }));
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  const pack = await run(`npm pack --workspaces --ignore-scripts --pack-destination ${packed}`, root);
  if (pack.code !== 0) throw new Error(pack.output);
  const tarballs = readdirSync(packed).map((name) => join(packed, name));
  const flags = '--ignore-scripts --no-audit --no-fund --prefer-offline --legacy-peer-deps';
  const install = await run(`npm install ${flags} ${tarballs.join(' ')}`, folder);
  if (install.code !== 0) throw new Error(install.output);
  const modules = join(folder, 'node_modules');
  for (const name of ['onnxruntime-node', 'onnxruntime-common', 'sharp', '@img', '@types']) {
    rmSync(join(modules, name), { recursive: true, force: true });
    if (existsSync(join(root, 'node_modules', name))) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
    }
  }
}

/** A data set in GrabCut's layout: one image of a disc, its truth, and an empty border. */
async function writeGrabCut(folder: string): Promise<void> {
  for (const name of ['data_GT', 'boundary_GT']) mkdirSync(join(folder, name), { recursive: true });
  const disc = (fill: string, ground: string) =>
    sharp(
      Buffer.from(
        `<svg width="160" height="120"><rect width="160" height="120" fill="${ground}"/><circle cx="80" cy="60" r="36" fill="${fill}"/></svg>`,
      ),
    ).removeAlpha();
  await disc('#f4d03f', '#1f3a5f').jpeg().toFile(join(folder, 'data_GT/disc.jpg'));
  await disc('#fff', '#000').png().toFile(join(folder, 'boundary_GT/disc.png'));
}
