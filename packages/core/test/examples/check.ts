import { join, resolve } from 'node:path';
import ts from 'typescript';
import type { Example } from './collect.js';

/** Type errors of examples, each with its place; modules resolve to the declarations that were built. */
export function typeErrors(examples: readonly Example[], root: string): readonly string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  // The files exist only here: `.mts`, beside this one, so that names resolve as in the workspace.
  const files = new Map<string, Example>();
  examples.forEach((example, index) => {
    files.set(resolve(root, 'packages/core/test/examples', `example-${index}.mts`), example);
  });
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  // `export {}` makes a module of an example without imports.
  const textOf = (name: string) => {
    const example = files.get(resolve(name));
    return example === undefined ? undefined : `${example.code}\nexport {};\n`;
  };
  host.fileExists = (name) => files.has(resolve(name)) || fileExists(name);
  host.readFile = (name) => textOf(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const text = textOf(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, rest[0], true);
  };
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host });
  return [...files].flatMap(([name, { place, symbol }]) => {
    const source = program.getSourceFile(name)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => {
      const line = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1;
      return `${place} (${symbol}), line ${line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
    });
  });
}

/** The values (not types) that entry files export without an `@example`, as `name (file)`. */
export function exportsWithoutExample(entries: readonly string[], root: string): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.test.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: entries }, ts.sys, root);
  const program = ts.createProgram({ rootNames: entries, options });
  const checker = program.getTypeChecker();
  const missing = new Set<string>();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!);
    if (module === undefined) continue;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if ((symbol.flags & ts.SymbolFlags.Value) === 0) continue;
      if (symbol.getJsDocTags(checker).some(({ name }) => name === 'example')) continue;
      const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? entry;
      missing.add(`${exported.name} (${file.slice(root.length + 1)})`);
    }
  }
  return [...missing].sort();
}
