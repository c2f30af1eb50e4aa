import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DATASET_FORMATS } from '../../packages/core/src/datasets.js';
import { codeBlocksOf } from './blocks-of.js';
import { commandsOf, isShell, unknownLinesOf } from './commands-of.js';
import { elementsOf, modulesOf } from './modules-of.js';
import { createReaderFolder, root, run } from './packed-folder.js';
import { misspeltIn } from './prose-of.js';

/**
 * Every code block of every document runs here, or has a reason why it does not: commands as they are printed, in a folder with
 * the packed packages; modules after a check of their types. Code for pages is checked only, since it needs a browser: the
 * widget's own tests run the element.
 */
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/*.md',
  'docs/guides/*.md',
  'packages/*/README.md',
  'models/*/*.md',
  'training/README.md',
  'training/weights/README.md',
  'CHANGELOG.md',
  'tools/export/README.md',
  'SECURITY.md',
  'examples/**/README.md',
  'test/*/README.md',
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
  [/^npm run (mutate|hostile|drill|matrix)|^node test\//, 'long; for people'],
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
  [/--engine|tritonserver|mlserver|pytriton|repository\/start/, 'needs an inference server: test/serving runs it'],
  [
    /^\.?\/?(\.venv|python|uv|pip|cd training|cd tools)|tools\/export\/|clickmask adapt/,
    "needs Python and its packages: the recipe's own tests run it",
  ],
  [/ritm-hrnet18s|<[a-zA-Z -]+>/, 'needs a checkpoint of its authors'],
  [/https:\/\/example|--gpu|cuda/i, 'needs an address or a device of your own'],
];

const files = globSync(documents, { cwd: root, ignore: '**/node_modules/**' });
const texts = files.map((file) => [readFileSync(join(root, file), 'utf8'), file] as const);
const modules = texts.flatMap(([text, file]) => modulesOf(text, file));
const commands = texts.flatMap(([text, file]) => commandsOf(text, file));
const runnable = commands.filter(({ command }) => !notHere.some(([pattern]) => pattern.test(command)));
/** The same command in several documents runs once. */
const distinct = [...new Map(runnable.map((found) => [found.command, found])).values()];

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const isBuilt = existsSync(join(root, 'packages/core/dist/node.js'));

describe.runIf(isBuilt && process.platform !== 'win32')('code of the documents', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await createReaderFolder();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has the types that it needs', async () => {
    const place = join(folder, 'modules');
    mkdirSync(place);
    modules.forEach(({ source }, i) => {
      writeFileSync(join(place, `${i}.ts`), source);
    });
    const compilerOptions = {
      target: 'es2023',
      module: 'nodenext',
      lib: ['ES2023', 'DOM'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['modules'] }));
    const { code, output } = await run(`node ${join(root, 'node_modules/typescript/bin/tsc')} -p .`, folder);
    const named = output.replace(/modules\/(\d+)\.ts/g, (_, i) => modules[Number(i)].place);
    expect(code, named).toBe(0);
  });

  it.each(modules.filter(({ isForPages }) => !isForPages).map((module) => [module.place, module] as const))(
    'runs: %s',
    async (_, { source }) => {
      const { code } = await transform(`${source}\nprocess.exit(0);`, { loader: 'ts', format: 'esm' });
      writeFileSync(join(folder, 'module.mjs'), code);
      expect(await run('node module.mjs', folder)).toMatchObject({ code: 0 });
    },
  );

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
  it('have no code that nobody runs or gives a reason for', () => {
    const passedOver = texts.flatMap(([text, file]) => [
      ...unknownLinesOf(text, file).map(({ place, command }) => `${place}: ${command}`),
      ...codeBlocksOf(text, file)
        .filter(({ language, code, reason }) => {
          if (reason !== null || ['sh', 'bash', 'ts', 'js', 'html'].includes(language)) return false;
          return language !== '' || !isShell(code);
        })
        .map(({ place, code }) => `${place}: ${code.split('\n')[0]}`),
    ]);
    expect(passedOver).toEqual([]);
    expect(commands.length).toBeGreaterThan(60);
    expect(modules.length).toBeGreaterThan(10);
  });

  it("use attributes that the widget's reference explains", () => {
    const reference = readFileSync(join(root, 'packages/browser-widget/README.md'), 'utf8');
    const unknown = texts
      .flatMap(([text, file]) => elementsOf(text, file))
      .filter(
        ({ tag, attributes }) =>
          tag !== 'clickmask-annotator' || attributes.some((name) => !reference.includes(`\`${name}`)),
      );
    expect(unknown).toEqual([]);
  });

  it('say what each format holds, and how it is written', () => {
    const page = readFileSync(join(root, 'docs/formats.md'), 'utf8');
    const names = ['json', 'png', ...DATASET_FORMATS.map(({ name }) => name)];
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`) && !page.includes(`| \`${name}\` and`))).toEqual(
      [],
    );
    expect(names.filter((name) => name !== 'json' && !page.includes(`--format ${name}`))).toEqual([]);
  });

  it('list changes by release', () => {
    const log = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
    const releases = [...log.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(
      releases.filter(
        (title, i) => !(i === 0 && title === 'Unreleased') && !/^\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\)$/.test(title),
      ),
    ).toEqual([]);
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

  it('spell in one way', () => {
    expect(misspeltIn('The color is `gray`, the size realized:\n\n```\ncenter\n```\n', 'a.md')).toEqual([
      'a.md:1: color',
      'a.md:1: realized',
    ]);
    expect(texts.flatMap(([text, file]) => misspeltIn(text, file))).toEqual([]);
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
