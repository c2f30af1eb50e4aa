import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** A code block of an `@example` tag. */
export interface Example {
  /** Where it is, such as `packages/core/src/clicks/click.ts:12`. */
  readonly place: string;
  /** The exported symbol that it explains. */
  readonly symbol: string;
  readonly packageName: string;
  readonly language: string;
  /** What stands after the language: `browser` for code that needs a page, `no-run` for code that needs a server. */
  readonly marks: readonly string[];
  readonly code: string;
}

/** Folders of the packages in the workspace, by name. */
export function workspacePackages(root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of readdirSync(join(root, 'packages'))) {
    const manifest = join(root, 'packages', folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name: string };
    found.set(name, join(root, 'packages', folder));
  }
  return found;
}

/** The examples of every exported symbol in the sources of all packages. */
export function collectExamples(root: string): readonly Example[] {
  return [...workspacePackages(root)].flatMap(([packageName, folder]) =>
    sourceFiles(join(folder, 'src')).flatMap((file) =>
      examplesOf(readFileSync(file, 'utf8'), relative(root, file).replaceAll('\\', '/'), packageName),
    ),
  );
}

/** The examples in one source text. */
export function examplesOf(text: string, file: string, packageName: string): readonly Example[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const examples: Example[] = [];
  const seen = new Set<number>();
  const visit = (node: ts.Node, symbol: string) => {
    for (const comment of ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)) {
      if (seen.has(comment.pos)) continue;
      seen.add(comment.pos);
      const firstLine = source.getLineAndCharacterOfPosition(comment.pos).line + 1;
      for (const { line, ...block } of codeBlocks(text.slice(comment.pos, comment.end))) {
        examples.push({ ...block, place: `${file}:${firstLine + line}`, symbol, packageName });
      }
    }
    ts.forEachChild(node, (child) => visit(child, symbol));
  };
  for (const statement of source.statements) {
    const exported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)
      : false;
    if (exported) visit(statement, nameOf(statement));
  }
  return examples;
}

/** Fenced blocks under `@example` in the raw text of a comment; TypeScript's own reading of it loses indentation. */
function codeBlocks(comment: string) {
  const lines = comment.replace(/\*\/$/, '').split('\n');
  const blocks: { line: number; language: string; marks: string[]; code: string }[] = [];
  let tag = '';
  let open: (typeof blocks)[number] | undefined;
  lines.forEach((raw, line) => {
    const content = raw.replace(/^\s*(?:\/\*\*|\*) ?/, '');
    const fence = /^```(.*)$/.exec(content.trimEnd());
    if (open !== undefined) {
      if (fence === null) open.code += `${content.trimEnd()}\n`;
      else {
        blocks.push(open);
        open = undefined;
      }
    } else if (fence !== null && tag === 'example') {
      const [language = '', ...marks] = fence[1].trim().split(/\s+/);
      open = { line: line + 1, language, marks, code: '' };
    } else {
      tag = /^@(\w+)/.exec(content)?.[1] ?? tag;
    }
  });
  return blocks;
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText()).join(', ');
  }
  const named = statement as ts.Statement & { readonly name?: ts.Node };
  return named.name?.getText() ?? 'default';
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !/\.(?:test|d)\.ts$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
