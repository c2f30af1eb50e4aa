import { type ParseArgsConfig, parseArgs } from 'node:util';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** What `parseArgs` gives for these options. */
export type Parsed<T extends OptionsConfig> = ReturnType<
  typeof parseArgs<{
    readonly args: string[];
    readonly options: T;
    readonly allowPositionals: true;
    readonly strict: true;
  }>
>;

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** All that `--help` prints, examples included. */
  readonly help: string;
  /** Resolves to the exit code; undefined means 0. */
  run(args: readonly string[]): Promise<number | undefined>;
}

/** The command line was wrong: exit code 2. */
export class BadUse extends Error {
  override readonly name = 'BadUse';
}

/** `parseArgs` with errors that end in exit code 2, and numbers below zero as values of options. */
export function parse<const T extends OptionsConfig>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: joinNegative(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new BadUse(error instanceof Error ? error.message : String(error));
  }
}

/** `--click -5,1` as `--click=-5,1`: parseArgs would take the number for an option. */
function joinNegative(args: readonly string[], options: OptionsConfig): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--') return [...joined, ...args.slice(i)];
    const takesValue = args[i].startsWith('--') && options[args[i].slice(2)]?.type === 'string';
    if (takesValue && /^-[\d.]/.test(args[i + 1] ?? '')) joined.push(`${args[i]}=${args[++i]}`);
    else joined.push(args[i]);
  }
  return joined;
}

/** The one positional argument that a command takes. */
export function onePositional(positionals: readonly string[], what: string): string {
  if (positionals.length !== 1) throw new BadUse(`Expected ${what} but received ${positionals.length} arguments.`);
  return positionals[0];
}

/** A number given as an option; undefined stays undefined. */
export function numberOption(name: string, text: string | undefined, min: number, max = Infinity): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= min && value <= max)) {
    throw new BadUse(
      `Expected a number from ${min}${max === Infinity ? '' : ` to ${max}`} for --${name} but received '${text}'.`,
    );
  }
  return value;
}

export function wholeOption(name: string, text: string | undefined, min: number, max = Infinity): number | undefined {
  const value = numberOption(name, text, min, max);
  if (value !== undefined && !Number.isInteger(value))
    throw new BadUse(`Expected a whole number for --${name} but received '${text}'.`);
  return value;
}

/** One of several words given as an option. */
export function choiceOption<const T extends readonly string[]>(
  name: string,
  text: string | undefined,
  choices: T,
): T[number] | undefined {
  if (text === undefined || choices.includes(text)) return text;
  throw new BadUse(`Expected one of ${choices.join(', ')} for --${name} but received '${text}'.`);
}

/** A line on stderr that is rewritten in place; silent where stderr is no terminal. */
export function createProgress(): { show(text: string): void; clear(): void } {
  const { stderr } = process;
  const write = (text: string) => void (stderr.isTTY && stderr.write(`\r\u001b[K${text}`));
  return { show: (text) => write(text.slice(0, Math.max(20, (stderr.columns ?? 80) - 1))), clear: () => write('') };
}

/** JSON for people and programs: a line a field, but lists of numbers, however deep, on one line. */
export function formatJson(value: unknown, indent = ''): string {
  const flat = (item: unknown): boolean =>
    typeof item !== 'object' || item === null || (Array.isArray(item) && item.every(flat));
  if (flat(value)) return JSON.stringify(value) ?? 'null';
  const deeper = `${indent}  `;
  const block = (open: string, lines: readonly string[], close: string) =>
    lines.length === 0 ? open + close : `${open}\n${lines.map((line) => deeper + line).join(',\n')}\n${indent}${close}`;
  if (Array.isArray(value))
    return block(
      '[',
      value.map((item) => formatJson(item, deeper)),
      ']',
    );
  const fields = Object.entries(value as object).filter(([, field]) => field !== undefined);
  return block(
    '{',
    fields.map(([key, field]) => `${JSON.stringify(key)}: ${formatJson(field, deeper)}`),
    '}',
  );
}

/** JSON on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${formatJson(value)}\n`);
}
