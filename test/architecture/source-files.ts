import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One module of the packages, by its path in the repository. */
export interface SourceFile {
  readonly path: string;
  readonly tree: ts.SourceFile;
}

/** Every module of every package, without tests. */
export function sourceFiles(): readonly SourceFile[] {
  return readdirSync(join(root, 'packages')).flatMap((name) =>
    ['src', 'bin'].flatMap((part) => {
      const folder = join(root, 'packages', name, part);
      return listed(folder)
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => {
          const path = join(folder, file);
          const text = readFileSync(path, 'utf8');
          return { path: relative(root, path), tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
        });
    }),
  );
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

/** What a module imports: other modules of its package by their path, packages by their name; types and `import()` too. */
export function importsOf({ path, tree }: SourceFile): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const target =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined;
    if (target !== undefined && ts.isStringLiteral(target)) found.push(target.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found.map((name) =>
    name.startsWith('.') ? relative(root, resolve(root, dirname(path), name)).replace(/\.js$/, '.ts') : name,
  );
}
