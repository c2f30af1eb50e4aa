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
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Analysis, checkPackage, Package } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundlers, writeModule } from './bundle.js';
import limits from './bundle-sizes.json' with { type: 'json' };

/** The packages as a user gets them: packed, installed in a folder of their own, imported by name. */
const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const core = join(root, 'packages/core');
const model = join(root, 'models/clickmask-small');
const widget = join(root, 'packages/browser-widget');
const standalone = join(root, 'packages/browser-widget-standalone');
const adapters = ['label-studio-backend', 'cvat-serverless'].map((name) => join(root, 'packages', name));

const sizes: Readonly<Record<string, { readonly code: string; readonly apart?: string; readonly limit: number }>> =
  limits;

interface Run {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

function run(file: string, args: readonly string[], cwd: string): Promise<Run> {
  return new Promise((done) => {
    // What npm tells the scripts it runs would tell the npm that runs here as well.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    execFile(
      file,
      args,
      { cwd, env, maxBuffer: 16 * 2 ** 20, shell: process.platform === 'win32' },
      (error, out, err) => done({ code: error === null ? 0 : (error.code ?? error.signal), out, err }),
    );
  });
}

async function pack(
  folder: string,
  to: string,
): Promise<{ readonly tarball: string; readonly files: readonly string[] }> {
  const { code, out, err } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', to], folder);
  if (code !== 0) throw new Error(`npm pack failed in ${folder}: ${err}`);
  const [{ filename, files }] = JSON.parse(out) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(to, filename), files: files.map(({ path }) => path) };
}

function manifestOf(directory: string): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name: string; version: string };
}

/** What npm would pack, and how many bytes there would be to download. */
async function contentsOf(
  directory: string,
): Promise<{ readonly files: readonly { path: string }[]; readonly size: number }> {
  const { out } = await run('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], directory);
  const [contents] = JSON.parse(out) as [{ files: { path: string }[]; size: number }];
  return contents;
}

async function copyPacked(from: string, to: string): Promise<void> {
  for (const { path } of (await contentsOf(from)).files) cpSync(join(from, path), join(to, path));
}

// Packing and checking every declaration takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let folder = '';
let packed: { readonly core: readonly string[]; readonly model: readonly string[] };
beforeAll(async () => {
  if (!existsSync(join(core, 'dist/node.js'))) throw new Error('The core is not built: npm run build.');
  folder = mkdtempSync(join(tmpdir(), 'clickmask-bundle-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const [a, b] = [await pack(core, folder), await pack(model, folder)];
  packed = { core: a.files, model: b.files };
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps'];
  const { code, err } = await run('npm', ['install', ...flags, a.tarball, b.tarball], folder);
  if (code !== 0) throw new Error(`npm install failed: ${err}`);
  // The runtimes are large, and the widget is not installed but copied: those of the workspace do.
  for (const name of ['onnxruntime-node', 'onnxruntime-common', 'sharp', 'idb-keyval']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  await copyPacked(widget, join(folder, 'node_modules/@clickmask/browser-widget'));
  mkdirSync(join(folder, 'node_modules/@types'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), 'junction');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a module in the consumer's folder; it must say nothing on stderr. */
async function consume(code: string): Promise<string> {
  writeFileSync(join(folder, 'main.mjs'), code);
  const { code: exit, out, err } = await run(process.execPath, ['main.mjs'], folder);
  expect(err).toBe('');
  expect(exit).toBe(0);
  return out;
}

describe('the packed packages', () => {
  it('hold what they need and no sources', () => {
    const needed = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/node.js', 'dist/web.js'];
    const workers = ['node', 'web'].map((name) => `dist/runtime/${name}/worker.js`);
    expect(packed.core).toEqual(
      expect.arrayContaining([...needed, ...workers, 'dist/bin/clickmask.js', 'dist/src/index.d.ts']),
    );
    expect(packed.core.filter((path) => /\.tsbuildinfo$|\.test\.|^src\/|^test\/|fixtures|golden/.test(path))).toEqual(
      [],
    );
    expect(packed.model).toEqual(
      expect.arrayContaining(['package.json', 'model.json', 'encoder.onnx', 'decoder.onnx']),
    );
  });

  it('take at most 12 MB to download, the standalone widget apart', async () => {
    const each = await Promise.all([core, model, widget, ...adapters].map(contentsOf));
    const total = each.reduce((sum, { size }) => sum + size, 0);
    console.info(`all packages: ${(total / 1e6).toFixed(2)} MB`);
    expect(total).toBeLessThanOrEqual(12e6);
  });

  it('segment an image', async () => {
    const out = await consume(`
      import { cocoRle } from '@clickmask/core';
      import { createSegmenter } from '@clickmask/core/node';
      const segmenter = await createSegmenter();
      const image = await segmenter.open({ width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).fill(90) });
      const { runs, model } = await segmenter.segment(image, { clicks: [{ x: 32, y: 24, label: 'positive' }] });
      console.log(model, cocoRle.serialize(runs).size.join(' x '));
      await segmenter.close();
    `);
    expect(out).toMatch(/^clickmask-small \d+\.\d+\.\d+ 48 x 64\n$/);
  });

  it.each(['', '/node', '/web'])('import @clickmask/core%s without side effects', async (face) => {
    const out = await consume(`
      const before = new Set(Object.getOwnPropertyNames(globalThis));
      const face = await import('@clickmask/core${face}');
      const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
      console.log(JSON.stringify([typeof face.createSession, process.getActiveResourcesInfo().filter((n) => /Timeout|Worker|Port/.test(n)), added]));
    `);
    expect(JSON.parse(out)).toEqual(['function', [], []]);
  });

  it('install a command', async () => {
    const bin = join(folder, 'node_modules/.bin/clickmask');
    const { code, out, err } = await run(bin, ['--version'], folder);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trim()).toBe(manifestOf(core).version);
  });

  it('say how to get a runtime that is missing', async () => {
    const bare = mkdtempSync(join(tmpdir(), 'clickmask-bare-'));
    mkdirSync(join(bare, 'node_modules'));
    // A copy, since a linked package would find the workspace's runtimes.
    const { code } = await run(
      process.execPath,
      [
        '-e',
        `require('fs').cpSync(${JSON.stringify(join(folder, 'node_modules/@clickmask'))}, ${JSON.stringify(join(bare, 'node_modules/@clickmask'))}, { recursive: true })`,
      ],
      folder,
    );
    expect(code).toBe(0);
    writeFileSync(
      join(bare, 'main.mjs'),
      `import { createSegmenter } from '@clickmask/core/node';
       await createSegmenter({ workers: 0 }).catch((error) => console.log(error.code, error.message));`,
    );
    const { out, err } = await run(process.execPath, ['main.mjs'], bare);
    rmSync(bare, { recursive: true, force: true });
    expect(err).toBe('');
    expect(out).toMatch(/^backend-unavailable .*npm install .*onnxruntime-node/);
  });

  it.each([
    ['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ] as const)('are typed (%s)', (_, module, moduleResolution) => {
    const file = join(folder, 'consumer.ts');
    writeFileSync(
      file,
      `import { area, type Click, type Prediction } from '@clickmask/core';
       import { createSegmenter, type NodeSegmenterOptions } from '@clickmask/core/node';
       import type { Segmenter } from '@clickmask/core/web';
       const options: NodeSegmenterOptions = { workers: 2 };
       const click = { x: 1, y: 2, label: 'positive' };
       const clicks: readonly Click[] = [{ x: 1, y: 2, label: 'positive' }];
       const segmenter: Segmenter = await createSegmenter(options);
       const result: Prediction = await segmenter.segment(await segmenter.open(new Uint8Array(1)), { clicks: [click, ...clicks] });
       export const pixels: number = area(result.runs);
       // @ts-expect-error a label of its own
       clicks.map((click) => click.label === 'maybe');
      `,
    );
    const program = ts.createProgram([file], {
      module,
      moduleResolution,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      // What other packages' declarations have wrong is not ours.
      .filter(({ file: where }) => where === undefined || /consumer\.ts$|@clickmask/.test(where.fileName))
      .map(
        ({ file: where, messageText }) => `${where?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    expect(problems).toEqual([]);
  });

  it.each([core, model, widget, standalone, ...adapters])('have nothing for publint to say: %s', async (pkgDir) => {
    const { messages, pkg } = await publint({ pkgDir, level: 'suggestion', strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([]);
  });

  it.each([core, widget, ...adapters])('are typed as they resolve (attw): %s', async (directory) => {
    const { name, version } = manifestOf(directory);
    const { files } = await contentsOf(directory);
    const read = files
      .filter(({ path }) => /\.(?:js|json|d\.ts)$/.test(path))
      .map(({ path }) => [`/node_modules/${name}/${path}`, readFileSync(join(directory, path))] as const);
    const { problems } = (await checkPackage(new Package(Object.fromEntries(read), name, version), {
      excludeEntrypoints: ['./web-worker', './wrapper'],
    })) as Analysis;
    // ESM only, and Node's oldest resolution knows no `exports`.
    const kept = problems.filter(
      (problem) =>
        problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
    );
    expect(kept).toEqual([]);
  });
});

describe('bundles hold what they use', () => {
  describe.each(Object.entries(sizes))('%s', (name, { code, apart, limit }) => {
    it.each(Object.entries(bundlers))('%s', async (bundler, bundle) => {
      const file = await writeModule(folder, name.replaceAll(/\W+/g, '-'), code);
      const external = ['onnxruntime-web', ...(apart === undefined ? [] : [apart])];
      const size = gzipSync(await bundle({ file, external }), { level: 9 }).length;
      console.info(`${name}, ${bundler}: ${size} bytes of ${limit}, gzip`);
      expect(size).toBeLessThanOrEqual(limit);
    });
  });
});

describe('the faces', () => {
  /** Modules outside the package that a bundle imports, through all its chunks; dynamic ones too. */
  function importsOf(entry: string, seen = new Set<string>()): readonly string[] {
    if (seen.has(entry)) return [];
    seen.add(entry);
    const source = ts.createSourceFile(
      entry,
      readFileSync(entry, 'utf8'),
      ts.ScriptTarget.Latest,
      true,
      ts.ScriptKind.JS,
    );
    const names: string[] = [];
    const visit = (node: ts.Node) => {
      const target =
        ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
          ? node.moduleSpecifier
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined;
      if (target !== undefined && ts.isStringLiteral(target)) names.push(target.text);
      ts.forEachChild(node, visit);
    };
    visit(source);
    return names.flatMap((name) => (name.startsWith('.') ? importsOf(resolve(entry, '..', name), seen) : [name]));
  }
  const faceOf = (name: string) => [...new Set(importsOf(join(core, 'dist', `${name}.js`)))].sort();

  it('keep Node and the runtimes out of the main entry', () => {
    expect(faceOf('index')).toEqual([]);
  });

  it('keep Node out of the browser’s entries', () => {
    for (const name of ['web', 'runtime/web/worker']) {
      for (const imported of faceOf(name)) expect(imported).toMatch(/^onnxruntime-web(\/|$)/);
    }
  });

  it('import in Node only what the package declares', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(core, 'package.json'), 'utf8')) as {
      readonly dependencies: object;
      readonly peerDependencies: object;
    };
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    for (const face of ['node', 'runtime/node/worker', 'bin/clickmask']) {
      for (const imported of faceOf(face)) {
        const [name] = /^(@[^/]+\/)?[^/]+/.exec(imported) ?? [imported];
        if (!imported.startsWith('node:')) expect(declared).toContain(name);
      }
    }
  });

  it('name no path of the machine that built them', () => {
    const files = readdirSync(join(core, 'dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(?:js|d\.ts)$/.test(name),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const name of files) expect(readFileSync(join(core, 'dist', name), 'utf8'), name).not.toContain(root);
  });
});
