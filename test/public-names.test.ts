import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * What the packages export, by path. A name that comes or goes changes `public-names.txt`, so that a reviewer sees it:
 * `npx vitest run --project node test/public-names.test.ts -u` writes the file anew.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const packages = ['core', 'browser-widget', 'label-studio-backend', 'cvat-serverless'];

interface Face {
  readonly name: string;
  readonly file: string;
}

function facesOf(folder: string): Face[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: name + path.slice(1), file: join(root, 'packages', folder, target.types) }],
  );
}

const faces = packages.flatMap(facesOf);
const program = ts.createProgram(
  faces.map(({ file }) => file),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noLib: true,
    types: [],
  },
);

/** A line a name; types in brackets. */
function namesOf(file: string): readonly string[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!);
  return checker
    .getExportsOfModule(module!)
    .map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return target.flags & ts.SymbolFlags.Value ? symbol.name : `(${symbol.name})`;
    })
    .sort((a, b) => (a.replace('(', '') < b.replace('(', '') ? -1 : 1));
}

describe.runIf(faces.every(({ file }) => existsSync(file)))('the names that packages export', () => {
  it('are those that were reviewed', async () => {
    const root = new Set(namesOf(faces[0].file));
    const text = faces.map(({ name, file }) => {
      const names = namesOf(file);
      const fresh = /core\/(?:node|web)$/.test(name) ? names.filter((one) => !root.has(one)) : names;
      const more = fresh.length < names.length ? ', and those of @clickmask/core' : '';
      return `${name}: ${fresh.length}${more}\n${fresh.map((one) => `  ${one}\n`).join('')}`;
    });
    await expect(text.join('\n')).toMatchFileSnapshot('public-names.txt');
  });

  it('are few at the root of the core', () => {
    expect(namesOf(faces[0].file).length).toBeLessThanOrEqual(45);
  });

  it('are all known to the compiler', () => {
    for (const { name, file } of faces) expect(namesOf(file).length, name).toBeGreaterThan(0);
  });
});
