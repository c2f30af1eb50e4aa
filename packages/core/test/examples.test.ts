import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportsWithoutExample, typeErrors } from './examples/check.js';
import { collectExamples, examplesOf, workspacePackages } from './examples/collect.js';
import { brokenPromises, instrument, runExample } from './examples/run.js';

/**
 * Examples in the documentation run as they stand, against the built packages.
 *
 * - ```` ```ts ```` runs in Node, in a folder that holds `photo.jpg` (640 x 480, a bright disc of radius 120 about the
 *   middle) and the repository's `examples/`; what `console.log(...); // value` prints must be the value, spaces and
 *   line breaks apart, and a comment that begins with `e.g.` promises nothing.
 * - ```` ```ts browser ```` needs a page and ```` ```ts no-run ```` a server: these are only type-checked.
 * - Other languages are left alone.
 */
const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const packages = workspacePackages(root);
/** Of a package's folder: what it exports, by path; files that need no types are left out. */
function exportsOf(folder: string): readonly (readonly [path: string, files: Readonly<Record<string, string>>])[] {
  const { exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports?: Readonly<Record<string, Readonly<Record<string, string>> | string>>;
  };
  return Object.entries(exports).flatMap(([path, files]) =>
    typeof files === 'string' ? [] : [[path, files] as const],
  );
}
const isBuilt = (name: string) =>
  exportsOf(packages.get(name) ?? '').every(([, files]) =>
    Object.values(files).every((file) => existsSync(join(packages.get(name) ?? '', file))),
  );
const unbuilt = [...packages.keys()].filter((name) => !isBuilt(name));
if (unbuilt.length > 0) console.warn(`Examples of ${unbuilt.join(', ')} are left out: not built (npm run build).`);

const examples = collectExamples(root).filter(({ language, packageName }) => language === 'ts' && isBuilt(packageName));
const runnable = examples.filter(({ marks }) => !marks.includes('browser') && !marks.includes('no-run'));
const cache = join(root, 'node_modules/.cache/clickmask-examples', String(process.pid));

describe('examples in the documentation', () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clickmask-examples-'));
    symlinkSync(join(root, 'examples'), join(folder, 'examples'), 'junction');
    const { default: sharp } = await import('sharp');
    const disc = '<svg width="640" height="480"><circle cx="320" cy="240" r="120" fill="#f4d03f"/></svg>';
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#1f3a5f' } })
      .composite([{ input: Buffer.from(disc) }])
      .jpeg()
      .toFile(join(folder, 'photo.jpg'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(cache, { recursive: true, force: true });
  });

  it
    .runIf(runnable.length > 0)
    .each(runnable.map(({ symbol, place, code }, index) => [`${symbol} (${place})`, code, index] as const))(
    '%s runs and prints what it says',
    async (_, code, index) => {
      const instrumented = instrument(code);
      const run = await runExample(instrumented.code, String(index), cache, folder);
      expect(brokenPromises(instrumented, run)).toEqual([]);
    },
  );

  it.runIf(examples.length > 0)('are well typed', () => {
    expect(typeErrors(examples, root)).toEqual([]);
  });

  it('carry only known marks', () => {
    const unknown = examples.filter(({ marks }) => marks.some((mark) => mark !== 'browser' && mark !== 'no-run'));
    expect(unknown.map(({ place, marks }) => `${place}: ${marks.join(' ')}`)).toEqual([]);
  });
});

describe('public faces', () => {
  // Every path that a package exports with types, by the source that it is made of; `/function` is for nuclio alone.
  const faces = [...packages].flatMap(([name, folder]) =>
    exportsOf(folder)
      .filter(([path, { types }]) => types !== undefined && path !== './function')
      .map(([path, { types }]) => ({
        name: `${name}${path.slice(1)}`,
        file: join(folder, types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts')),
      })),
  );

  it.each(faces.map(({ name, file }) => [name, file] as const))('every value of %s has an example', (_, file) => {
    expect(exportsWithoutExample([file], root)).toEqual([]);
  });
});

describe('the harness itself', () => {
  const outcome = async (code: string) => {
    const instrumented = instrument(code);
    const run = await runExample(instrumented.code, `self-${Math.random()}`, cache, tmpdir());
    return brokenPromises(instrumented, run);
  };
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  it('finds the examples of exported symbols and their members, with their place', () => {
    const text = [
      '/**',
      ' * One.',
      ' *',
      ' * ```ts',
      ' * not("an example");',
      ' * ```',
      ' *',
      ' * @example',
      ' * Words before it.',
      ' * ```ts browser',
      " * import { a } from '@clickmask/core';",
      ' * if (a) {',
      ' *   a();',
      ' * }',
      ' * ```',
      ' * @returns nothing',
      ' */',
      'export function one() {}',
      'export interface Two {',
      '  /**',
      '   * @example',
      '   * ```ts',
      '   * console.log(2); // 2',
      '   * ```',
      '   */',
      '  two(): void;',
      '}',
      '/**',
      ' * @example',
      ' * ```ts',
      ' * hidden();',
      ' * ```',
      ' */',
      'function three() {}',
    ].join('\n');
    const found = examplesOf(text, 'a.ts', 'p');
    expect(found).toEqual([
      {
        place: 'a.ts:11',
        symbol: 'one',
        packageName: 'p',
        language: 'ts',
        marks: ['browser'],
        code: "import { a } from '@clickmask/core';\nif (a) {\n  a();\n}\n",
      },
      { place: 'a.ts:23', symbol: 'Two', packageName: 'p', language: 'ts', marks: [], code: 'console.log(2); // 2\n' },
    ]);
  });

  it('accepts what is kept, whatever its layout', async () => {
    const code = `
      const list: number[] = [1, 2, 3];
      console.log(list, { a: 'b' }); // [1, 2, 3] {a: 'b'}
      for (const n of list) console.log(n); // 1 2 3
      console.log(
        'text',
      ); // text
      console.log(Math.random()); // e.g. 0.5
      console.log(await Promise.resolve('later')); // later
    `;
    expect(await outcome(code)).toEqual([]);
  });

  it('notices wrong values, lines never reached, failures and endless code', async () => {
    expect(await outcome('console.log(1 + 1); // 3')).toEqual(['Line 1 should print 3 but printed 2.']);
    expect(await outcome('if (Date.now() < 0) console.log(1); // 1')).toEqual([
      'Line 1 should print 1 but was not reached.',
    ]);
    expect(await outcome("throw new Error('no');")).toEqual([expect.stringMatching(/exit code 1:[\s\S]*Error: no/)]);
    expect(await outcome('Promise.reject(new Error("floating"));')).toEqual([expect.stringMatching(/floating/)]);
    const endless = instrument('for (;;);');
    const run = await runExample(endless.code, 'endless', cache, tmpdir(), 500);
    expect(brokenPromises(endless, run)).toEqual([expect.stringMatching(/Killed after 500 ms/)]);
  });
});
