import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import longFunctions from './long-functions.json' with { type: 'json' };
import { importsOf, sourceFiles } from './source-files.js';

const files = sourceFiles();
const graph = new Map(files.map((file) => [file.path, importsOf(file)]));

/** The first circle that a walk along the imports meets, as its modules in order. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]): readonly string[] | null => {
    const at = way.indexOf(path);
    if (at >= 0) return [...way.slice(at), path];
    if (done.has(path)) return null;
    for (const next of imports.get(path) ?? []) {
      const circle = walk(next, [...way, path]);
      if (circle !== null) return circle;
    }
    done.add(path);
    return null;
  };
  for (const path of imports.keys()) {
    const circle = walk(path, []);
    if (circle !== null) return circle;
  }
  return null;
}

describe('imports', () => {
  it('are all found', () => {
    const missing = [...graph].flatMap(([path, names]) =>
      names.filter((name) => name.startsWith('packages/') && !graph.has(name)).map((name) => `${path}: ${name}`),
    );
    expect(files.length).toBeGreaterThan(300);
    expect(missing).toEqual([]);
  });

  it('have no circle, those of types included', () => {
    expect(findCircle(graph)).toBeNull();
    expect(
      findCircle(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b', 'c', 'b']);
  });

  /** Paths that match the first may not import what matches the second. */
  it.each<[string, RegExp, RegExp]>([
    ['no package reaches into another', /^packages\//, /^@clickmask\/[^/]+\/(?:src|dist)\b/],
    ['core knows no adapter', /^packages\/core\//, /^@clickmask\/(?!core|clickmask-small)/],
    [
      'adapters do not know each other',
      /^packages\/(?!core)/,
      /^@clickmask\/(?:browser-widget|label-studio-backend|cvat-serverless)/,
    ],
    [
      'images, clicks, masks, geometry and formats know no models',
      /^packages\/core\/src\/(?:image|clicks|mask|geometry|formats|errors)\//,
      /core\/src\/(?:models|segmenter|refinement|runtime|host|session)\//,
    ],
    ['only runtime/ knows a runtime', /^packages\/core\/src\/(?!runtime\/)/, /^onnxruntime/],
    // Inference servers are spoken to from Node.
    ['only runtime/node and runtime/oip know Node', /^packages\/core\/src\/(?!runtime\/(?:node|oip)\/)/, /^node:/],
    ['the widget knows no Node', /^packages\/browser-widget\/src\//, /^node:|core\/(?:node|adapters)$/],
  ])('%s', (_, from, to) => {
    const found = [...graph].flatMap(([path, names]) =>
      from.test(path) ? names.filter((name) => to.test(name)).map((name) => `${path}: ${name}`) : [],
    );
    expect(found).toEqual([]);
  });
});

describe('functions', () => {
  const most = 100;

  it(`of more than ${most} lines have a reason`, () => {
    const long = files.flatMap(({ path, tree }) => {
      const found: string[] = [];
      const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
      const visit = (node: ts.Node): void => {
        if (ts.isFunctionLike(node) && lineOf(node.end) - lineOf(node.getStart(tree)) + 1 > most) {
          found.push(`${path}: ${nameOf(node)}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(tree);
      return found;
    });
    expect(long.sort()).toEqual(Object.keys(longFunctions).sort());
  });
});

function nameOf(node: ts.SignatureDeclaration): string {
  const name = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return name === undefined ? 'a function without a name' : name.getText();
}
