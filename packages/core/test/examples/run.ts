import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A `console.log(...); // value` of an example. */
export interface Expectation {
  /** Line in the example, from 1. */
  readonly line: number;
  readonly expected: string;
}

export interface InstrumentedExample {
  /** JavaScript that reports what each `console.log` printed. */
  readonly code: string;
  /** By the index that the reports carry; undefined where nothing is promised. */
  readonly expectations: readonly (Expectation | undefined)[];
}

export interface ExampleRun {
  readonly exitCode: number;
  /** What each `console.log` printed, by index; several times in a loop. */
  readonly printed: ReadonlyMap<number, readonly string[]>;
  readonly stderr: string;
}

/** Starts a line of standard output that is a report. */
const reportMark = '\u0001example ';

/**
 * Turns an example into JavaScript in which every `console.log` reports its index along with its text. A comment after
 * it, on the line where the statement ends, is what it must print; one that begins with `e.g.` promises nothing.
 */
export function instrument(code: string): InstrumentedExample {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const expectations: (Expectation | undefined)[] = [];
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'console.log') {
      edits.push({
        start: node.expression.getStart(),
        end: node.expression.end,
        text: `__report.bind(null, ${expectations.length})`,
      });
      expectations.push(
        ts.isExpressionStatement(node.parent) ? expectationAfter(node.parent, code, source) : undefined,
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let text = code;
  for (const { start, end, text: replacement } of edits.reverse()) {
    text = text.slice(0, start) + replacement + text.slice(end);
  }
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  });
  const prelude = [
    "import { format as __format } from 'node:util';",
    "import { writeSync as __writeSync } from 'node:fs';",
    'const __report = (index, ...values) => {',
    `  __writeSync(1, ${JSON.stringify(reportMark)} + JSON.stringify([index, __format(...values)]) + '\\n');`,
    '};',
  ];
  return { code: `${prelude.join('\n')}\n${outputText}`, expectations };
}

function expectationAfter(statement: ts.Statement, code: string, source: ts.SourceFile): Expectation | undefined {
  const comment = ts.getTrailingCommentRanges(code, statement.end)?.[0];
  if (comment === undefined || comment.kind !== ts.SyntaxKind.SingleLineCommentTrivia) return undefined;
  const expected = code.slice(comment.pos + 2, comment.end).trim();
  if (/^e\.g\./.test(expected)) return undefined;
  return { line: source.getLineAndCharacterOfPosition(comment.pos).line + 1, expected };
}

/**
 * Runs an instrumented example in a Node process of its own.
 *
 * @param folder - holds the file, inside the workspace, so that package names resolve to what was built
 * @param workingFolder - the process's current directory, where an example finds its files
 */
export async function runExample(
  code: string,
  name: string,
  folder: string,
  workingFolder: string,
  timeoutMs = 60_000,
): Promise<ExampleRun> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  return await new Promise((resolve) => {
    const options = { cwd: workingFolder, timeout: timeoutMs, maxBuffer: 16 * 2 ** 20 };
    execFile(process.execPath, [file], options, (error, stdout, stderr) => {
      const printed = new Map<number, string[]>();
      for (const line of stdout.split('\n')) {
        if (!line.startsWith(reportMark)) continue;
        const [index, text] = JSON.parse(line.slice(reportMark.length)) as [number, string];
        printed.set(index, [...(printed.get(index) ?? []), text]);
      }
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, printed, stderr: error?.killed ? `${stderr}\nKilled after ${timeoutMs} ms.` : stderr });
    });
  });
}

/** What an example promised and did not keep, in words; empty where all is well. */
export function brokenPromises({ expectations }: InstrumentedExample, run: ExampleRun): readonly string[] {
  const broken: string[] = [];
  if (run.exitCode !== 0) broken.push(`It ended with exit code ${run.exitCode}:\n${run.stderr.trim()}`);
  expectations.forEach((expectation, index) => {
    if (expectation === undefined) return;
    const { line, expected } = expectation;
    const printed = run.printed.get(index);
    if (printed === undefined) {
      broken.push(`Line ${line} should print ${expected} but was not reached.`);
    } else if (normalize(printed.join(' ')) !== normalize(expected)) {
      broken.push(`Line ${line} should print ${expected} but printed ${normalize(printed.join(' '))}.`);
    }
  });
  return broken;
}

/** Layout does not count: Node breaks long lines, and puts spaces inside brackets. */
function normalize(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/([[{(]) /g, '$1')
    .replace(/ ([\]})])/g, '$1')
    .trim();
}
