import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
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
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandsOf } from './commands-of.js';

/**
 * Every command of every document either runs here, as it is printed, in a folder of its own with the packed packages,
 * or has a reason why it does not.
 */
const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/*.md',
  'docs/guides/*.md',
  'packages/*/README.md',
  'models/*/*.md',
  'training/README.md',
  'tools/export/README.md',
  'SECURITY.md',
  'examples/**/README.md',
];

/** Commands that do not run here. Each says why, and what runs it instead. */
const notHere: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^npm (start|test|ci|run (lint|build|format|docs))\b|^npx vitest|^scripts\/|^\.ci\//,
    'set-up of the clone: how this test came to run',
  ],
  [
    /^npm install\b.*(@clickmask|onnxruntime-node|grpc)/,
    'the packages are not on npm yet; the set-up of this test installs them packed',
  ],
  [/^(npm run bench|node packages\/\S+\/bench|npx clickmask bench)/, 'a measurement: wants an idle machine'],
  [/^npm run (mutate|hostile|drill|matrix)/, 'long; for people'],
  [/^docker|^nuctl|^kubectl|^helm/, 'needs Docker or a cluster'],
  [/^export [A-Z_]+=/, 'sets variables for the commands after it'],
  [
    /(clickmask-label-studio)( (connect|doctor|repair|serve)|$| --)/,
    'needs a Label Studio: test/label-studio runs it on a real one',
  ],
  [
    /clickmask-cvat (check (\S+ )?--(cvat-)?url|invoke|refine)/,
    "needs a running function or CVAT: the package's tests run it",
  ],
  [/clickmask-cvat serve|^cvat-cli/, "runs until it is stopped: the package's tests run it"],
  [/--engine|tritonserver|mlserver|pytriton/, 'needs an inference server: test/serving runs it'],
  [
    /^\.?\/?(\.venv|python|uv|pip|cd training|cd tools)|tools\/export\/|clickmask adapt/,
    "needs Python and its packages: the recipe's own tests run it",
  ],
  [/ritm-hrnet18s|<[a-zA-Z -]+>/, 'needs a checkpoint of its authors'],
  [/https:\/\/example|--gpu|cuda/i, 'needs an address or a device of your own'],
];

const files = globSync(documents, { cwd: root, ignore: '**/node_modules/**' });
const commands = files.flatMap((file) => commandsOf(readFileSync(join(root, file), 'utf8'), file));
const runnable = commands.filter(({ command }) => !notHere.some(([pattern]) => pattern.test(command)));
/** The same command in several documents runs once. */
const distinct = [...new Map(runnable.map((found) => [found.command, found])).values()];

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const isBuilt = existsSync(join(root, 'packages/core/dist/node.js'));

function run(command: string, cwd: string, env: NodeJS.ProcessEnv = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  return new Promise<{ code: unknown; output: string }>((done) => {
    execFile('bash', ['-c', command], { cwd, env: { ...clean, ...env }, maxBuffer: 64 * 2 ** 20 }, (error, out, err) =>
      done({ code: error === null ? 0 : (error.code ?? error.signal), output: out + err }),
    );
  });
}

describe.runIf(isBuilt && process.platform !== 'win32')('commands of the documents', () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clickmask-documents-'));
    await installPacked(folder);
    cpSync(join(root, 'examples/photos'), join(folder, 'examples/photos'), { recursive: true });
    cpSync(join(root, 'examples/photos/cat.jpg'), join(folder, 'photo.jpg'));
    const model = join(folder, 'path/to/model-folder');
    cpSync(join(root, 'models/clickmask-small'), model, { recursive: true });
    const manifest = readFileSync(join(model, 'model.json'), 'utf8');
    writeFileSync(join(model, 'model.json'), manifest.replace('"clickmask-small"', '"my-model"'));
    await writeGrabCut(join(folder, 'path/to/GrabCut'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(distinct.map(({ place, command }) => [command, place] as const))('%s (%s)', async (command) => {
    // Two runs to be compared are what other commands of the documents make.
    if (/compare (run-a|results\/ritm)/.test(command)) {
      const [a, b] = /compare (\S+) (\S+)/.exec(command)?.slice(1) ?? [];
      for (const out of [a, b]) {
        if (!existsSync(join(folder, out))) {
          const made = await run(
            `npx clickmask evaluate path/to/GrabCut --layout grabcut --out ${out}`,
            folder,
            home(),
          );
          expect(made, made.output).toMatchObject({ code: 0 });
        }
      }
    }
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, 'path/to/model-folder/model.json')))
      .digest('hex');
    const { code, output } = await run(command.replace('HASH', hash), folder, home());
    expect(code, output).toBe(0);
    expect(output).not.toMatch(/npm warn/i);
  });

  function home() {
    return { CLICKMASK_HOME: join(folder, 'home') };
  }
});

describe('documents', () => {
  it('have commands', () => {
    expect(commands.length).toBeGreaterThan(30);
  });

  it('link to what is there', () => {
    const broken = files.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/```[\s\S]*?```/g, '');
      return [...text.matchAll(/\]\(([^)\s#]+)(#[^)\s]*)?\)/g)]
        .map(([, target]) => target)
        .filter((target) => !/^([a-z]+:|\/)/.test(target) && !existsSync(join(root, dirname(file), target)))
        .map((target) => `${file}: ${target}`);
    });
    expect(broken).toEqual([]);
  });

  it('explain each error code', () => {
    const codes = readFileSync(join(root, 'packages/core/src/errors/clickmask-error.ts'), 'utf8');
    const known = [...codes.slice(0, codes.indexOf(';')).matchAll(/\| '([\w-]+)'/g)].map(([, code]) => code);
    const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
    const explained = [...page.matchAll(/^### ([\w-]+)$/gm)].map(([, code]) => code);
    expect(explained).toEqual(known);
  });
});

describe('commandsOf', () => {
  it('joins continued lines and leaves remarks out', () => {
    const text =
      'Words:\n\n    npx clickmask models   # all of them\n\n```sh\nnpm run x -- \\\n  --y\n```\n```ts\nnpm start\n```\n';
    expect(commandsOf(text, 'a.md')).toEqual([
      { place: 'a.md:3', command: 'npx clickmask models' },
      { place: 'a.md:6', command: 'npm run x -- --y' },
    ]);
  });
});

/** The packed packages, installed as a user does; the large runtimes are those of the clone. */
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
  for (const name of ['onnxruntime-node', 'onnxruntime-common', 'sharp', '@img']) {
    rmSync(join(modules, name), { recursive: true, force: true });
    if (existsSync(join(root, 'node_modules', name))) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
    }
  }
}

/** A data set in GrabCut's layout: one picture of a disc, its truth, and an empty border. */
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
